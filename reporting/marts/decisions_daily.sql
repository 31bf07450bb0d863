-- The gate's decisions by IST day and action, with the fraud labels known so far of the payments decided on.
SELECT
  ist_day(d.decided_at) AS day,
  d.action,
  count(*) AS decisions,
  count(*) FILTER (p.fraud IS NOT NULL) AS labelled,
  count(*) FILTER (p.fraud) AS frauds,
  count(*) FILTER (p.fraud) / count(*) AS fraud_share
FROM known.decisions AS d
LEFT JOIN warehouse.payments AS p USING (payment_id)
WHERE d.action IS NOT NULL
GROUP BY ALL
ORDER BY day, action
