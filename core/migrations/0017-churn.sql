-- Who may leave, as of each night: one row for each living subscription, kept so that every forecast can be scored later.
CREATE TABLE churn_scores (
  scored_at       timestamptz NOT NULL,
  subscription_id text NOT NULL,
  payer_id        text NOT NULL,
  plan_id         text NOT NULL,
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  model_version   text NOT NULL CHECK (model_version ~ '^[0-9a-f]{64}$'),
  -- When the paid period expires.
  due_at          timestamptz NOT NULL,
  voluntary       double precision NOT NULL CHECK (voluntary BETWEEN 0 AND 1),
  involuntary     double precision NOT NULL CHECK (involuntary BETWEEN 0 AND 1),
  -- Discounted margin of the renewals to come if the next one happens, and how much of it a treatment should save.
  value_paise     bigint NOT NULL CHECK (value_paise >= 0),
  priority_paise  bigint NOT NULL CHECK (priority_paise >= 0),
  -- The permanent no-treatment hold-out.
  held_out        boolean NOT NULL,
  -- Reasons in plain words, strongest first.
  reasons         json NOT NULL,
  PRIMARY KEY (scored_at, subscription_id),
  CHECK (voluntary + involuntary <= 1)
);

CREATE INDEX churn_scores_payer ON churn_scores (payer_id, scored_at DESC);
