-- What the recurring work did: one row a run (job_runs), and what has become of each job on the whole (job_totals).

CREATE TABLE job_runs (
  run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job         text NOT NULL,
  -- What asked for it; a delivery that has succeeded once is not run again.
  delivery    text NOT NULL,
  -- 'lost': its program ended in the middle.
  status      text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'lost')),
  started_at  timestamptz NOT NULL,
  finished_at timestamptz,
  reason      text,
  CHECK ((status = 'running') = (finished_at IS NULL))
);

CREATE UNIQUE INDEX job_runs_delivery ON job_runs (job, delivery) WHERE status = 'succeeded';
CREATE UNIQUE INDEX job_runs_running ON job_runs (job) WHERE status = 'running';
CREATE INDEX job_runs_job ON job_runs (job, run_id);

CREATE TABLE job_totals (
  job             text PRIMARY KEY,
  succeeded       bigint NOT NULL DEFAULT 0,
  failed          bigint NOT NULL DEFAULT 0,
  -- Failures since the last success.
  failures_in_row integer NOT NULL DEFAULT 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_reason     text
);
