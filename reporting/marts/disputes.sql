-- One row for each dispute: its latest known status, on the IST day on which it was first known.
SELECT
  dispute_id,
  arg_min(payment_id, (known_at, sequence)) AS payment_id,
  arg_max(status, (known_at, sequence)) AS status,
  arg_max(reason, (known_at, sequence)) AS reason,
  arg_max(amount_paise, (known_at, sequence))::BIGINT AS amount_paise,
  arg_min(currency, (known_at, sequence)) AS currency,
  min(occurred_at) AS opened_at,
  ist_day(min(occurred_at)) AS day
FROM known.disputes
GROUP BY dispute_id
