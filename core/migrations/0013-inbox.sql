-- The webhook inbox: every event that was verified, once, until it is applied. What is stored of a body is what was
-- signed; it is needed to apply the event again and to show what a provider said, and is emptied some weeks after.

CREATE TABLE webhook_events (
  -- Order of arrival.
  number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The provider's, the same on redelivery; a hash of the body when the provider sends none.
  event_id    text NOT NULL UNIQUE,
  -- The event id's header is not signed: the same signed bytes under another id are the same event.
  body_hash   bytea NOT NULL UNIQUE,
  event       text NOT NULL,
  -- When it happened, as the provider says; its arrival when it does not say.
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  -- Null once forgotten.
  body        text,
  status      text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'applied', 'unknown', 'parked')),
  tries       integer NOT NULL DEFAULT 0,
  -- Not tried again before.
  try_at      timestamptz NOT NULL,
  -- When it left `waiting`.
  settled_at  timestamptz,
  -- Why it was tried again or parked.
  reason      text,
  CHECK ((status = 'waiting') = (settled_at IS NULL)),
  CHECK (body IS NOT NULL OR status IN ('applied', 'unknown'))
);

CREATE INDEX webhook_events_waiting ON webhook_events (try_at, number) WHERE status = 'waiting';
CREATE INDEX webhook_events_shown ON webhook_events (status, number) WHERE status IN ('parked', 'unknown');
CREATE INDEX webhook_events_kept ON webhook_events (settled_at)
  WHERE body IS NOT NULL AND status IN ('applied', 'unknown');
