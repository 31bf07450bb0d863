-- Renewals and ends of subscriptions by IST month and plan: how many stayed, left or lapsed, and the amount that went with them.
SELECT
  date_trunc('month', ist_day(occurred_at))::DATE AS month,
  plan_id,
  currency,
  count(*) FILTER (event = 'renewed') AS renewed,
  count(*) FILTER (event = 'cancelled') AS cancelled,
  count(*) FILTER (event = 'lapsed') AS lapsed,
  count(*) FILTER (event IN ('cancelled', 'lapsed')) / count(*) AS churn_share,
  coalesce(sum(amount_paise) FILTER (event IN ('cancelled', 'lapsed')), 0)::BIGINT AS ended_amount_paise
FROM known.subscription_events
WHERE event IN ('renewed', 'cancelled', 'lapsed')
GROUP BY ALL
ORDER BY month, plan_id, currency
