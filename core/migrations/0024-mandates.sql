-- What payers allow to be debited (mandates), what the gateway says of them (token_events, order_notices, gateway_downtimes), and
-- every debit that is tried. Each debit is also a payment (payments.payment_id = debit_id, reference = what is paid), so what the
-- gateway says of it arrives as of every other payment. No UPI id, account or card number is kept.

CREATE TABLE mandates (
  mandate_id    text PRIMARY KEY,
  payer_id      text NOT NULL,
  customer_id   text,
  method        text NOT NULL CHECK (method IN ('upi', 'card', 'emandate', 'nach')),
  -- What it pays for, as far as the limits of debits without the payer's approval know it (India rules, E3).
  purpose       text NOT NULL DEFAULT 'general' CHECK (purpose IN ('general', 'insurance', 'mutual-fund', 'card-bill')),
  status        text NOT NULL CHECK (status IN
                  ('created', 'pending', 'active', 'paused', 'rejected', 'cancelled', 'expired')),
  -- The gateway's; never the payer's address at it, which may change (India rules, U10).
  token_id      text UNIQUE,
  frequency     text NOT NULL CHECK (frequency IN ('daily', 'weekly', 'monthly', 'quarterly', 'yearly', 'as_presented')),
  max_paise     bigint NOT NULL CHECK (max_paise > 0),
  starts_at     timestamptz,
  expires_at    timestamptz NOT NULL,
  -- Which subscription it is to pay for; attached to it once it is active.
  subscription_id text REFERENCES subscriptions,
  is_attached   boolean NOT NULL DEFAULT false,
  -- The registration: our payment of the authorisation, the gateway's order or link.
  payment_id    text,
  link_id       text,
  link_url      text,
  failure       text,
  -- Which bank or network is debited, when known.
  issuer        text,
  confirmed_at  timestamptz,
  paused_at     timestamptz,
  ended_at      timestamptz,
  -- When the gateway was last asked about one that is not confirmed.
  asked_at      timestamptz,
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL
);

CREATE INDEX mandates_payer ON mandates (payer_id, mandate_id);
CREATE INDEX mandates_pending ON mandates (created_at) WHERE status IN ('created', 'pending');
CREATE INDEX mandates_expiring ON mandates (expires_at) WHERE status IN ('active', 'paused');
CREATE INDEX mandates_changed ON mandates (changed_at);
CREATE INDEX mandates_unattached ON mandates (mandate_id)
  WHERE status = 'active' AND subscription_id IS NOT NULL AND NOT is_attached;
CREATE INDEX mandates_payment ON mandates (payment_id) WHERE payment_id IS NOT NULL;

-- What was said of a mandate's token, each thing once. A mandate's status follows from the set, whatever the order of arrival.
CREATE TABLE token_events (
  token_id    text NOT NULL,
  event       text NOT NULL CHECK (event IN ('confirmed', 'rejected', 'paused', 'resumed', 'cancelled')),
  occurred_at timestamptz NOT NULL,
  failure     text,
  issuer      text,
  known_at    timestamptz NOT NULL,
  PRIMARY KEY (token_id, event, occurred_at)
);

-- Whether the payer was told of a debit before it; what was delivered stays delivered.
CREATE TABLE order_notices (
  order_id     text PRIMARY KEY,
  status       text NOT NULL CHECK (status IN ('delivered', 'failed')),
  delivered_at timestamptz,
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);

-- Troubles of banks and networks, as the gateway tells them.
CREATE TABLE gateway_downtimes (
  downtime_id text PRIMARY KEY,
  method      text NOT NULL,
  -- The banks, networks or apps concerned; empty for all.
  instruments text[] NOT NULL,
  severity    text NOT NULL,
  begins_at   timestamptz NOT NULL,
  ends_at     timestamptz,
  heard_at    timestamptz NOT NULL
);

CREATE INDEX gateway_downtimes_method ON gateway_downtimes (method, ends_at);

CREATE TABLE debits (
  -- Also the payment's id and the receipt at the gateway.
  debit_id       text PRIMARY KEY,
  invoice_id     text NOT NULL REFERENCES invoices,
  mandate_id     text NOT NULL REFERENCES mandates,
  -- 1 is the first attempt of the mandate's cycle, 2 to 4 its retries (U2). A cycle is one period of one invoice.
  attempt        integer NOT NULL CHECK (attempt >= 1),
  status         text NOT NULL CHECK (status IN
                   ('planned', 'announcing', 'announced', 'charging', 'unresolved', 'succeeded', 'failed', 'skipped', 'withdrawn')),
  amount_paise   bigint NOT NULL CHECK (amount_paise > 0),
  currency       text NOT NULL,
  -- When the debit is to be made, and the notice before it sent.
  slot_at        timestamptz NOT NULL,
  notice_due_at  timestamptz,
  noticed_at     timestamptz,
  order_id       text,
  charged_at     timestamptz,
  resolved_at    timestamptz,
  decline_reason text,
  -- Who chose the slot, and with what; for learning and for the measured lift.
  chosen_by      text NOT NULL CHECK (chosen_by IN ('first', 'ladder', 'model', 'exploration', 'person')),
  arm            text NOT NULL DEFAULT 'model' CHECK (arm IN ('model', 'hold-out')),
  success_probability double precision CHECK (success_probability BETWEEN 0 AND 1),
  propensity     double precision CHECK (propensity > 0 AND propensity <= 1),
  model_version  text,
  -- The ladder's slot at the same moment, and the legal slots that were considered.
  choice         jsonb,
  decision_id    text,
  -- Why it was skipped or withdrawn.
  note           text,
  -- When its next step may be taken. Whoever takes it moves this ahead first, so nobody takes it meanwhile.
  due_at         timestamptz NOT NULL,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL
);

-- One that was withdrawn before it was made is planned anew under the same number.
CREATE UNIQUE INDEX debits_attempt ON debits (invoice_id, mandate_id, attempt) WHERE status <> 'withdrawn';
-- One debit at a time: never two for one invoice while the first is unresolved (U5, U13).
CREATE UNIQUE INDEX debits_live ON debits (invoice_id)
  WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved');
CREATE INDEX debits_due ON debits (due_at, debit_id)
  WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved');
CREATE INDEX debits_invoice ON debits (invoice_id, attempt);
CREATE INDEX debits_mandate ON debits (mandate_id, debit_id);
CREATE INDEX debits_order ON debits (order_id) WHERE status = 'announcing';
CREATE INDEX debits_made ON debits (debit_id) WHERE status IN ('charging', 'unresolved');
CREATE INDEX debits_failed ON debits (resolved_at) WHERE status = 'failed';
