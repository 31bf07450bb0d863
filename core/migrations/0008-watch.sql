-- What the watch found, run by run: how far the served vectors are from those the model was fitted on, and what people read
-- beside it. Old runs are thinned to one a day by whoever adds a run (reporting/watch-store.ts), so both tables are bounded.

CREATE TABLE watch_runs (
  run_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at            timestamptz NOT NULL,
  model_version text,
  -- Vectors compared, a sample of the window's decisions.
  decisions     integer NOT NULL,
  -- Figures for the monitor; null where there is nothing to say.
  max_psi       double precision,
  drifting      integer NOT NULL,
  calibration_ratio     double precision,
  label_lag_median_days double precision,
  label_lag_p90_days    double precision,
  -- All of it but the single features, in the form of reporting/watch-report.ts at that time.
  report        json NOT NULL
);

CREATE INDEX watch_runs_at ON watch_runs (at);

CREATE TABLE watch_features (
  run_id         bigint NOT NULL REFERENCES watch_runs ON DELETE CASCADE,
  feature        text NOT NULL,
  psi            double precision NOT NULL,
  -- What chance alone stays below 999 times in 1,000, and its mean.
  noise_high     double precision NOT NULL,
  noise_mean     double precision NOT NULL,
  jensen_shannon double precision NOT NULL,
  -- P(a served value exceeds a fitted one); null for categories and where no value is known.
  exceeds        double precision,
  -- Share of missing values served, less the share fitted.
  missing_shift  double precision NOT NULL,
  level          text NOT NULL CHECK (level IN ('steady', 'by-design', 'shifting', 'drifting')),
  PRIMARY KEY (run_id, feature)
);
