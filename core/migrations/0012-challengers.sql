-- A second model that scores what the champion decides, in shadow, and the guardrails that take a bad champion out.

-- Who named which version challenger when: the newest row of a task says whether one runs. Append-only.
CREATE TABLE model_challenges (
  challenge_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task         text NOT NULL,
  version      text NOT NULL CHECK (version ~ '^[0-9a-f]{64}$'),
  change       text NOT NULL CHECK (change IN ('start', 'stop')),
  actor        text NOT NULL CHECK (actor <> ''),
  reason       text NOT NULL CHECK (reason <> ''),
  at           timestamptz NOT NULL
);

CREATE INDEX model_challenges_task ON model_challenges (task, challenge_id);

CREATE TRIGGER model_challenges_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_challenges
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_model_history_change();

-- What the challenger would have answered. Written a moment after the decision, in batches; decisions that it did not get to
-- have no row. No foreign keys: a row is checked by nobody but its writer.
CREATE TABLE challenger_scores (
  challenge_id      integer NOT NULL,
  sequence          bigint NOT NULL,
  fraud_probability double precision CHECK (fraud_probability BETWEEN 0 AND 1),
  action            text NOT NULL CHECK (action IN ('allow', 'challenge', 'review', 'block')),
  decided_by        text NOT NULL,
  degraded          text,
  elapsed_ms        real NOT NULL,
  PRIMARY KEY (challenge_id, sequence)
);

-- The newest comparison of each pair, for the page.
CREATE TABLE model_comparisons (
  champion   text NOT NULL,
  challenger text NOT NULL,
  at         timestamptz NOT NULL,
  -- In the form of reporting/comparison-report.ts at that time.
  report     json NOT NULL,
  PRIMARY KEY (champion, challenger)
);

-- The newest look of the guardrails at each task's champion.
CREATE TABLE guardrail_checks (
  task   text PRIMARY KEY,
  at     timestamptz NOT NULL,
  report json NOT NULL
);

-- `guardrail` is a rollback that no person made: what it took out returns by people only.
ALTER TABLE model_promotions DROP CONSTRAINT model_promotions_kind_check;
ALTER TABLE model_promotions ADD CONSTRAINT model_promotions_kind_check
  CHECK (kind IN ('propose', 'approve', 'force', 'promote', 'rollback', 'guardrail'));
