/** Revenue, payments and success rate over the period: each drawn from its own table of numbers. */
import { currencyExponent, formatMoney } from '../../core/money.js';
import { formatCount, formatGrain, formatShare } from '../format.js';
import type { Html } from '../html.js';
import type { ShownPeriod } from '../overview.js';
import { successShare } from '../queries.js';
import type { TotalsAt } from '../queries.js';
import { chartFigure } from './parts.js';
import type { ChartRow } from './parts.js';

export function paymentCharts(shown: ShownPeriod): readonly Html[] {
  return [revenueChart(shown), attemptsChart(shown), successChart(shown)];
}

const ROW_TITLES = { day: 'Day', week: 'Week from', month: 'Month' } as const;

function revenueChart(shown: ShownPeriod): Html {
  const { currency } = shown.scope;
  const cell = (amountPaise: bigint) => ({
    value: Number(amountPaise) / 10 ** currencyExponent(currency),
    text: formatMoney(amountPaise, currency),
  });
  return chartFigure({
    id: 'revenue',
    title: `Revenue per ${shown.grain}`,
    summary: `Bars of captured revenue and of refunds per ${shown.grain}; ${formatMoney(shown.totals.capturedAmountPaise, currency)} captured in all.`,
    kind: 'bars',
    currency,
    rowTitle: ROW_TITLES[shown.grain],
    columns: [
      { title: 'Captured', colour: 'series-1', format: 'money' },
      { title: 'Refunds', colour: 'series-2', format: 'money' },
    ],
    rows: seriesRows(shown, (at) => [cell(at.capturedAmountPaise), cell(at.refundsAmountPaise)]),
  });
}

function attemptsChart(shown: ShownPeriod): Html {
  const cell = (value: number) => ({ value, text: formatCount(value) });
  return chartFigure({
    id: 'payments',
    title: `Payments per ${shown.grain}`,
    summary: `Stacked bars of captured and failed payments per ${shown.grain}; ${formatCount(shown.totals.captured)} captured and ${formatCount(shown.totals.failed)} failed in all.`,
    kind: 'stacked',
    rowTitle: ROW_TITLES[shown.grain],
    columns: [
      { title: 'Captured', colour: 'series-1', format: 'count' },
      { title: 'Failed', colour: 'series-3', format: 'count' },
    ],
    rows: seriesRows(shown, (at) => [cell(at.captured), cell(at.failed)]),
  });
}

function successChart(shown: ShownPeriod): Html {
  return chartFigure({
    id: 'success',
    title: 'Success rate',
    summary: `A line of the success rate per ${shown.grain}; ${formatShare(successShare(shown.totals))} over the period.`,
    kind: 'lines',
    floating: true,
    rowTitle: ROW_TITLES[shown.grain],
    columns: [{ title: 'Captured of decided', colour: 'series-1', format: 'share' }],
    rows: seriesRows(shown, (at) => {
      const share = successShare(at);
      return [{ value: share, text: formatShare(share) }];
    }),
    note: 'Captured among the payments whose result is known; open attempts are left out.',
  });
}

function seriesRows({ series, grain }: ShownPeriod, cells: (at: TotalsAt) => ChartRow['cells']): ChartRow[] {
  return series.map((at) => ({ label: formatGrain(at.day, grain), cells: cells(at) }));
}
