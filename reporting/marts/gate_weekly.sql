-- Precision and recall by ISO week (Monday, IST) of the decision, against the fraud labels known so far.
-- Flagged: the gate did not simply allow it or, where a backtest scored the payment without the gate, the model's
-- probability reached its threshold. Mature: the labels of that week had time to arrive.
WITH decided AS (
  SELECT
    payment_id,
    min(decided_at) AS decided_at,
    bool_and(action IS NULL) AS backtested,
    coalesce(
      bool_or(action <> 'allow' OR coalesce(fraud_probability >= flag_probability, false)) FILTER (action IS NOT NULL),
      bool_or(fraud_probability >= flag_probability),
      false
    ) AS flagged
  FROM known.decisions
  GROUP BY payment_id
),
weeks AS (
  SELECT
    date_trunc('week', ist_day(d.decided_at))::DATE AS week,
    count(*) AS decided,
    count(*) FILTER (d.backtested) AS backtested,
    count(*) FILTER (d.flagged) AS flagged,
    count(*) FILTER (p.fraud) AS frauds,
    count(*) FILTER (d.flagged AND p.fraud) AS frauds_flagged
  FROM decided AS d
  LEFT JOIN warehouse.payments AS p USING (payment_id)
  GROUP BY week
),
maturity AS (
  SELECT min(lag_days) AS maturity_days FROM warehouse.label_lag WHERE frauds_known_share >= 0.95
)
SELECT
  week,
  decided,
  backtested,
  flagged,
  frauds,
  frauds_flagged,
  frauds_flagged / nullif(flagged, 0) AS precision,
  frauds_flagged / nullif(frauds, 0) AS recall,
  coalesce(week + INTERVAL 7 DAY + to_days(maturity_days::INTEGER) <= ist_day(as_of()), false) AS mature
FROM weeks
CROSS JOIN maturity
ORDER BY week
