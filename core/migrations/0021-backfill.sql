-- How far the history has been read from the gateway: one row for each kind of entity and window of creation times. A page
-- and its row are written in one transaction, so a reading that stops anywhere goes on where it stopped.

CREATE TABLE backfill_windows (
  kind       text NOT NULL CHECK (kind IN ('payments', 'refunds', 'settlements', 'disputes')),
  from_at    timestamptz NOT NULL,
  to_at      timestamptz NOT NULL,
  -- Lists come newest first: everything of the window that was created after this instant is applied.
  reached_at timestamptz NOT NULL,
  items      bigint NOT NULL DEFAULT 0,
  -- Null while something may be left.
  done_at    timestamptz,
  PRIMARY KEY (kind, from_at, to_at)
);
