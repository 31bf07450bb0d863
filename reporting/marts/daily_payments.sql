-- Attempts, revenue (captured), refunds and net by IST day and currency; refunds count on the day they were made.
WITH paid AS (
  SELECT
    day,
    currency,
    count(*) AS attempts,
    count(*) FILTER (status = 'captured') AS captured,
    count(*) FILTER (status = 'failed') AS failed,
    coalesce(sum(amount_paise) FILTER (status = 'captured'), 0)::BIGINT AS captured_amount_paise,
    count(DISTINCT payer_id) FILTER (status = 'captured') AS payers
  FROM warehouse.payments
  GROUP BY day, currency
),
refunded AS (
  SELECT day, currency, count(*) AS refunds, sum(amount_paise)::BIGINT AS refunds_amount_paise
  FROM warehouse.refunds
  GROUP BY day, currency
)
SELECT
  day,
  currency,
  coalesce(attempts, 0) AS attempts,
  coalesce(captured, 0) AS captured,
  coalesce(failed, 0) AS failed,
  coalesce(captured_amount_paise, 0) AS captured_amount_paise,
  coalesce(refunds, 0) AS refunds,
  coalesce(refunds_amount_paise, 0) AS refunds_amount_paise,
  coalesce(captured_amount_paise, 0) - coalesce(refunds_amount_paise, 0) AS net_amount_paise,
  coalesce(payers, 0) AS payers
FROM paid
FULL JOIN refunded USING (day, currency)
ORDER BY day, currency
