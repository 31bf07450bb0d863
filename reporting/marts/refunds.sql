-- One row for each refund, with the payer and counterparty of its payment where the refund itself does not say.
WITH first_reports AS (
  SELECT * FROM known.refunds
  QUALIFY row_number() OVER (PARTITION BY refund_id ORDER BY known_at, sequence) = 1
)
SELECT
  r.refund_id,
  r.payment_id,
  coalesce(r.payer_id, p.payer_id) AS payer_id,
  coalesce(r.counterparty_id, p.counterparty_id) AS counterparty_id,
  r.amount_paise,
  r.currency,
  r.occurred_at,
  ist_day(r.occurred_at) AS day
FROM first_reports AS r
LEFT JOIN warehouse.payments AS p USING (payment_id)
