-- Failed payments by IST day, failure reason, method and currency.
SELECT
  day,
  coalesce(failure_reason, 'unknown') AS failure_reason,
  coalesce(method, 'unknown') AS method,
  currency,
  count(*) AS failed,
  sum(amount_paise)::BIGINT AS failed_amount_paise
FROM warehouse.payments
WHERE status = 'failed'
GROUP BY ALL
ORDER BY day, failed DESC, failure_reason, method
