-- Attempts, results and revenue by IST day, payment method and currency.
SELECT
  day,
  coalesce(method, 'unknown') AS method,
  currency,
  count(*) AS attempts,
  count(*) FILTER (status = 'captured') AS captured,
  count(*) FILTER (status = 'failed') AS failed,
  coalesce(sum(amount_paise) FILTER (status = 'captured'), 0)::BIGINT AS captured_amount_paise
FROM warehouse.payments
GROUP BY ALL
ORDER BY day, method, currency
