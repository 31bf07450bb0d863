/**
 * Forecasts that are over beside what came: thirteen weeks, one forecast a week, with the interval that was given. Nothing while fewer
 * than two are known, since one point is no line.
 */
import type { ForecastReport } from '../forecast-report.js';
import { formatCount } from '../format.js';
import type { Html } from '../html.js';
import { forecastChart } from './forecast-chart.js';

export function pastChart({ past, currency }: ForecastReport): Html | null {
  const judged = past.filter(({ span }) => span === 'thirteen-weeks').reverse();
  if (judged.length < 2) return null;
  const held = judged.filter(({ actual, low80, high80 }) => actual >= low80 && actual <= high80).length;
  return forecastChart({
    id: 'past-weeks',
    title: 'Thirteen weeks as forecast, and what came',
    summary: `Lines of what came in thirteen weeks and of ${judged.length} forecasts of it, with their 80 % intervals.`,
    currency,
    rowTitle: 'Thirteen weeks from',
    points: judged,
    note: `${formatCount(held)} of ${formatCount(judged.length)} came within their 80 % interval; neighbours share most of their days.`,
  });
}
