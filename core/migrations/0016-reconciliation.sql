-- Reconciliation: what the gateway says it settled (rows), what the bank says arrived (credits), what of it the books were
-- adjusted by, and what a person has to look at. Differences are ours less theirs: positive when the gateway kept more.

-- How far each day of the Indian calendar has been read. A reading that broke off leaves `read_at` as it was.
CREATE TABLE settlement_days (
  settled_on    date PRIMARY KEY,
  begun_at      timestamptz NOT NULL,
  -- Of the first and the last whole reading.
  first_read_at timestamptz,
  read_at       timestamptz,
  row_count     bigint
);

CREATE TABLE settlement_rows (
  settlement_id    text NOT NULL,
  -- pay_, rfnd_, adj_, trf_…
  entity_id        text NOT NULL,
  type             text NOT NULL,
  settled_on       date NOT NULL,
  settled_at       timestamptz NOT NULL,
  debit_paise      bigint NOT NULL,
  credit_paise     bigint NOT NULL,
  amount_paise     bigint NOT NULL,
  currency         text NOT NULL,
  -- Including its tax.
  fee_paise        bigint NOT NULL,
  tax_paise        bigint NOT NULL,
  utr              text,
  payment_id       text,
  order_id         text,
  order_receipt    text,
  noted_payment_id text,
  dispute_id       text,
  created_at       timestamptz NOT NULL,
  first_seen_at    timestamptz NOT NULL,
  -- First seen after its day had been read as a whole.
  is_late          boolean NOT NULL,
  -- What comparing it with the books came to.
  outcome          text NOT NULL DEFAULT 'new' CHECK (outcome IN ('new', 'matched', 'adjusted', 'exception')),
  reason           text,
  identified_by    text,
  difference_paise bigint NOT NULL DEFAULT 0,
  -- Refunds and disputes that were taken out of this payment and get no row of their own.
  netted           text[],
  PRIMARY KEY (settlement_id, entity_id)
) WITH (fillfactor = 80);

CREATE INDEX settlement_rows_day ON settlement_rows (settled_on, settlement_id, entity_id);
CREATE INDEX settlement_rows_entity ON settlement_rows (entity_id);
CREATE INDEX settlement_rows_refund ON settlement_rows (payment_id) WHERE type = 'refund';
CREATE INDEX settlement_rows_dispute ON settlement_rows (dispute_id) WHERE dispute_id IS NOT NULL;
CREATE INDEX settlements_utr ON settlements (lower(utr));

CREATE TABLE bank_credits (
  -- The bank's reference, or a hash of the line.
  credit_id    text PRIMARY KEY,
  credited_on  date NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  currency     text NOT NULL,
  utr          text,
  narration    text NOT NULL,
  -- In lower case, of the settlement that it pays; null until found.
  matched_utr  text,
  matched_by   text,
  -- Named by a person.
  linked_to    text,
  imported_at  timestamptz NOT NULL
);

CREATE INDEX bank_credits_matched ON bank_credits (matched_utr);
CREATE INDEX bank_credits_day ON bank_credits (credited_on);

-- One part of the explanation of one subject's difference, posted to the ledger; taken back by a reversing entry.
CREATE TABLE recon_adjustments (
  adjustment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject       text NOT NULL,
  part          text NOT NULL,
  version       integer NOT NULL,
  kind          text NOT NULL,
  -- By the names of the template; decimal text.
  amounts       jsonb NOT NULL,
  currency      text NOT NULL,
  party         text NOT NULL,
  occurred_at   timestamptz NOT NULL,
  entry_key     text NOT NULL UNIQUE,
  posted_at     timestamptz NOT NULL,
  reversed_at   timestamptz,
  UNIQUE (subject, part, version)
);

CREATE UNIQUE INDEX recon_adjustments_standing ON recon_adjustments (subject, part) WHERE reversed_at IS NULL;

CREATE TABLE recon_exceptions (
  exception_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject          text NOT NULL UNIQUE,
  reason           text NOT NULL,
  difference_paise bigint NOT NULL,
  stake_paise      bigint NOT NULL,
  currency         text NOT NULL,
  -- Ours, where the identifiers lead to one.
  payment_id       text,
  happened_on      date NOT NULL,
  occurred_at      timestamptz NOT NULL,
  status           text NOT NULL CHECK (status IN ('open', 'accepted', 'linked', 'cleared')),
  -- A person reversed its adjustment: not adjusted again by itself.
  is_held          boolean NOT NULL DEFAULT false,
  linked_to        text,
  actor            text,
  note             text,
  opened_at        timestamptz NOT NULL,
  changed_at       timestamptz NOT NULL
);

CREATE INDEX recon_exceptions_open ON recon_exceptions (stake_paise DESC, exception_id) WHERE status = 'open';

-- Who did what to an exception, for ever.
CREATE TABLE recon_actions (
  action_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exception_id bigint NOT NULL REFERENCES recon_exceptions,
  action       text NOT NULL,
  actor        text NOT NULL,
  note         text NOT NULL,
  linked_to    text,
  acted_at     timestamptz NOT NULL
);
