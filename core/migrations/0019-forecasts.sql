-- Every revenue forecast as it was said, and what came: a run for each day and currency, a row for each level, member and span.
-- Nothing is written anew but `actual_paise`, once, when the span is over (reporting/forecast-store.ts). Days are IST.

CREATE TABLE revenue_forecast_runs (
  run_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The first day that was not over: nothing from that day on was known.
  as_of_on  date NOT NULL,
  currency  text NOT NULL,
  made_at   timestamptz NOT NULL,
  -- What the level `kind` is made of: the source's categories, or methods where it names only one category.
  kind_of   text NOT NULL CHECK (kind_of IN ('category', 'method')),
  -- Candidates, rehearsals and the weeks before, in the form of reporting/forecast-report.ts at that time.
  report    json NOT NULL,
  UNIQUE (currency, as_of_on)
);

-- Amounts in minor units of the run's currency.
CREATE TABLE revenue_forecasts (
  run_id         bigint NOT NULL REFERENCES revenue_forecast_runs ON DELETE CASCADE,
  level          text NOT NULL CHECK (level IN ('platform', 'counterparty', 'kind', 'line')),
  member         text NOT NULL,
  span           text NOT NULL CHECK (span IN ('week', 'thirteen-weeks', 'quarter')),
  from_on        date NOT NULL,
  until_on       date NOT NULL CHECK (until_on > from_on),
  realised_paise bigint NOT NULL,
  mean_paise     bigint NOT NULL,
  low80_paise    bigint NOT NULL,
  high80_paise   bigint NOT NULL,
  low95_paise    bigint NOT NULL,
  high95_paise   bigint NOT NULL,
  naive_paise    bigint NOT NULL,
  committed      boolean NOT NULL,
  -- Null until the span is over and late captures have had their time.
  actual_paise   bigint,
  scored_at      timestamptz,
  PRIMARY KEY (run_id, level, member, span, from_on),
  CHECK ((actual_paise IS NULL) = (scored_at IS NULL))
);

CREATE INDEX revenue_forecasts_due ON revenue_forecasts (until_on) WHERE actual_paise IS NULL;
