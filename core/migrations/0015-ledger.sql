-- The ledger: balanced double entry in minor units, append-only, hash-chained. Debits are positive, credits negative.
-- Balances are written by the trigger that adds postings, so no path to the table can make them differ.

CREATE TABLE ledger_accounts (
  account text PRIMARY KEY,
  kind    text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense')),
  meaning text NOT NULL
);

INSERT INTO ledger_accounts (account, kind, meaning) VALUES
  ('receivable',            'asset',     'invoiced and not yet paid'),
  ('advances',              'liability', 'received and not yet set against an invoice'),
  ('gateway-clearing',      'asset',     'captured by the gateway and not yet settled to us'),
  ('settlement-in-transit', 'asset',     'settled by the gateway and not yet seen on the bank statement'),
  ('bank',                  'asset',     'seen on the bank statement'),
  ('gateway-fees',          'expense',   'what the gateway keeps, without tax'),
  ('gst-on-fees',           'asset',     'GST on those fees: input tax credit'),
  ('refunds',               'expense',   'given back to payers'),
  ('disputes',              'expense',   'taken back by payers through their banks'),
  ('revenue',               'income',    'invoiced, without tax'),
  ('gst-payable',           'liability', 'GST on what was invoiced'),
  ('round-off',             'expense',   'paise that rounding leaves over'),
  ('suspense',              'asset',     'differences that nobody has explained yet');

CREATE TABLE ledger_entries (
  -- Without gaps, from 1.
  number        bigint PRIMARY KEY,
  -- The business event that it records; the same event is recorded once.
  key           text NOT NULL UNIQUE,
  kind          text NOT NULL,
  occurred_at   timestamptz NOT NULL,
  posted_at     timestamptz NOT NULL,
  content_hash  bytea NOT NULL,
  previous_hash bytea NOT NULL,
  hash          bytea NOT NULL
);

CREATE TABLE ledger_postings (
  entry_number bigint NOT NULL REFERENCES ledger_entries,
  line         integer NOT NULL,
  account      text NOT NULL REFERENCES ledger_accounts,
  currency     text NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise <> 0),
  -- Whose, for accounts that are kept for each payer; empty otherwise.
  party        text NOT NULL DEFAULT '',
  PRIMARY KEY (entry_number, line)
);

CREATE INDEX ledger_postings_party ON ledger_postings (account, party) WHERE party <> '';

CREATE TABLE ledger_balances (
  account       text NOT NULL REFERENCES ledger_accounts,
  currency      text NOT NULL,
  balance_paise bigint NOT NULL,
  PRIMARY KEY (account, currency)
);

-- The end of the chain: whoever appends holds this row until the transaction ends.
CREATE TABLE ledger_head (
  is_end boolean PRIMARY KEY DEFAULT true CHECK (is_end),
  number bigint NOT NULL,
  hash   bytea NOT NULL
);
INSERT INTO ledger_head (number, hash) VALUES (0, sha256('hasivu ledger'));

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: post a reversing entry instead';
END $$;

CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

-- An entry's postings come in one statement, whole and balanced, or not at all.
CREATE FUNCTION balance_ledger_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM ledger_postings WHERE entry_number IN (SELECT entry_number FROM added)
    GROUP BY entry_number, currency HAVING sum(amount_paise) <> 0
  ) THEN
    RAISE EXCEPTION 'a ledger entry does not sum to zero';
  END IF;
  INSERT INTO ledger_balances AS kept (account, currency, balance_paise)
  SELECT account, currency, sum(amount_paise) FROM added GROUP BY account, currency ORDER BY account, currency
  ON CONFLICT (account, currency) DO UPDATE SET balance_paise = kept.balance_paise + excluded.balance_paise;
  RETURN NULL;
END $$;

CREATE TRIGGER ledger_postings_balanced AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION balance_ledger_postings();

-- Length and text: no text can be mistaken for another's parts.
CREATE FUNCTION ledger_netstring(content text) RETURNS text IMMUTABLE STRICT LANGUAGE sql
  RETURN octet_length(content) || ':' || content || ',';

-- Appends entries in the given order, each a JSON object {key, kind, occurredAt (epoch ms), postings: [{account, currency,
-- amountPaise (text), party}]}. Says of each whether it is `posted` now, was there (`same`), or was there with another
-- content (`conflict`, nothing posted).
CREATE FUNCTION post_ledger_entries(entries jsonb, posted timestamptz)
RETURNS TABLE (entry_key text, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  entry jsonb;
  head ledger_head;
  content bytea;
  known bytea;
BEGIN
  -- Entries of one transaction wait for those of the one before: the chain has one end.
  SELECT * INTO STRICT head FROM ledger_head FOR UPDATE;
  FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
    entry_key := entry ->> 'key';
    SELECT sha256(convert_to(
      ledger_netstring(entry ->> 'key') || ledger_netstring(entry ->> 'kind') || ledger_netstring(entry ->> 'occurredAt') ||
      string_agg(ledger_netstring(line ->> 'account') || ledger_netstring(line ->> 'currency') ||
        ledger_netstring(line ->> 'amountPaise') || ledger_netstring(line ->> 'party'), '' ORDER BY place), 'UTF8'))
    INTO content FROM jsonb_array_elements(entry -> 'postings') WITH ORDINALITY AS postings (line, place);
    IF content IS NULL THEN
      RAISE EXCEPTION 'the ledger entry % has no postings', entry_key;
    END IF;
    SELECT content_hash INTO known FROM ledger_entries WHERE key = entry_key;
    IF FOUND THEN
      outcome := CASE WHEN known = content THEN 'same' ELSE 'conflict' END;
      RETURN NEXT;
      CONTINUE;
    END IF;
    INSERT INTO ledger_entries (number, key, kind, occurred_at, posted_at, content_hash, previous_hash, hash)
    VALUES (head.number + 1, entry_key, entry ->> 'kind', to_timestamp((entry ->> 'occurredAt')::bigint / 1000.0), posted,
      content, head.hash, sha256(head.hash || int8send(head.number + 1) || content))
    RETURNING number, hash INTO head.number, head.hash;
    INSERT INTO ledger_postings (entry_number, line, account, currency, amount_paise, party)
    SELECT head.number, place, line ->> 'account', line ->> 'currency', (line ->> 'amountPaise')::bigint, line ->> 'party'
    FROM jsonb_array_elements(entry -> 'postings') WITH ORDINALITY AS postings (line, place);
    outcome := 'posted';
    RETURN NEXT;
  END LOOP;
  UPDATE ledger_head SET number = head.number, hash = head.hash;
END $$;
