-- One row for each settlement of the gateway, in INR: its latest known status, on the IST day on which it was made.
SELECT
  settlement_id,
  arg_max(status, (known_at, sequence)) AS status,
  arg_max(amount_paise, (known_at, sequence))::BIGINT AS amount_paise,
  arg_max(fees_paise, (known_at, sequence))::BIGINT AS fees_paise,
  arg_max(tax_paise, (known_at, sequence))::BIGINT AS tax_paise,
  arg_max(utr, (known_at, sequence)) AS utr,
  min(occurred_at) AS settled_at,
  ist_day(min(occurred_at)) AS day
FROM known.settlements
GROUP BY settlement_id
