-- Payments that we ask for: what the caller wanted, what the gate said, and what is still to be done about them.

ALTER TABLE payments
  ADD COLUMN purpose      text,
  -- The caller's own name of what is paid (an invoice, an order): money for it is kept once.
  ADD COLUMN reference    text,
  ADD COLUMN description  text,
  ADD COLUMN customer_id  text,
  ADD COLUMN capture      text NOT NULL DEFAULT 'automatic' CHECK (capture IN ('automatic', 'manual')),
  -- Null until the gate has decided.
  ADD COLUMN decision_id  text,
  ADD COLUMN action       text CHECK (action IN ('allow', 'challenge', 'review', 'block')),
  ADD COLUMN link_id      text,
  ADD COLUMN link_url     text,
  -- The caller no longer wants the money: what comes goes back.
  ADD COLUMN cancelled_at timestamptz,
  -- When the gateway was last asked about an order whose making has no known outcome.
  ADD COLUMN asked_at     timestamptz,
  -- Grows with every change of status or amounts; what follows from a change was done up to `followed_revision`.
  ADD COLUMN revision          integer NOT NULL DEFAULT 0,
  ADD COLUMN followed_revision integer NOT NULL DEFAULT 0;

CREATE INDEX payments_reference ON payments (reference) WHERE reference IS NOT NULL;
CREATE INDEX payments_to_follow ON payments (payment_id) WHERE origin = 'api' AND followed_revision < revision;
CREATE INDEX payments_payer ON payments (payer_id, payment_id) WHERE origin = 'api';
CREATE INDEX payments_unplaced ON payments (created_at) WHERE origin = 'api' AND order_id IS NULL AND link_id IS NULL
  AND status = 'created' AND action IN ('allow', 'challenge', 'review');

ALTER TABLE payment_transactions
  -- What was asked for, so that exactly the same can be asked again.
  ADD COLUMN request  json,
  ADD COLUMN asked_at timestamptz;
CREATE INDEX payment_transactions_open ON payment_transactions (recorded_at) WHERE outcome IN ('requested', 'unknown');

CREATE INDEX payment_attempts_token ON payment_attempts (token_id) WHERE token_id IS NOT NULL;

-- A caller's key, what was asked under it, and what it made. Written with what it made, so one never exists without the other.
CREATE TABLE payment_commands (
  key        text NOT NULL,
  kind       text NOT NULL,
  body_hash  text NOT NULL,
  subject    text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (kind, key)
);

-- Who a payer is at the gateway: saved methods belong to a customer there.
CREATE TABLE payer_customers (
  payer_id    text PRIMARY KEY,
  customer_id text NOT NULL UNIQUE,
  created_at  timestamptz NOT NULL
);

-- What a payer may pay with again: the gateway's token and what people recognise it by. Never a number that could be charged.
CREATE TABLE payment_methods (
  method_id    text PRIMARY KEY,
  payer_id     text NOT NULL REFERENCES payer_customers,
  token_id     text NOT NULL UNIQUE,
  method       text NOT NULL,
  label        text NOT NULL,
  is_recurring boolean NOT NULL,
  -- Null: does not expire.
  expires_at   timestamptz,
  status       text NOT NULL CHECK (status IN ('active', 'inactive', 'removed')),
  -- Tried first, and when the first fails.
  role         text CHECK (role IN ('default', 'fallback')),
  created_at   timestamptz NOT NULL,
  changed_at   timestamptz NOT NULL,
  CHECK (role IS NULL OR status <> 'removed')
);

CREATE UNIQUE INDEX payment_methods_role ON payment_methods (payer_id, role) WHERE role IS NOT NULL;
