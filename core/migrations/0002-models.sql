-- Which model is in production, as a history that is only ever added to: the newest row of a task is its pointer. The
-- artefacts themselves are files, addressed by the hash of their content.

CREATE TABLE model_promotions (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task     text NOT NULL,
  version  text NOT NULL CHECK (version ~ '^[0-9a-f]{64}$'),
  -- A rollback returns to the version before the current one.
  kind     text NOT NULL CHECK (kind IN ('promote', 'rollback')),
  actor    text NOT NULL CHECK (actor <> ''),
  reason   text NOT NULL CHECK (reason <> ''),
  at       timestamptz NOT NULL
);

CREATE INDEX model_promotions_task ON model_promotions (task, id);

CREATE FUNCTION refuse_model_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of promotions is append-only';
END $$;

CREATE TRIGGER model_promotions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_promotions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_model_history_change();
