/**
 * Forecasts that are over beside what came: thirteen weeks, one forecast a week, with the interval that was given. Nothing while fewer
 * than two are known, since one point is no line.
 */
import { currencyExponent, formatMoney } from '../../core/money.js';
import type { ForecastReport } from '../forecast-report.js';
import { formatCount, formatDay } from '../format.js';
import type { Html } from '../html.js';
import { chartFigure } from './parts.js';

export function pastChart({ past, currency }: ForecastReport): Html | null {
  const judged = past.filter(({ span }) => span === 'thirteen-weeks').reverse();
  if (judged.length < 2) return null;
  const cell = (amount: number) => ({
    value: amount / 10 ** currencyExponent(currency),
    text: formatMoney(BigInt(amount), currency),
  });
  const held = judged.filter(({ actual, low80, high80 }) => actual >= low80 && actual <= high80).length;
  return chartFigure({
    id: 'past-weeks',
    title: 'Thirteen weeks as forecast, and what came',
    summary: `Lines of what came in thirteen weeks and of ${judged.length} forecasts of it, with their 80 % intervals.`,
    kind: 'lines',
    currency,
    rowTitle: 'Thirteen weeks from',
    columns: [
      { title: 'Came', colour: 'series-1', format: 'money' },
      { title: 'Forecast', colour: 'series-4', format: 'money' },
      { title: '80 % from', colour: 'series-4', format: 'money', band: 'low' },
      { title: '80 % interval, to', colour: 'series-4', format: 'money', band: 'high' },
      { title: 'Seasonal naive', colour: 'series-2', format: 'money' },
    ],
    rows: judged.map(({ fromOn, actual, mean, low80, high80, naive }) => ({
      label: formatDay(fromOn),
      cells: [actual, mean, low80, high80, naive].map(cell),
    })),
    note: `${formatCount(held)} of ${formatCount(judged.length)} came within their 80 % interval; neighbours share most of their days.`,
  });
}
