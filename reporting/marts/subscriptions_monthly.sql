-- Subscription events by IST month, and the subscriptions active at its end (at the as-of instant in the open month).
WITH steps AS (
  SELECT
    date_trunc('month', ist_day(occurred_at))::DATE AS month,
    currency,
    event,
    event NOT IN ('paused', 'cancelled', 'lapsed') AS active,
    amount_paise,
    coalesce(lag(event NOT IN ('paused', 'cancelled', 'lapsed')) OVER history, false) AS was_active,
    coalesce(lag(amount_paise) OVER history, 0) AS was_amount_paise
  FROM known.subscription_events
  WINDOW history AS (PARTITION BY subscription_id, currency ORDER BY occurred_at, known_at, sequence)
),
months AS (
  SELECT
    month,
    currency,
    count(*) FILTER (event = 'started') AS started,
    count(*) FILTER (event = 'renewed') AS renewed,
    count(*) FILTER (event = 'paused') AS paused,
    count(*) FILTER (event = 'resumed') AS resumed,
    count(*) FILTER (event = 'cancelled') AS cancelled,
    count(*) FILTER (event = 'lapsed') AS lapsed,
    sum(active::INTEGER - was_active::INTEGER) AS active_change,
    sum(
      CASE WHEN active THEN amount_paise ELSE 0 END - CASE WHEN was_active THEN was_amount_paise ELSE 0 END
    ) AS active_amount_change
  FROM steps
  GROUP BY month, currency
),
calendar AS (
  SELECT currency, unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH))::DATE AS month
  FROM months
  GROUP BY currency
)
SELECT
  month,
  currency,
  coalesce(started, 0) AS started,
  coalesce(renewed, 0) AS renewed,
  coalesce(paused, 0) AS paused,
  coalesce(resumed, 0) AS resumed,
  coalesce(cancelled, 0) AS cancelled,
  coalesce(lapsed, 0) AS lapsed,
  sum(coalesce(active_change, 0)) OVER so_far::BIGINT AS active_at_end,
  sum(coalesce(active_amount_change, 0)) OVER so_far::BIGINT AS active_amount_paise
FROM calendar
LEFT JOIN months USING (month, currency)
WINDOW so_far AS (PARTITION BY currency ORDER BY month)
ORDER BY month, currency
