-- What the gateway tells of payments that did not pass the gate reaches the fold of the running server through the live log: its
-- place in the order of facts is when the fold saw it. A fact is fed once, and the lake gets it from the log.

ALTER TABLE fact_queue ADD COLUMN is_fed boolean NOT NULL DEFAULT false;

CREATE INDEX fact_queue_to_feed ON fact_queue (number) WHERE is_fed AND body IS NOT NULL;

CREATE TABLE fed_facts (
  sequence bigint PRIMARY KEY,
  -- Of fact_queue.
  key      text NOT NULL UNIQUE,
  known_at timestamptz NOT NULL
);
