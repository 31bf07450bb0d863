/**
 * How revenue forecasts of the last year did, for Prometheus: single weeks of the platform, read from the database when asked for.
 * Without a score or without the database a gauge is not a number.
 */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { forecastAlarms, judgedWeeks } from '../reporting/forecast-alarms.js';
import type { ForecastAccuracy } from '../reporting/forecast-report.js';

export type ReadForecastAccuracy = () => Promise<readonly ForecastAccuracy[]>;

export function registerForecastMetrics(registry: Registry, read: ReadForecastAccuracy): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (found: readonly ForecastAccuracy[]) => number | null,
  ): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const found = await read().catch(() => null);
        this.set((found === null ? null : valueOf(found)) ?? Number.NaN);
      },
    });
  };
  gauge(
    'forecast_bias',
    'Revenue forecasts of single weeks over what came, less 1.',
    (found) => judgedWeeks(found)?.bias ?? null,
  );
  gauge(
    'forecast_coverage80',
    'Share of the weeks within their 80 % interval.',
    (found) => judgedWeeks(found)?.coverage80 ?? null,
  );
  gauge(
    'forecast_alarms',
    'Reasons to distrust the revenue forecast: bias or coverage beyond their limits.',
    (found) => (judgedWeeks(found) === null ? null : forecastAlarms(found).length),
  );
}
