-- What is owed once (payments), every try of a payer to pay it (attempts), every step that the gateway was asked for or
-- told us of (transactions), and what may follow. No contact, e-mail, UPI id or card number is kept here.

CREATE TABLE payments (
  -- Ours; for a payment that began at the gateway its order's id, or its attempt's when there is no order.
  payment_id     text PRIMARY KEY,
  order_id       text UNIQUE,
  origin         text NOT NULL CHECK (origin IN ('api', 'gateway')),
  status         text NOT NULL CHECK (status IN ('created', 'attempted', 'authorized', 'paid', 'refunded', 'cancelled')),
  amount_paise   bigint NOT NULL CHECK (amount_paise >= 0),
  currency       text NOT NULL,
  captured_paise bigint NOT NULL DEFAULT 0,
  refunded_paise bigint NOT NULL DEFAULT 0,
  payer_id       text,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL
);

CREATE TABLE payment_attempts (
  -- The gateway's payment id.
  attempt_id       text PRIMARY KEY,
  payment_id       text NOT NULL REFERENCES payments ON UPDATE CASCADE,
  status           text NOT NULL CHECK (status IN ('created', 'failed', 'authorized', 'captured', 'refunded')),
  -- Money was taken, whatever happened to it afterwards.
  is_captured      boolean NOT NULL,
  amount_paise     bigint NOT NULL CHECK (amount_paise >= 0),
  refunded_paise   bigint NOT NULL,
  currency         text NOT NULL,
  method           text NOT NULL,
  -- Including its tax; null until known.
  fee_paise        bigint,
  tax_paise        bigint,
  failure_reason   text,
  invoice_id       text,
  customer_id      text,
  token_id         text,
  is_international boolean NOT NULL,
  bank             text,
  wallet           text,
  -- What the ledger already has of it.
  booked_paise     bigint NOT NULL DEFAULT 0,
  booked_fee_paise bigint NOT NULL DEFAULT 0,
  booked_tax_paise bigint NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL,
  changed_at       timestamptz NOT NULL
);

CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id);
CREATE INDEX payment_attempts_created ON payment_attempts (created_at);

CREATE TABLE payment_transactions (
  transaction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt_id     text NOT NULL REFERENCES payment_attempts,
  kind           text NOT NULL CHECK (kind IN ('authorize', 'capture', 'fail', 'refund')),
  -- The refund's id; empty for what happens to an attempt once.
  reference      text NOT NULL DEFAULT '',
  -- `requested` is written before the gateway is called.
  outcome        text NOT NULL CHECK (outcome IN ('requested', 'ok', 'declined', 'unknown')),
  amount_paise   bigint NOT NULL,
  recorded_at    timestamptz NOT NULL,
  UNIQUE (attempt_id, kind, reference)
);

CREATE TABLE refunds (
  refund_id       text PRIMARY KEY,
  -- May be known before its attempt is.
  attempt_id      text NOT NULL,
  status          text NOT NULL CHECK (status IN ('pending', 'processed', 'failed')),
  amount_paise    bigint NOT NULL CHECK (amount_paise >= 0),
  currency        text NOT NULL,
  receipt         text,
  speed_processed text,
  is_booked       boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL
);

CREATE INDEX refunds_attempt ON refunds (attempt_id);

CREATE TABLE disputes (
  dispute_id     text PRIMARY KEY,
  attempt_id     text NOT NULL,
  status         text NOT NULL CHECK (status IN ('open', 'under_review', 'won', 'lost', 'closed')),
  -- When the provider said so: of two that are not final the newer holds.
  status_at      timestamptz NOT NULL,
  phase          text NOT NULL,
  amount_paise   bigint NOT NULL CHECK (amount_paise >= 0),
  deducted_paise bigint NOT NULL,
  currency       text NOT NULL,
  reason_code    text,
  respond_by     timestamptz,
  is_booked      boolean NOT NULL DEFAULT false,
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL
);

CREATE INDEX disputes_attempt ON disputes (attempt_id);

CREATE TABLE settlements (
  settlement_id text PRIMARY KEY,
  status        text NOT NULL CHECK (status IN ('created', 'processed', 'failed')),
  amount_paise  bigint NOT NULL,
  fees_paise    bigint NOT NULL,
  tax_paise     bigint NOT NULL,
  utr           text,
  is_booked     boolean NOT NULL DEFAULT false,
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL
);

CREATE INDEX settlements_created ON settlements (created_at);

-- Facts for the lake, in the order in which they became known. Once moved, the body goes and the key stays.
CREATE TABLE fact_queue (
  number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key      text NOT NULL UNIQUE,
  body     json,
  known_at timestamptz NOT NULL
);

CREATE INDEX fact_queue_waiting ON fact_queue (number) WHERE body IS NOT NULL;
