-- What people decide: on payments that were put before them, and, two of them, on the model in production.

-- One case for a decision that a person must look at. Opened by the statement that writes the decision; the row holds the
-- state of today, case_events how it came about.
CREATE TABLE cases (
  -- Order of opening: the queue's.
  case_number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- The decision's id with a prefix of its own: a decision has at most one case.
  case_id     text PRIMARY KEY,
  decision_id text NOT NULL,
  payment_id  text NOT NULL,
  opened_at   timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL,
  status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'assigned', 'closed')),
  assignee    text,
  verdict     text CHECK (verdict IN ('fraud', 'good')),
  -- The outcome report that carries the verdict to the fold and to training; null in a closed case until it is durable.
  report_id   text,
  CHECK ((status = 'closed') = (verdict IS NOT NULL)),
  CHECK (status = 'open' OR assignee IS NOT NULL),
  CHECK (status = 'closed' OR report_id IS NULL)
);

CREATE INDEX cases_status ON cases (status, case_number);
CREATE INDEX cases_unreported ON cases (case_number) WHERE status = 'closed' AND report_id IS NULL;

CREATE TABLE case_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_id  text NOT NULL REFERENCES cases,
  event    text NOT NULL CHECK (event IN ('open', 'assign', 'note', 'close', 'reopen')),
  actor    text NOT NULL CHECK (actor <> ''),
  assignee text,
  verdict  text,
  note     text,
  at       timestamptz NOT NULL
);

CREATE INDEX case_events_case ON case_events (case_id, event_id);

CREATE FUNCTION refuse_case_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of cases is append-only';
END $$;

CREATE TRIGGER case_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_case_history_change();

-- A reviewer reads what the payer paid before.
CREATE INDEX decisions_payer ON decisions ((request ->> 'payerId'), sequence);

-- A proposal changes nothing by itself; `approve` is a second person's, `force` one person's alone, `promote` the policy's.
ALTER TABLE model_promotions DROP CONSTRAINT model_promotions_kind_check;
ALTER TABLE model_promotions ADD CONSTRAINT model_promotions_kind_check
  CHECK (kind IN ('propose', 'approve', 'force', 'promote', 'rollback'));
