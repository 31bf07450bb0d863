-- What payers owe. An invoice is made whole (lines, tax, ledger entry) in one transaction and its amounts never change; what is paid
-- of it follows its payments. At most one recurring invoice for each subscription and period, by a unique index. Amounts are minor
-- units of the currency; lines include tax, negative lines are credits.

CREATE TABLE invoices (
  invoice_id      text PRIMARY KEY,
  payer_id        text NOT NULL,
  counterparty_id text,
  subscription_id text REFERENCES subscriptions,
  kind            text NOT NULL CHECK (kind IN ('recurring', 'change', 'one-off')),
  -- Of a recurring invoice: the period that it is for.
  period          integer,
  period_start_on date,
  period_end_on   date,
  -- What made it when it is not a period: one invoice for each (a change's id).
  cause           text,
  status          text NOT NULL CHECK (status IN ('open', 'paid', 'void', 'uncollectible')),
  currency        text NOT NULL,
  total_paise     bigint NOT NULL CHECK (total_paise >= 0),
  -- Of the total; total = net + tax + round-off.
  net_paise       bigint NOT NULL,
  tax_paise       bigint NOT NULL,
  round_off_paise bigint NOT NULL DEFAULT 0,
  -- Paid by payments; credit that was used is a line.
  paid_paise      bigint NOT NULL DEFAULT 0,
  issued_at       timestamptz NOT NULL,
  due_at          timestamptz NOT NULL,
  paid_at         timestamptz,
  -- No debits and no dunning while a person or a payment plan deals with it.
  held_reason     text,
  changed_at      timestamptz NOT NULL,
  CHECK (kind <> 'recurring' OR (subscription_id IS NOT NULL AND period IS NOT NULL)),
  CHECK ((status = 'paid') = (paid_at IS NOT NULL))
);

CREATE UNIQUE INDEX invoices_period ON invoices (subscription_id, period_start_on) WHERE kind = 'recurring' AND status <> 'void';
CREATE UNIQUE INDEX invoices_cause ON invoices (subscription_id, cause) WHERE cause IS NOT NULL;
CREATE INDEX invoices_open ON invoices (due_at, invoice_id) WHERE status = 'open';
CREATE INDEX invoices_payer ON invoices (payer_id, invoice_id);
CREATE INDEX invoices_subscription ON invoices (subscription_id, invoice_id);

CREATE TABLE invoice_lines (
  invoice_id   text NOT NULL REFERENCES invoices,
  line         integer NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('plan', 'add-on', 'setup-fee', 'proration-credit', 'proration-charge', 'credit-used', 'other')),
  description  text NOT NULL,
  quantity     integer NOT NULL,
  unit_paise   bigint NOT NULL,
  amount_paise bigint NOT NULL,
  tax_class    text,
  -- Parts per ten thousand that applied.
  tax_rate     integer NOT NULL DEFAULT 0,
  tax_paise    bigint NOT NULL DEFAULT 0,
  from_on      date,
  to_on        date,
  PRIMARY KEY (invoice_id, line)
);
