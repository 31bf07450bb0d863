-- The live fact log and the decision log. A fact's sequence is its place in the total order (known_at, sequence) and the
-- fence between writers: two gates that both believe they own the next number cannot both commit it. Facts leave for the
-- Parquet lake in order; decisions stay, and answer repeated requests.

CREATE TABLE facts (
  sequence    bigint PRIMARY KEY,
  fact        text NOT NULL,
  payment_id  text NOT NULL,
  occurred_at timestamptz NOT NULL,
  known_at    timestamptz NOT NULL,
  -- The observation as the fold saw it; `json` rather than `jsonb` keeps numbers exactly as they were written.
  body        json NOT NULL,
  CHECK (occurred_at <= known_at)
);

CREATE TABLE decisions (
  decision_id       text PRIMARY KEY,
  -- The caller's; null when the payment id alone identifies the command.
  idempotency_key   text UNIQUE,
  body_hash         text NOT NULL,
  sequence          bigint NOT NULL UNIQUE,
  -- One attempt to pay is decided once.
  payment_id        text NOT NULL UNIQUE,
  decided_at        timestamptz NOT NULL,
  -- The payment as the fold saw it, with its instant.
  request           json NOT NULL,
  action            text NOT NULL CHECK (action IN ('allow', 'challenge', 'review', 'block')),
  fraud_probability double precision CHECK (fraud_probability BETWEEN 0 AND 1),
  reasons           json NOT NULL,
  model_version     text,
  feature_set_hash  text NOT NULL,
  degraded          text,
  -- float32 little-endian, in the order of the feature set.
  vector            bytea NOT NULL,
  latency_ms        double precision NOT NULL
);

CREATE TABLE outcome_reports (
  report_id       text PRIMARY KEY,
  idempotency_key text UNIQUE,
  body_hash       text NOT NULL,
  sequence        bigint NOT NULL UNIQUE,
  payment_id      text NOT NULL,
  outcome         text NOT NULL,
  reported_at     timestamptz NOT NULL,
  -- Saying the same of a payment again adds nothing: a fraud counts once, whoever reports it.
  UNIQUE (payment_id, outcome)
);
