-- What each blended revenue forecast was made of: amounts still to come of a span by component, and both forecasts beside each other.
SELECT *
FROM known.forecast_components
ORDER BY as_of_on, currency, span, component
