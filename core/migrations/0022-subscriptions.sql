-- What is sold (plans, in versions that never change), who bought it (subscriptions), and everything that happened to that
-- (subscription_events, append-only). Days are days of the Indian calendar, instants UTC. Amounts are minor units of the currency
-- and include tax. The payer is whom we know; whom the meals are for is an opaque name that nothing scores.

-- On which days something is delivered: a week's pattern and its exceptions. Serving-day proration counts them.
CREATE TABLE serving_calendars (
  calendar_id text PRIMARY KEY,
  name        text NOT NULL,
  -- Sunday first: 1 is served.
  week        text NOT NULL CHECK (week ~ '^[01]{7}$'),
  created_at  timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL
);

CREATE TABLE serving_exceptions (
  calendar_id text NOT NULL REFERENCES serving_calendars,
  on_day      date NOT NULL,
  is_served   boolean NOT NULL,
  PRIMARY KEY (calendar_id, on_day)
);

CREATE TABLE plans (
  plan_id     text PRIMARY KEY,
  name        text NOT NULL,
  -- Which row of the tax table (billing/tax) applies.
  tax_class   text NOT NULL,
  created_at  timestamptz NOT NULL,
  -- No new subscriptions from then on; those that run go on.
  archived_at timestamptz
);

CREATE TABLE plan_versions (
  plan_id         text NOT NULL REFERENCES plans,
  version         integer NOT NULL CHECK (version > 0),
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  price_paise     bigint NOT NULL CHECK (price_paise >= 0),
  interval_unit   text NOT NULL CHECK (interval_unit IN ('day', 'week', 'month', 'year')),
  interval_count  integer NOT NULL CHECK (interval_count BETWEEN 1 AND 60),
  trial_days      integer NOT NULL CHECK (trial_days BETWEEN 0 AND 730),
  setup_fee_paise bigint NOT NULL CHECK (setup_fee_paise >= 0),
  proration       text NOT NULL CHECK (proration IN ('calendar-days', 'serving-days', 'none')),
  -- Of the counterparty when null and it has one.
  calendar_id     text REFERENCES serving_calendars,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (plan_id, version),
  CHECK (proration <> 'serving-days' OR calendar_id IS NOT NULL)
);

-- What may be bought with a plan, charged each period beside its price.
CREATE TABLE plan_add_ons (
  plan_id     text NOT NULL,
  version     integer NOT NULL,
  add_on_id   text NOT NULL,
  name        text NOT NULL,
  price_paise bigint NOT NULL CHECK (price_paise >= 0),
  PRIMARY KEY (plan_id, version, add_on_id),
  FOREIGN KEY (plan_id, version) REFERENCES plan_versions
);

-- Where one counterparty (a school) has a price or a calendar of its own.
CREATE TABLE plan_overrides (
  plan_id         text NOT NULL,
  version         integer NOT NULL,
  counterparty_id text NOT NULL,
  price_paise     bigint CHECK (price_paise >= 0),
  calendar_id     text REFERENCES serving_calendars,
  PRIMARY KEY (plan_id, version, counterparty_id),
  FOREIGN KEY (plan_id, version) REFERENCES plan_versions,
  CHECK (price_paise IS NOT NULL OR calendar_id IS NOT NULL)
);

CREATE TABLE subscriptions (
  subscription_id text PRIMARY KEY,
  payer_id        text NOT NULL,
  counterparty_id text,
  -- Whom it is for, an opaque name of the caller's; never read by features or models.
  beneficiary     text,
  plan_id         text NOT NULL,
  plan_version    integer NOT NULL,
  quantity        integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
  currency        text NOT NULL,
  status          text NOT NULL CHECK (status IN
                    ('scheduled', 'trialing', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'expired')),
  -- Its first day, of the trial when there is one; the anchor when null.
  starts_on       date,
  -- The raw day that periods are counted from: period n begins n intervals after it, clamped to the month's end.
  anchor_on       date NOT NULL,
  -- Number of the current period counted from the anchor; null before the first is billed.
  period          integer,
  period_start_on date,
  -- The first day that is no longer part of it.
  period_end_on   date,
  -- When the calendar moves it next: start, end of the trial, next invoice, pause, resumption, end; null when nothing is to come.
  -- From one pure function (billing/subscriptions/next-billing.ts).
  next_billing_at timestamptz,
  -- The first day that is no longer trial.
  trial_end_on    date,
  -- The last day that is paid for when it ends by plan.
  ends_on         date,
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  -- A change that waits for the next period: {planId, planVersion, quantity, addOns}.
  pending_change  jsonb,
  -- From when on it is paused, or will be; and the day on which it goes on, when that is known.
  paused_on       date,
  resume_on       date,
  -- How its invoices are paid: debited on a mandate, or by the payer through a link or checkout.
  collection      text NOT NULL CHECK (collection IN ('mandate', 'manual')),
  mandate_id      text,
  -- Credit in the payer's favour, used up by the next invoices.
  credit_paise    bigint NOT NULL DEFAULT 0 CHECK (credit_paise >= 0),
  -- Since when something has been unpaid; kept by the billing of its invoices.
  past_due_at     timestamptz,
  -- When a period of it was paid first.
  started_at      timestamptz,
  -- What ended it: asked for (voluntary) or not paid (involuntary).
  ended_by        text CHECK (ended_by IN ('voluntary', 'involuntary', 'plan')),
  ended_at        timestamptz,
  -- After this many failed turns of the billing run it is left for a person (parked_reason says why).
  billing_errors  integer NOT NULL DEFAULT 0,
  parked_reason   text,
  revision        integer NOT NULL DEFAULT 0,
  created_at      timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL,
  FOREIGN KEY (plan_id, plan_version) REFERENCES plan_versions,
  CHECK ((status IN ('cancelled', 'expired')) = (ended_at IS NOT NULL)),
  CHECK ((period IS NULL) = (period_start_on IS NULL) AND (period IS NULL) = (period_end_on IS NULL))
);

CREATE INDEX subscriptions_due ON subscriptions (next_billing_at, subscription_id)
  WHERE next_billing_at IS NOT NULL AND parked_reason IS NULL;
-- A payer has a plan once for each beneficiary: more of it is a quantity.
CREATE UNIQUE INDEX subscriptions_beneficiary ON subscriptions (payer_id, plan_id, beneficiary)
  WHERE beneficiary IS NOT NULL AND ended_at IS NULL;
CREATE INDEX subscriptions_payer ON subscriptions (payer_id, subscription_id);
CREATE INDEX subscriptions_mandate ON subscriptions (mandate_id) WHERE mandate_id IS NOT NULL;

CREATE TABLE subscription_add_ons (
  subscription_id text NOT NULL REFERENCES subscriptions,
  add_on_id       text NOT NULL,
  quantity        integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
  PRIMARY KEY (subscription_id, add_on_id)
);

-- Every step of a subscription with what it is worth from then on. Analytics is computed from these alone.
CREATE TABLE subscription_events (
  number          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subscription_id text NOT NULL REFERENCES subscriptions,
  event           text NOT NULL,
  from_status     text,
  to_status       text NOT NULL,
  plan_id         text NOT NULL,
  plan_version    integer NOT NULL,
  quantity        integer NOT NULL,
  currency        text NOT NULL,
  -- Price of one period with add-ons and quantity, and of the month that it amounts to; 0 while nothing is paid (trial, pause, end).
  period_paise    bigint NOT NULL,
  mrr_paise       bigint NOT NULL,
  actor           text NOT NULL,
  detail          jsonb NOT NULL DEFAULT '{}',
  occurred_at     timestamptz NOT NULL,
  known_at        timestamptz NOT NULL,
  CHECK (occurred_at <= known_at)
);

CREATE INDEX subscription_events_subscription ON subscription_events (subscription_id, number);
CREATE INDEX subscription_events_time ON subscription_events (occurred_at, number);
