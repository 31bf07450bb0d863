-- One row for each payment whose first attempt failed: how often it was tried again, and whether a later attempt was captured.
WITH ranked AS (
  SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY occurred_at, attempt_id) AS place
  FROM warehouse.attempts
  SEMI JOIN (SELECT order_id FROM warehouse.attempts WHERE status = 'failed') USING (order_id)
),
firsts AS (
  SELECT order_id, method, failure_reason, amount_paise, currency, occurred_at, day
  FROM ranked
  WHERE place = 1 AND status = 'failed'
)
SELECT
  f.*,
  count(r.attempt_id) AS retries,
  coalesce(bool_or(r.status = 'captured'), false) AS recovered,
  min(r.occurred_at) FILTER (r.status = 'captured') AS recovered_at,
  coalesce(max(r.amount_paise) FILTER (r.status = 'captured'), 0)::BIGINT AS recovered_amount_paise
FROM firsts AS f
LEFT JOIN ranked AS r ON r.order_id = f.order_id AND r.place > 1
GROUP BY ALL
