-- Frauds that the probabilities announced beside those that came, by ISO week (Monday, IST), band of probability and source.
-- Payments let through without a challenge, since the others never show what they would have become, and all that a backtest
-- scored. Labels that are not known count as good: weeks that are not mature promise more frauds than they show.
WITH scored AS (
  SELECT
    payment_id,
    arg_min(fraud_probability, decided_at) AS fraud_probability,
    date_trunc('week', ist_day(min(decided_at)))::DATE AS week,
    bool_and(action IS NULL) AS backtested
  FROM known.decisions
  WHERE fraud_probability IS NOT NULL
  GROUP BY payment_id
  HAVING bool_and(coalesce(action, 'allow') = 'allow')
),
bands AS (
  SELECT
    s.week,
    -- Lower end of the band: probabilities of fraud are small, so the bands widen.
    CASE
      WHEN s.fraud_probability < 0.001 THEN 0
      WHEN s.fraud_probability < 0.01 THEN 0.001
      WHEN s.fraud_probability < 0.05 THEN 0.01
      WHEN s.fraud_probability < 0.2 THEN 0.05
      WHEN s.fraud_probability < 0.5 THEN 0.2
      ELSE 0.5
    END::DOUBLE AS band,
    s.backtested,
    count(*) AS payments,
    sum(s.fraud_probability) AS expected,
    count(*) FILTER (p.fraud) AS frauds
  FROM scored AS s
  LEFT JOIN warehouse.payments AS p USING (payment_id)
  GROUP BY ALL
),
maturity AS (
  SELECT min(lag_days) AS maturity_days FROM warehouse.label_lag WHERE frauds_known_share >= 0.95
)
SELECT
  bands.*,
  coalesce(week + INTERVAL 7 DAY + to_days(maturity_days::INTEGER) <= ist_day(as_of()), false) AS mature
FROM bands
CROSS JOIN maturity
ORDER BY week, backtested, band
