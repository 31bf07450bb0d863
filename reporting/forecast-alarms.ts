/**
 * When forecasts of the past say that those of today cannot be trusted: they lean to one side, or their intervals hold too little
 * or too much. Judged on single weeks of the platform, which come soonest; silent until there is enough to tell.
 */
import type { ForecastAccuracy } from './forecast-report.js';

/** First days of forecast weeks: fewer would let one odd month alarm. */
const LEAST_DAYS = 28;
/** Twice what a quarter may be off in all. */
const MOST_BIAS = 0.1;
/** Eighty, give or take what neighbouring weeks being wrong together explains. */
const COVERAGE_80 = { least: 0.65, most: 0.93 } as const;

/** The figures that are judged; null without scored weeks. */
export function judgedWeeks(accuracy: readonly ForecastAccuracy[]): ForecastAccuracy | null {
  return accuracy.find(({ level, span }) => level === 'platform' && span === 'week') ?? null;
}

export function forecastAlarms(accuracy: readonly ForecastAccuracy[]): string[] {
  const weeks = judgedWeeks(accuracy);
  if (weeks === null || weeks.fromDays < LEAST_DAYS) return [];
  const { bias, coverage80 } = weeks;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return [
    ...(bias !== null && Math.abs(bias) > MOST_BIAS
      ? [`Forecasts were ${percent(Math.abs(bias))} too ${bias > 0 ? 'high' : 'low'}.`]
      : []),
    ...(coverage80 < COVERAGE_80.least || coverage80 > COVERAGE_80.most
      ? [`The 80 % intervals held ${percent(coverage80)} of the weeks.`]
      : []),
  ];
}
