-- Who numbers the live facts when several processes share their memory of payers (scoring/home). Each time that memory is
-- built, an epoch begins; it is also the fence: a process that still works in an earlier epoch can commit nothing any more.
-- Without rows, one process numbers the facts alone and keeps its memory to itself.

CREATE TABLE fold_epochs (
  epoch            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  opened_at        timestamptz NOT NULL,
  -- Name of the epoch's space in the shared memory.
  space            text NOT NULL UNIQUE,
  feature_set_hash text NOT NULL,
  -- Facts up to here were settled before the epoch began; its own follow without a gap once all are committed.
  first_sequence   bigint NOT NULL,
  -- What the memory was built from; null until it is complete.
  history_batches  bigint,
  history_until    timestamptz,
  history_sequence bigint
);

-- Called by every commit of an epoch, under a lock that the beginning of the next epoch waits for.
CREATE FUNCTION require_fold_epoch(expected bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(111533579528307); -- "epochs" in ASCII
  IF (SELECT max(epoch) FROM fold_epochs) IS DISTINCT FROM expected THEN
    RAISE EXCEPTION 'the fold epoch % is over', expected USING ERRCODE = 'HF001';
  END IF;
  RETURN true;
END
$$;
