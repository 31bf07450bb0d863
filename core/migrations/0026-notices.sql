-- What is to be said, to payers (notices) and to other programs (events): written down in the transaction of what it is about, sent by
-- a job afterwards. Where payers are reached is kept apart (contacts), so that it can be corrected and erased; a notice names the
-- payer and never an address. Nothing here is read by features or models.

CREATE TABLE contacts (
  payer_id   text PRIMARY KEY,
  email      text,
  -- With the country's number: +91…
  phone      text,
  -- BCP 47, for instance hi or en-IN. Null: the default.
  language   text,
  -- Who said so: the merchant's own system, or the gateway's customer.
  origin     text NOT NULL CHECK (origin IN ('api', 'gateway')),
  changed_at timestamptz NOT NULL,
  -- The payer asked to be forgotten: the gateway is not asked again.
  erased_at  timestamptz,
  CHECK (erased_at IS NULL OR (email IS NULL AND phone IS NULL))
);

-- Topics that are not owed to a payer and that this payer does not want.
CREATE TABLE unsubscribes (
  payer_id   text NOT NULL,
  topic      text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (payer_id, topic)
);

CREATE TABLE notices (
  notice_id  text PRIMARY KEY,
  -- Of the caller: one notice for each, for ever.
  key        text NOT NULL UNIQUE,
  payer_id   text NOT NULL,
  channel    text NOT NULL CHECK (channel IN ('email', 'sms', 'webhook')),
  topic      text NOT NULL,
  template   text NOT NULL,
  -- BCP 47; null: the payer's.
  language   text,
  -- Of the template; emptied when the payer is erased.
  values     jsonb NOT NULL,
  -- 'sending' is written before the call and outlives a crash: the outcome is then unknown, and the repeat has the same message id.
  status     text NOT NULL CHECK (status IN ('waiting', 'sending', 'sent', 'dead', 'dropped')),
  -- Not before this instant; after a failure, when it is tried again; while sending, when the claim lapses.
  due_at     timestamptz NOT NULL,
  tries      integer NOT NULL DEFAULT 0,
  sent_at    timestamptz,
  -- Why it failed last, or was dropped; without addresses.
  reason     text,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  CHECK ((status = 'sent') = (sent_at IS NOT NULL))
);

CREATE INDEX notices_due ON notices (due_at, notice_id) WHERE status IN ('waiting', 'sending');
CREATE INDEX notices_payer ON notices (payer_id, notice_id);
CREATE INDEX notices_dead ON notices (changed_at) WHERE status = 'dead';

-- A merchant's own words instead of those that come with the program.
CREATE TABLE notice_templates (
  template   text NOT NULL,
  language   text NOT NULL,
  subject    text NOT NULL,
  -- For messages of one line (SMS).
  short      text NOT NULL,
  text       text NOT NULL,
  -- Null: made of the text.
  html       text,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (template, language)
);

-- Other programs that want to know, and the secrets that sign what they are told.
CREATE TABLE event_endpoints (
  endpoint_id     text PRIMARY KEY,
  url             text NOT NULL,
  -- Exact topics, or a family: payment.*
  topics          text[] NOT NULL CHECK (cardinality(topics) > 0),
  secret          text NOT NULL,
  -- Signs too until then, so that a rotation loses nothing.
  former_secret   text,
  former_until    timestamptz,
  status          text NOT NULL CHECK (status IN ('active', 'disabled')),
  -- Failures since the last success, and until when it is left alone because of them.
  failures        integer NOT NULL DEFAULT 0,
  resting_until   timestamptz,
  created_at      timestamptz NOT NULL,
  changed_at      timestamptz NOT NULL
);

CREATE TABLE events (
  -- In the order of their making; numbers may be missing.
  sequence    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id    text NOT NULL UNIQUE,
  key         text NOT NULL UNIQUE,
  topic       text NOT NULL,
  payload     jsonb NOT NULL,
  occurred_at timestamptz NOT NULL
);

CREATE TABLE event_deliveries (
  endpoint_id text NOT NULL REFERENCES event_endpoints,
  sequence    bigint NOT NULL REFERENCES events,
  status      text NOT NULL CHECK (status IN ('waiting', 'delivered', 'dead')),
  -- When it is tried next; while it is under way, when the claim lapses.
  due_at      timestamptz NOT NULL,
  tries       integer NOT NULL DEFAULT 0,
  -- From when the day counts after which it is given up.
  since_at    timestamptz NOT NULL,
  -- What the endpoint answered last, or why there was no answer.
  http_status integer,
  reason      text,
  delivered_at timestamptz,
  PRIMARY KEY (endpoint_id, sequence),
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);

CREATE INDEX event_deliveries_due ON event_deliveries (due_at, sequence) WHERE status = 'waiting';
CREATE INDEX event_deliveries_dead ON event_deliveries (sequence) WHERE status = 'dead';
