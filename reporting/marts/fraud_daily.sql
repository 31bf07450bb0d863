-- Labelled frauds and their amounts by IST day and currency: once by the day they were paid, once by the day we knew.
WITH paid AS (
  SELECT
    day,
    currency,
    count(*) FILTER (fraud IS NOT NULL) AS labelled_paid,
    count(*) FILTER (fraud) AS frauds_paid,
    coalesce(sum(amount_paise) FILTER (fraud), 0)::BIGINT AS frauds_paid_amount_paise
  FROM warehouse.payments
  WHERE fraud IS NOT NULL
  GROUP BY day, currency
),
learned AS (
  SELECT
    ist_day(fraud_known_at) AS day,
    currency,
    count(*) AS frauds_known,
    sum(amount_paise)::BIGINT AS frauds_known_amount_paise
  FROM warehouse.payments
  WHERE fraud
  GROUP BY ALL
)
SELECT
  day,
  currency,
  coalesce(labelled_paid, 0) AS labelled_paid,
  coalesce(frauds_paid, 0) AS frauds_paid,
  coalesce(frauds_paid_amount_paise, 0) AS frauds_paid_amount_paise,
  coalesce(frauds_known, 0) AS frauds_known,
  coalesce(frauds_known_amount_paise, 0) AS frauds_known_amount_paise
FROM paid
FULL JOIN learned USING (day, currency)
ORDER BY day, currency
