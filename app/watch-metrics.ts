/**
 * The newest run of the watch for Prometheus, read from the database when it is asked for, so that every process tells the
 * same whoever ran it. Without a run, without a value or without the database a gauge is not a number.
 */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { WatchHeadline } from '../reporting/watch-store.js';

export type ReadWatchHeadline = () => Promise<WatchHeadline | null>;

export function registerWatchMetrics(registry: Registry, read: ReadWatchHeadline): void {
  const gauge = (name: string, help: string, valueOf: (newest: WatchHeadline) => number | null): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const newest = await read().catch(() => null);
        this.set((newest === null ? null : valueOf(newest)) ?? Number.NaN);
      },
    });
  };
  gauge(
    'watch_max_psi',
    'Largest population stability index of a served feature against the fitted rows, chance included.',
    ({ maxPsi }) => maxPsi,
  );
  gauge(
    'watch_drifting_features',
    'Features whose PSI lies .25 or more beyond chance, without those that move by design.',
    ({ driftingFeatures }) => driftingFeatures,
  );
  gauge(
    'watch_calibration_ratio',
    'Frauds that came over frauds announced, in mature weeks of the gate.',
    ({ calibrationRatio }) => calibrationRatio,
  );
  gauge(
    'watch_label_lag_median_days',
    'Days from the payment within which half of the frauds are known.',
    ({ labelLagMedianDays }) => labelLagMedianDays,
  );
  gauge(
    'watch_label_lag_p90_days',
    'Days from the payment within which nine in ten frauds are known.',
    ({ labelLagP90Days }) => labelLagP90Days,
  );
}
