-- Debts that are paid in parts on agreed days. Each part is paid by a payment of its own whose reference is the debt's with the part
-- behind it (`inv_…:ipl_…-2`), so that money is kept once for each part and an invoice sees them all.

CREATE TABLE instalment_plans (
  plan_id     text PRIMARY KEY,
  -- What is owed: an invoice, or the caller's own name for it.
  reference   text NOT NULL,
  payer_id    text NOT NULL,
  purpose     text,
  description text,
  currency    text NOT NULL,
  total_paise bigint NOT NULL CHECK (total_paise > 0),
  status      text NOT NULL CHECK (status IN ('active', 'settled', 'broken', 'cancelled')),
  -- A part that is unpaid for longer breaks the plan.
  grace_days  integer NOT NULL CHECK (grace_days BETWEEN 0 AND 90),
  -- Why it is no longer active.
  note        text,
  -- The payment of all that is left, while it is offered, and until when.
  settlement_payment_id text,
  settlement_until      timestamptz,
  -- Settlements offered so far: each has a reference of its own.
  settlements integer NOT NULL DEFAULT 0,
  created_at  timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL,
  CHECK ((settlement_payment_id IS NULL) = (settlement_until IS NULL))
);

-- One agreement at a time for one debt.
CREATE UNIQUE INDEX instalment_plans_active ON instalment_plans (reference) WHERE status = 'active';
CREATE INDEX instalment_plans_payer ON instalment_plans (payer_id, plan_id);
CREATE INDEX instalment_plans_living ON instalment_plans (plan_id) WHERE status = 'active';

CREATE TABLE instalments (
  plan_id      text NOT NULL REFERENCES instalment_plans,
  number       integer NOT NULL CHECK (number > 0),
  due_on       date NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  -- `covered`: paid by an early settlement of all that was left, or by other money for the debt.
  status       text NOT NULL CHECK (status IN ('waiting', 'asked', 'paid', 'covered', 'void')),
  payment_id   text UNIQUE,
  -- How often it was asked for: each time by a payment of its own.
  asked        integer NOT NULL DEFAULT 0,
  paid_at      timestamptz,
  PRIMARY KEY (plan_id, number),
  CHECK (status <> 'asked' OR payment_id IS NOT NULL)
);
