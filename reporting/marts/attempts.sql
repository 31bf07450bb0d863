-- One row for each attempt to pay: as the gateway last told it, or for payments of other sources the payment itself; IST day and hour.
-- A UPI mandate's registration ends in a failed payment of its own kind (`upi_dummy_payment`): nobody tried to pay.
WITH told AS (
  SELECT * FROM known.attempts
  QUALIFY row_number() OVER (PARTITION BY attempt_id ORDER BY known_at DESC, sequence DESC) = 1
),
every AS (
  SELECT
    attempt_id,
    payment_id,
    order_id,
    method,
    coalesce(bank, wallet) AS bank,
    amount_paise,
    currency,
    -- Authorised and never captured: the gateway gave the money back by itself.
    CASE
      WHEN is_captured THEN 'captured'
      WHEN status = 'failed' THEN 'failed'
      WHEN status = 'refunded' THEN 'lapsed'
      ELSE 'open'
    END AS status,
    failure_reason,
    fee_paise,
    tax_paise,
    occurred_at
  FROM told
  UNION ALL
  SELECT
    payment_id,
    payment_id,
    coalesce(retry_of, payment_id),
    method,
    NULL,
    amount_paise,
    currency,
    CASE WHEN status = 'attempted' THEN 'open' ELSE status END,
    failure_reason,
    NULL,
    NULL,
    occurred_at
  FROM warehouse.payments
  ANTI JOIN told USING (payment_id)
)
SELECT
  * REPLACE (CASE WHEN status = 'failed' THEN coalesce(failure_reason, 'unknown') END AS failure_reason),
  ist_day(occurred_at) AS day,
  hour(occurred_at + INTERVAL 330 MINUTE)::TINYINT AS hour
FROM every
WHERE status <> 'failed' OR failure_reason IS DISTINCT FROM 'upi_dummy_payment'
