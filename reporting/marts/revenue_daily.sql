-- Captured revenue by IST day of the payment, currency, counterparty, category and method: what revenue forecasts read.
SELECT
  day,
  currency,
  coalesce(counterparty_id, 'unknown') AS counterparty_id,
  coalesce(category, 'unknown') AS category,
  coalesce(method, 'unknown') AS method,
  count(*) AS captured,
  sum(amount_paise)::BIGINT AS captured_amount_paise
FROM warehouse.payments
WHERE status = 'captured'
GROUP BY ALL
ORDER BY day, currency, counterparty_id, category, method
