-- Attempts, revenue, refunds and labelled frauds by IST day, counterparty (school, vendor, terminal) and currency.
WITH paid AS (
  SELECT
    day,
    counterparty_id,
    currency,
    count(*) AS attempts,
    count(*) FILTER (status = 'captured') AS captured,
    count(*) FILTER (status = 'failed') AS failed,
    coalesce(sum(amount_paise) FILTER (status = 'captured'), 0)::BIGINT AS captured_amount_paise,
    count(*) FILTER (fraud) AS frauds
  FROM warehouse.payments
  WHERE counterparty_id IS NOT NULL
  GROUP BY day, counterparty_id, currency
),
refunded AS (
  SELECT day, counterparty_id, currency, sum(amount_paise)::BIGINT AS refunds_amount_paise
  FROM warehouse.refunds
  WHERE counterparty_id IS NOT NULL
  GROUP BY day, counterparty_id, currency
)
SELECT
  day,
  counterparty_id,
  currency,
  coalesce(attempts, 0) AS attempts,
  coalesce(captured, 0) AS captured,
  coalesce(failed, 0) AS failed,
  coalesce(captured_amount_paise, 0) AS captured_amount_paise,
  coalesce(refunds_amount_paise, 0) AS refunds_amount_paise,
  coalesce(frauds, 0) AS frauds
FROM paid
FULL JOIN refunded USING (day, counterparty_id, currency)
ORDER BY day, counterparty_id, currency
