-- What the gate's memory was made of when it decided, so that a replay builds exactly that again: the lake's batches up to
-- an ordinal, their facts known before an instant, then the live facts after a sequence and before the decision's own.
-- Null in decisions of earlier versions, whose vectors cannot be built again with certainty.
ALTER TABLE decisions
  ADD COLUMN history_batches  bigint,
  ADD COLUMN history_until    timestamptz,
  ADD COLUMN history_sequence bigint,
  ADD CONSTRAINT decisions_history CHECK (num_nulls(history_batches, history_until, history_sequence) IN (0, 3));
