-- Rules and lists as data. Everything here is only ever added to: what was in effect at any instant, and who changed it, can
-- always be told. Changes are numbered under one lock (scoring/changes.ts), so numbers become visible in their order and a
-- number names a state: a decision that records it can be replayed with exactly the rules and lists that it saw.

CREATE TABLE rule_versions (
  rule_id     text NOT NULL CHECK (rule_id ~ '^[a-z][a-z0-9-]{1,62}$'),
  version     integer NOT NULL CHECK (version > 0),
  owner       text NOT NULL,
  action      text NOT NULL CHECK (action IN ('challenge', 'review', 'block')),
  reason_text text NOT NULL,
  condition   text NOT NULL,
  -- Only a block can be beyond the reach of an allow list.
  overridable boolean NOT NULL CHECK (overridable OR action = 'block'),
  valid_from  timestamptz,
  valid_until timestamptz CHECK (valid_until > valid_from),
  actor       text NOT NULL CHECK (actor <> ''),
  note        text NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (rule_id, version)
);

-- The newest row of a version is its mode; a version without a row is a draft.
CREATE TABLE rule_modes (
  change_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule_id       text NOT NULL,
  version       integer NOT NULL,
  mode          text NOT NULL CHECK (mode IN ('shadow', 'live', 'retired')),
  actor         text NOT NULL CHECK (actor <> ''),
  reason        text NOT NULL CHECK (reason <> ''),
  at            timestamptz NOT NULL,
  -- Of all rules in effect after this change.
  rule_set_hash text NOT NULL,
  FOREIGN KEY (rule_id, version) REFERENCES rule_versions
);

CREATE INDEX rule_modes_rule ON rule_modes (rule_id, version, change_id);
CREATE INDEX rule_modes_hash ON rule_modes (rule_set_hash);

CREATE TABLE list_changes (
  change_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change      text NOT NULL CHECK (change IN ('add', 'remove')),
  kind        text NOT NULL CHECK (kind IN ('block', 'allow')),
  subject     text NOT NULL CHECK (subject IN ('payer', 'instrument', 'device', 'ip', 'emailDomain', 'bin', 'country')),
  value       text NOT NULL CHECK (value <> ''),
  overridable boolean NOT NULL,
  expires_at  timestamptz,
  reason      text NOT NULL CHECK (reason <> ''),
  actor       text NOT NULL CHECK (actor <> ''),
  at          timestamptz NOT NULL,
  -- Whoever is let through is let through for a time.
  CHECK (change = 'remove' OR kind = 'block' OR expires_at IS NOT NULL)
);

CREATE INDEX list_changes_value ON list_changes (subject, value, change_id);

-- What a rule would have done to the past. Results are added to a run and then stay.
CREATE TABLE rule_dry_runs (
  dry_run_id  text PRIMARY KEY,
  rule_id     text NOT NULL,
  version     integer NOT NULL,
  from_at     timestamptz NOT NULL,
  until_at    timestamptz NOT NULL,
  actor       text NOT NULL CHECK (actor <> ''),
  asked_at    timestamptz NOT NULL,
  done        bigint NOT NULL DEFAULT 0,
  total       bigint NOT NULL DEFAULT 0,
  finished_at timestamptz,
  failure     text,
  result      json,
  FOREIGN KEY (rule_id, version) REFERENCES rule_versions
);

CREATE INDEX rule_dry_runs_rule ON rule_dry_runs (rule_id, version);

-- Answers of repeated requests.
CREATE TABLE change_requests (
  idempotency_key text PRIMARY KEY,
  body_hash       text NOT NULL,
  answer          json NOT NULL,
  at              timestamptz NOT NULL
);

CREATE FUNCTION refuse_rule_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the history of rules and lists is append-only';
END $$;

CREATE TRIGGER rule_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rule_history_change();
CREATE TRIGGER rule_modes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_modes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rule_history_change();
CREATE TRIGGER list_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON list_changes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rule_history_change();

-- What decided, and by which rules and lists. Null in decisions of earlier versions.
ALTER TABLE decisions
  ADD COLUMN decided_by    text,
  ADD COLUMN rule_set_hash text,
  ADD COLUMN list_version  bigint,
  -- Rules that held (live), rules that would have (shadow), list entries that were met.
  ADD COLUMN findings      json,
  -- What lists and rules saw besides the payment: e-mail domain, BIN, country of the address.
  ADD COLUMN signals       json;
