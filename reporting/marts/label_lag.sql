-- How many days after the payment its label became known: the delay that makes recent weeks look better than they are.
WITH lags AS (
  SELECT
    date_diff('day', day, ist_day(CASE WHEN fraud THEN fraud_known_at ELSE label_known_at END)) AS lag_days,
    count(*) AS labels,
    count(*) FILTER (fraud) AS frauds
  FROM warehouse.payments
  WHERE fraud IS NOT NULL
  GROUP BY lag_days
)
SELECT
  lag_days,
  labels,
  frauds,
  sum(frauds) OVER (ORDER BY lag_days) / nullif(sum(frauds) OVER (), 0) AS frauds_known_share
FROM lags
ORDER BY lag_days
