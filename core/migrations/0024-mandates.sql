-- What payers allow to be debited (mandates) and every debit that is tried on them. Each debit is also a payment (payments.payment_id
-- = debit_id, reference = what is paid), so what the gateway says of it arrives as of every other payment.

CREATE TABLE mandates (
  mandate_id    text PRIMARY KEY,
  payer_id      text NOT NULL,
  customer_id   text,
  method        text NOT NULL CHECK (method IN ('upi', 'card', 'emandate', 'nach')),
  status        text NOT NULL CHECK (status IN
                  ('created', 'pending', 'active', 'paused', 'rejected', 'cancelled', 'expired')),
  -- The gateway's; never the payer's address at it, which may change (India rules, U10).
  token_id      text UNIQUE,
  frequency     text NOT NULL CHECK (frequency IN ('daily', 'weekly', 'monthly', 'quarterly', 'yearly', 'as_presented')),
  max_paise     bigint NOT NULL CHECK (max_paise > 0),
  starts_at     timestamptz,
  expires_at    timestamptz NOT NULL,
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
  created_at    timestamptz NOT NULL,
  changed_at    timestamptz NOT NULL
);

CREATE INDEX mandates_payer ON mandates (payer_id, mandate_id);

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
  created_at     timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  UNIQUE (invoice_id, mandate_id, attempt)
);

-- One debit at a time: never two for one invoice while the first is unresolved (U5, U13).
CREATE UNIQUE INDEX debits_live ON debits (invoice_id)
  WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved');
CREATE INDEX debits_due ON debits (slot_at, debit_id) WHERE status IN ('planned', 'announcing', 'announced', 'charging');
CREATE INDEX debits_invoice ON debits (invoice_id, attempt);
