-- Every revenue forecast made before the as-of instant, beside the seasonal naive one and, once its span was over, what came.
SELECT
  *,
  mean_paise - actual_paise AS error_paise,
  mean_paise / nullif(actual_paise, 0) - 1 AS relative_error,
  actual_paise BETWEEN low80_paise AND high80_paise AS within80,
  actual_paise BETWEEN low95_paise AND high95_paise AS within95
FROM known.forecasts
ORDER BY as_of_on, currency, level, member, span, from_on
