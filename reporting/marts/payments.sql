-- One row for each payment: its latest known status, its fraud label so far (null: no label yet) and its IST calendar day.
-- A payment that two sources reported counts once: the first report stands.
WITH first_reports AS (
  SELECT * FROM known.payments
  QUALIFY row_number() OVER (PARTITION BY payment_id ORDER BY known_at, sequence) = 1
),
latest_outcomes AS (
  SELECT payment_id, status, failure_reason, known_at, sequence FROM known.outcomes
  QUALIFY row_number() OVER (PARTITION BY payment_id ORDER BY known_at DESC, sequence DESC) = 1
),
labels AS (
  SELECT
    payment_id,
    arg_max(fraud, (known_at, sequence)) AS fraud,
    min(known_at) FILTER (fraud) AS fraud_known_at,
    min(known_at) AS label_known_at
  FROM known.labels
  GROUP BY payment_id
),
judged AS (
  SELECT
    p.* EXCLUDE (status, failure_reason),
    o.payment_id IS NOT NULL
    AND (
      p.status = 'attempted'
      OR o.known_at > p.known_at
      OR (o.known_at = p.known_at AND o.sequence >= p.sequence)
    ) AS superseded,
    CASE WHEN superseded THEN o.status ELSE p.status END AS status,
    CASE WHEN superseded THEN o.failure_reason ELSE p.failure_reason END AS failure_reason,
    CASE WHEN superseded THEN o.known_at ELSE p.known_at END AS status_known_at
  FROM first_reports AS p
  LEFT JOIN latest_outcomes AS o USING (payment_id)
)
SELECT
  payment_id,
  kind,
  retry_of,
  payer_id,
  counterparty_id,
  method,
  category,
  country,
  amount_paise,
  currency,
  status,
  CASE WHEN status = 'failed' THEN failure_reason END AS failure_reason,
  status_known_at,
  fraud,
  CASE WHEN fraud THEN fraud_known_at END AS fraud_known_at,
  label_known_at,
  occurred_at,
  ist_day(occurred_at) AS day
FROM judged
LEFT JOIN labels USING (payment_id)
