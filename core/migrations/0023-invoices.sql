-- What payers owe. An invoice is made whole (lines, tax, ledger entry) in one transaction and its amounts never change; what is paid
-- of it follows its payments. At most one recurring invoice for each subscription and period, by a unique index. Amounts are minor
-- units of the currency; lines include tax, negative lines are credits. The total is the sum of the lines.

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
  -- What was sold, or taken back when negative; total = net + tax + round-off - credit.
  net_paise       bigint NOT NULL,
  tax_paise       bigint NOT NULL,
  round_off_paise bigint NOT NULL DEFAULT 0,
  -- Of the subscription's credit: used when positive, kept for later when negative. Like money, it has no tax of its own.
  credit_paise    bigint NOT NULL DEFAULT 0,
  -- Paid by payments, at most the total; what came beyond it waits for a person and pays nothing else by itself.
  paid_paise      bigint NOT NULL DEFAULT 0,
  overpaid_paise  bigint NOT NULL DEFAULT 0,
  -- How often payments were set against it, or taken back: names the ledger's entries.
  settlements     integer NOT NULL DEFAULT 0,
  issued_at       timestamptz NOT NULL,
  due_at          timestamptz NOT NULL,
  paid_at         timestamptz,
  voided_at       timestamptz,
  void_reason     text,
  -- When a person gave it up and why; stays when it is paid after all.
  given_up_at     timestamptz,
  give_up_reason  text,
  -- When it was seen to be unpaid after it was due.
  overdue_at      timestamptz,
  -- No debits and no dunning while a person or a payment plan deals with it.
  held_reason     text,
  changed_at      timestamptz NOT NULL,
  CHECK (kind <> 'recurring' OR (subscription_id IS NOT NULL AND period IS NOT NULL)),
  CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
  CHECK ((status = 'void') = (voided_at IS NOT NULL)),
  CHECK (status <> 'uncollectible' OR given_up_at IS NOT NULL),
  CHECK (total_paise = net_paise + tax_paise + round_off_paise - credit_paise),
  CHECK (paid_paise BETWEEN 0 AND total_paise AND overpaid_paise >= 0)
);

CREATE UNIQUE INDEX invoices_period ON invoices (subscription_id, period_start_on) WHERE kind = 'recurring' AND status <> 'void';
CREATE UNIQUE INDEX invoices_cause ON invoices ((coalesce(subscription_id, payer_id)), cause) WHERE cause IS NOT NULL;
CREATE INDEX invoices_open ON invoices (due_at, invoice_id) WHERE status = 'open';
CREATE INDEX invoices_falling_due ON invoices (due_at, invoice_id)
  WHERE status = 'open' AND overdue_at IS NULL AND held_reason IS NULL;
CREATE INDEX invoices_overdue ON invoices (subscription_id) WHERE status = 'open' AND overdue_at IS NOT NULL;
CREATE INDEX invoices_payer ON invoices (payer_id, invoice_id);
CREATE INDEX invoices_subscription ON invoices (subscription_id, invoice_id);

CREATE TABLE invoice_lines (
  invoice_id   text NOT NULL REFERENCES invoices,
  line         integer NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('plan', 'add-on', 'setup-fee', 'proration-credit', 'proration-charge', 'credit-used',
                 'credit-kept', 'other')),
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

INSERT INTO ledger_accounts (account, kind, meaning) VALUES ('bad-debts', 'expense', 'invoiced and given up, with its tax');

-- A payment names its invoice in its reference; of one that is paid in parts, `<invoice>:<part>`.
CREATE INDEX payments_invoice ON payments ((split_part(reference, ':', 1))) WHERE reference IS NOT NULL;

-- What follows from its change failed: when it is looked at again.
ALTER TABLE payments ADD COLUMN follow_at timestamptz;

-- How far invoices have followed what the books have of payments, refunds and disputes.
ALTER TABLE payments ADD COLUMN settled_revision integer NOT NULL DEFAULT 0;
CREATE INDEX payments_to_settle ON payments (payment_id) WHERE reference IS NOT NULL AND settled_revision < revision;
ALTER TABLE refunds ADD COLUMN is_settled boolean NOT NULL DEFAULT false;
CREATE INDEX refunds_to_settle ON refunds (refund_id) WHERE is_settled <> is_booked;
ALTER TABLE disputes ADD COLUMN is_settled boolean NOT NULL DEFAULT false;
CREATE INDEX disputes_to_settle ON disputes (dispute_id) WHERE is_settled <> is_booked;

-- The ledger takes many entries in a few statements: a billing run posts hundreds at once, and everybody waits for the chain's end.
-- What was there sums to zero already, so what is added must do so by itself.
CREATE OR REPLACE FUNCTION balance_ledger_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY entry_number, currency HAVING sum(amount_paise) <> 0) THEN
    RAISE EXCEPTION 'a ledger entry does not sum to zero';
  END IF;
  INSERT INTO ledger_balances AS kept (account, currency, balance_paise)
  SELECT account, currency, sum(amount_paise) FROM added GROUP BY account, currency ORDER BY account, currency
  ON CONFLICT (account, currency) DO UPDATE SET balance_paise = kept.balance_paise + excluded.balance_paise;
  RETURN NULL;
END $$;

-- As before (0015), the entries of one call together. A plan that was made while the ledger was small is kept for the connection's
-- life: it must look keys up by their index from the first day on.
CREATE OR REPLACE FUNCTION post_ledger_entries(entries jsonb, posted timestamptz)
RETURNS TABLE (entry_key text, outcome text) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  head ledger_head;
  bodies jsonb[];
  keys text[];
  contents bytea[];
  -- Of each entry: the place of the first one with its key in this call, and what the ledger has under it.
  firsts bigint[];
  stored bytea[];
  numbers bigint[];
  previous bytea[];
  hashes bytea[];
  known bytea;
BEGIN
  -- Entries of one transaction wait for those of the one before: the chain has one end.
  SELECT * INTO STRICT head FROM ledger_head FOR UPDATE;
  SELECT array_agg(entry ORDER BY place), array_agg(given.key ORDER BY place), array_agg(given.content ORDER BY place),
    array_agg(given.first ORDER BY place), array_agg(l.content_hash ORDER BY place)
  INTO bodies, keys, contents, firsts, stored
  FROM (
    SELECT entry, place, entry ->> 'key' AS key, min(place) OVER (PARTITION BY entry ->> 'key') AS first, (
      SELECT sha256(convert_to(
        ledger_netstring(entry ->> 'key') || ledger_netstring(entry ->> 'kind') || ledger_netstring(entry ->> 'occurredAt') ||
        string_agg(ledger_netstring(line ->> 'account') || ledger_netstring(line ->> 'currency') ||
          ledger_netstring(line ->> 'amountPaise') || ledger_netstring(line ->> 'party'), '' ORDER BY at), 'UTF8'))
      FROM jsonb_array_elements(entry -> 'postings') WITH ORDINALITY AS postings (line, at)) AS content
    FROM jsonb_array_elements(entries) WITH ORDINALITY AS e (entry, place)
  ) AS given LEFT JOIN ledger_entries l ON l.key = given.key;
  -- Null, and not absent, where nothing is posted: the arrays are read side by side.
  numbers := array_fill(NULL::bigint, ARRAY[coalesce(array_length(keys, 1), 0)]);
  previous := array_fill(NULL::bytea, ARRAY[coalesce(array_length(keys, 1), 0)]);
  hashes := previous;
  FOR i IN 1 .. coalesce(array_length(keys, 1), 0) LOOP
    entry_key := keys[i];
    IF contents[i] IS NULL THEN
      RAISE EXCEPTION 'the ledger entry % has no postings', entry_key;
    END IF;
    known := coalesce(stored[i], CASE WHEN firsts[i] < i THEN contents[firsts[i]] END);
    IF known IS NULL THEN
      previous[i] := head.hash;
      head.number := head.number + 1;
      head.hash := sha256(head.hash || int8send(head.number) || contents[i]);
      numbers[i] := head.number;
      hashes[i] := head.hash;
      outcome := 'posted';
    ELSE
      outcome := CASE WHEN known = contents[i] THEN 'same' ELSE 'conflict' END;
    END IF;
    RETURN NEXT;
  END LOOP;
  INSERT INTO ledger_entries (number, key, kind, occurred_at, posted_at, content_hash, previous_hash, hash)
  SELECT n, k, body ->> 'kind', to_timestamp((body ->> 'occurredAt')::bigint / 1000.0), posted, content, p, h
  FROM unnest(bodies, keys, contents, numbers, previous, hashes) AS e (body, k, content, n, p, h) WHERE n IS NOT NULL;
  INSERT INTO ledger_postings (entry_number, line, account, currency, amount_paise, party)
  SELECT n, at, line ->> 'account', line ->> 'currency', (line ->> 'amountPaise')::bigint, line ->> 'party'
  FROM unnest(bodies, numbers) AS e (body, n),
    LATERAL jsonb_array_elements(body -> 'postings') WITH ORDINALITY AS postings (line, at) WHERE n IS NOT NULL;
  UPDATE ledger_head SET number = head.number, hash = head.hash;
END $$;
