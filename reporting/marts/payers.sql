-- One row for each payer and currency: first and last captured payment (UTC), how many and how much.
SELECT
  payer_id,
  currency,
  min(occurred_at) AS first_paid_at,
  max(occurred_at) AS last_paid_at,
  count(*) AS captured,
  sum(amount_paise)::BIGINT AS captured_amount_paise
FROM warehouse.payments
WHERE status = 'captured'
GROUP BY payer_id, currency
ORDER BY payer_id, currency
