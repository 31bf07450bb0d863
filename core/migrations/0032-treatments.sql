-- What was done against churn, what became of each scored renewal, and with which effect of a treatment each night ranked. A treatment
-- is never deleted: one recorded by mistake is withdrawn, once, and counts no longer.

CREATE TABLE churn_treatments (
  treatment_id     text PRIMARY KEY,
  payer_id         text NOT NULL,
  -- Null: the payer as a whole.
  subscription_id  text,
  kind             text NOT NULL,
  treated_at       timestamptz NOT NULL,
  cost_paise       bigint NOT NULL CHECK (cost_paise >= 0),
  currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- The newest night before the treatment on which the payer was scored.
  scored_at        timestamptz NOT NULL CHECK (scored_at <= treated_at),
  actor            text NOT NULL,
  note             text,
  recorded_at      timestamptz NOT NULL,
  withdrawn_at     timestamptz,
  withdrawn_by     text,
  withdrawn_reason text,
  CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_reason) IN (0, 3))
);

CREATE INDEX churn_treatments_payer ON churn_treatments (payer_id, treated_at DESC) WHERE withdrawn_at IS NULL;

-- Kinds that are dealt out among listed payers by a hash of their ids, so that kinds can be compared fairly; the newest row holds.
CREATE TABLE churn_assignments (
  assignment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kinds         text[] NOT NULL,
  actor         text NOT NULL,
  at            timestamptz NOT NULL
);

-- Share of ends that a treatment is taken to prevent, by cause, and what that rests on (models/churn-effect.ts). Nights before this
-- table have no row: theirs was assumed.
CREATE TABLE churn_nights (
  scored_at             timestamptz PRIMARY KEY,
  prevented_voluntary   double precision NOT NULL CHECK (prevented_voluntary BETWEEN 0 AND 1),
  prevented_involuntary double precision NOT NULL CHECK (prevented_involuntary BETWEEN 0 AND 1),
  effect                json NOT NULL
);

-- Of the night's top tenth by priority, with the hold-out: who is compared. The tenth is drawn before anybody is left out.
ALTER TABLE churn_scores
  ADD COLUMN listed boolean NOT NULL DEFAULT false,
  ADD COLUMN assigned_kind text,
  ADD COLUMN segment text;

CREATE INDEX churn_scores_listed ON churn_scores (payer_id, scored_at) WHERE listed;
CREATE INDEX churn_scores_renewal ON churn_scores (subscription_id, due_at, scored_at DESC);

-- Written once, 30 days after expiry, as facts known by then have it, beside what was said at least a week before expiry: null where
-- nothing was.
CREATE TABLE churn_outcomes (
  subscription_id text NOT NULL,
  due_at          timestamptz NOT NULL,
  plan_id         text NOT NULL,
  -- The paid period, from 1.
  period          integer NOT NULL CHECK (period > 0),
  outcome         text NOT NULL CHECK (outcome IN ('kept', 'voluntary', 'involuntary')),
  settled_at      timestamptz NOT NULL,
  judged_night    timestamptz,
  voluntary       double precision,
  involuntary     double precision,
  segment         text,
  PRIMARY KEY (subscription_id, due_at),
  CHECK (num_nulls(judged_night, voluntary, involuntary) IN (0, 3))
);

CREATE INDEX churn_outcomes_due ON churn_outcomes (due_at);

-- What treatments are worth by currency, in the form of reporting/churn/uplift-report.ts at that time. Made anew each night, since
-- outcomes settle each night and a bootstrap over payers is no work for a request.
CREATE TABLE churn_uplift (
  currency text PRIMARY KEY,
  as_of    timestamptz NOT NULL,
  report   json NOT NULL
);

-- Survival by segment on the quarter that judged a model, observed and by a model that had not seen it.
CREATE TABLE churn_survival (
  model_version text PRIMARY KEY,
  as_of         timestamptz NOT NULL,
  segments      json NOT NULL
);
