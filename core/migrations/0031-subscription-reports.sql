-- The newest report on subscriptions of each currency, in the form of reporting/subscription-report.ts at that time. Made anew by a job:
-- reading every event takes seconds where there are millions.
CREATE TABLE subscription_reports (
  currency text PRIMARY KEY,
  as_of    timestamptz NOT NULL,
  report   json NOT NULL
);
