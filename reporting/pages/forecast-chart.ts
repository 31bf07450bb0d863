/** What came, what was forecast with its 80 % interval, and the naive forecast, as lines over time beside their numbers. */
import { currencyExponent, formatMoney } from '../../core/money.js';
import { formatDay, UNKNOWN } from '../format.js';
import type { Html } from '../html.js';
import { chartFigure } from './parts.js';
import type { Chart } from './parts.js';

/** Amounts in minor units; null: not known, or not forecast. */
export interface ForecastPoint {
  readonly fromOn: string;
  readonly actual: number | null;
  readonly mean: number | null;
  readonly low80: number | null;
  readonly high80: number | null;
  readonly naive: number | null;
}

interface ForecastChart extends Pick<Chart, 'id' | 'title' | 'summary' | 'rowTitle' | 'note'> {
  readonly currency: string;
  readonly points: readonly ForecastPoint[];
}

export function forecastChart({ currency, points, ...chart }: ForecastChart): Html {
  const cell = (amount: number | null) => ({
    value: amount === null ? null : amount / 10 ** currencyExponent(currency),
    text: amount === null ? UNKNOWN : formatMoney(BigInt(amount), currency),
  });
  return chartFigure({
    ...chart,
    kind: 'lines',
    currency,
    columns: [
      { title: 'Came', colour: 'series-1', format: 'money' },
      { title: 'Forecast', colour: 'series-4', format: 'money' },
      { title: '80 % from', colour: 'series-4', format: 'money', band: 'low' },
      { title: '80 % interval, to', colour: 'series-4', format: 'money', band: 'high' },
      { title: 'Seasonal naive', colour: 'series-2', format: 'money' },
    ],
    rows: points.map(({ fromOn, actual, mean, low80, high80, naive }) => ({
      label: formatDay(fromOn),
      cells: [actual, mean, low80, high80, naive].map(cell),
    })),
  });
}
