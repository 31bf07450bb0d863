-- What is done about arrears: one episode for each payer and currency from the first overdue day until nothing is owed, the steps
-- taken in it, what was withheld, offered and agreed. An episode's state is recomputed from the debts at every run, never stepped.
-- The payer is whom we know; a beneficiary is only named where something is withheld.

CREATE TABLE dunning_campaigns (
  -- Version 0 is the one that is built in.
  version    integer PRIMARY KEY CHECK (version > 0),
  body       json NOT NULL,
  actor      text NOT NULL,
  reason     text NOT NULL,
  created_at timestamptz NOT NULL
);

-- What people noted of a payer that changes what is done; the language is with the contacts of notices.
CREATE TABLE dunning_payers (
  payer_id   text PRIMARY KEY,
  tags       text[] NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL
);

CREATE TABLE dunning_episodes (
  episode_id     text PRIMARY KEY,
  payer_id       text NOT NULL,
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  arm            text NOT NULL CHECK (arm IN ('campaign', 'hold-out')),
  -- When the first debt of it fell due, and what was owed when it was first seen.
  started_at     timestamptz NOT NULL,
  first_owed_paise bigint NOT NULL CHECK (first_owed_paise >= 0),
  opened_at      timestamptz NOT NULL,
  -- The state of the newest run.
  computed_at    timestamptz NOT NULL,
  campaign       integer NOT NULL,
  stage          text NOT NULL,
  -- Why nothing is said for now; null when nothing stands against it.
  waits_for      text,
  reasons        json NOT NULL,
  oldest_due_at  timestamptz NOT NULL,
  owed_paise     bigint NOT NULL CHECK (owed_paise >= 0),
  invoices       integer NOT NULL CHECK (invoices >= 0),
  decline_reason text,
  decline_class  text NOT NULL,
  churn_probability double precision CHECK (churn_probability BETWEEN 0 AND 1),
  value_paise    bigint,
  -- Of paying within the horizon by themselves, and when a person gets in touch.
  recovery       double precision NOT NULL CHECK (recovery BETWEEN 0 AND 1),
  recovery_if_contacted double precision NOT NULL CHECK (recovery_if_contacted BETWEEN 0 AND 1),
  -- What a contact is expected to bring in, and what it costs.
  gain_paise     bigint NOT NULL CHECK (gain_paise >= 0),
  cost_paise     bigint NOT NULL CHECK (cost_paise > 0),
  is_listed      boolean NOT NULL,
  -- When a person's contact first became due, and what the case was like then: recovery is learned from these.
  listed_at      timestamptz,
  listed_class   text,
  listed_age_days integer,
  listed_owed_paise bigint,
  cleared_at     timestamptz,
  -- `set-aside`: nobody asks for it any more, though it was not paid.
  cleared_by     text CHECK (cleared_by IN ('paid', 'set-aside')),
  CHECK ((cleared_at IS NULL) = (cleared_by IS NULL)),
  CHECK ((listed_at IS NULL) = (listed_class IS NULL) AND (listed_at IS NULL) = (listed_age_days IS NULL)
    AND (listed_at IS NULL) = (listed_owed_paise IS NULL))
);

CREATE UNIQUE INDEX dunning_episodes_open ON dunning_episodes (payer_id, currency) WHERE cleared_at IS NULL;
CREATE INDEX dunning_episodes_list ON dunning_episodes ((gain_paise::float8 / cost_paise) DESC, episode_id)
  WHERE cleared_at IS NULL AND is_listed AND arm = 'campaign';
CREATE INDEX dunning_episodes_opened ON dunning_episodes (opened_at, episode_id);
CREATE INDEX dunning_episodes_listed ON dunning_episodes (listed_at) WHERE listed_at IS NOT NULL;

CREATE TABLE dunning_steps (
  -- Also the payment's id at the gate.
  step_id         text PRIMARY KEY,
  episode_id      text NOT NULL REFERENCES dunning_episodes,
  payer_id        text NOT NULL,
  stage           text NOT NULL,
  kind            text NOT NULL,
  -- Whose delivery it is about; empty when it is about all that is owed.
  subscription_id text NOT NULL DEFAULT '',
  -- Of a suspension and its notice: the debt that it is for.
  invoice_id      text NOT NULL DEFAULT '',
  -- `withdrawn`: no longer called for before it was taken. `blocked`: the gate said no.
  status          text NOT NULL CHECK (status IN ('due', 'sent', 'blocked', 'withdrawn')),
  channels        text[] NOT NULL,
  tone            text NOT NULL CHECK (tone IN ('friendly', 'firm', 'final')),
  campaign        integer NOT NULL,
  arm             text NOT NULL,
  owed_paise      bigint NOT NULL CHECK (owed_paise > 0),
  currency        text NOT NULL,
  -- The first attempt whose chain the gate looks at.
  retry_of        text,
  -- A day that the message names: when money is expected, or when delivery stops.
  named_at        timestamptz,
  decision_id     text,
  action          text CHECK (action IN ('allow', 'challenge', 'review', 'block')),
  gate_reasons    json,
  -- Why it was withdrawn.
  note            text,
  created_at      timestamptz NOT NULL,
  done_at         timestamptz,
  CHECK ((status = 'due') = (done_at IS NULL))
);

-- A step of a stage is taken once, whatever runs how often.
CREATE UNIQUE INDEX dunning_steps_once ON dunning_steps (episode_id, stage, kind, subscription_id, invoice_id)
  WHERE status <> 'withdrawn';
CREATE INDEX dunning_steps_due ON dunning_steps (step_id) WHERE status = 'due';
CREATE INDEX dunning_steps_payer ON dunning_steps (payer_id, done_at) WHERE status = 'sent';

-- What is withheld until it is paid for, each subscription by itself.
CREATE TABLE dunning_effects (
  step_id         text PRIMARY KEY REFERENCES dunning_steps,
  subscription_id text NOT NULL REFERENCES subscriptions,
  payer_id        text NOT NULL,
  beneficiary     text,
  suspended_at    timestamptz NOT NULL,
  lifted_at       timestamptz
);

CREATE UNIQUE INDEX dunning_effects_standing ON dunning_effects (subscription_id) WHERE lifted_at IS NULL;

-- Paying what is owed in parts: `broken` when a part did not come in time, `kept` when all came.
CREATE TABLE dunning_offers (
  -- Also its step.
  offer_id    text PRIMARY KEY REFERENCES dunning_steps,
  episode_id  text NOT NULL REFERENCES dunning_episodes,
  payer_id    text NOT NULL,
  currency    text NOT NULL,
  status      text NOT NULL CHECK (status IN ('offered', 'accepted', 'declined', 'lapsed', 'kept', 'broken')),
  -- Of its invoices at that time; the parts add up to it: [{dueOn, amountPaise}], oldest first.
  total_paise bigint NOT NULL CHECK (total_paise > 0),
  invoice_ids text[] NOT NULL,
  parts       json NOT NULL,
  -- What had been paid of the invoices when it was accepted.
  paid_before_paise bigint,
  offered_at  timestamptz NOT NULL,
  lapses_at   timestamptz NOT NULL,
  decided_at  timestamptz,
  changed_at  timestamptz NOT NULL
);

CREATE UNIQUE INDEX dunning_offers_once ON dunning_offers (episode_id);
CREATE INDEX dunning_offers_standing ON dunning_offers (payer_id) WHERE status IN ('offered', 'accepted');

-- What people did and were told. A promise keeps everything still until its day is over.
CREATE TABLE dunning_contacts (
  contact_id  text PRIMARY KEY,
  episode_id  text NOT NULL REFERENCES dunning_episodes,
  payer_id    text NOT NULL,
  actor       text NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('reached', 'no-answer', 'promised', 'disputed', 'refused', 'wrong-number')),
  promised_on date,
  note        text,
  contacted_at timestamptz NOT NULL,
  CHECK ((outcome = 'promised') = (promised_on IS NOT NULL))
);

CREATE INDEX dunning_contacts_episode ON dunning_contacts (episode_id, contacted_at);

-- Who owes what is overdue, in the order in which a run looks.
CREATE INDEX invoices_owing ON invoices (payer_id, due_at) WHERE status = 'open';
