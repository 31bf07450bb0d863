-- What an answer depended on besides request, rules, lists and model: recorded, so that a replay needs no guess. All of it is
-- null in decisions of earlier versions.

-- Policies in the order of their first use: costs by currency, exploration, block cap. A decision names the hash.
CREATE TABLE policies (
  policy_hash   text PRIMARY KEY,
  policy        json NOT NULL,
  first_used_at timestamptz NOT NULL
);

ALTER TABLE decisions
  ADD COLUMN policy_hash   text,
  -- How the gate stood: model too slow, block cap open, original blocked.
  ADD COLUMN circumstances json,
  -- Of the action that was taken, given everything else; null without a model's probability.
  ADD COLUMN propensity    double precision CHECK (propensity > 0 AND propensity <= 1),
  -- First attempt of the chain that a retry or a dunning step belongs to.
  ADD COLUMN retry_of      text;

-- Whether any step of a chain was blocked, asked for every retry; few decisions are in it.
CREATE INDEX decisions_blocked_chain ON decisions (retry_of) WHERE action = 'block' AND retry_of IS NOT NULL;
