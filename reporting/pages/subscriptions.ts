/**
 * Subscriptions: the waterfall of monthly recurring revenue, churn by who ended it, what each month's beginners became, and what
 * plans are worth. Every row of the waterfall adds up.
 */
import { currencyExponent, formatMoney } from '../../core/money.js';
import { formatCount, formatGrain, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { MonthFigures, SubscriptionReport } from '../subscription-report.js';
import { figureList } from './figures.js';
import type { Figure } from './figures.js';
import { notice, renderPage } from './layout.js';
import { chartFigure, instant } from './parts.js';
import { asNumber, numberCell, tableCard } from './table-card.js';

/** Months on the page; the report has all. */
const SHOWN = 13;
/** Ages of cohorts that are shown, in months. */
const AGES = [1, 2, 3, 6, 12] as const;

export function subscriptionsPage(report: SubscriptionReport | null): string {
  const text = html`Figures appear when a subscription has been made with
    <code>POST /v1/subscriptions</code> and the job <code>report-subscriptions</code> has run.`;
  const main = html`<div class="page-head">
      <div>
        <h1>Subscriptions</h1>
        ${report !== null && html`<p class="subtitle">As of ${instant(Date.parse(report.asOf))}, in ${report.currency}</p>`}
      </div>
    </div>
    ${report === null && notice({ title: 'No subscriptions yet', text })}
    ${report !== null && content(report)}`;
  return renderPage({ title: 'Subscriptions', section: '/subscriptions', main, charts: report !== null });
}

function content(report: SubscriptionReport): Html {
  return html`${figureList(headline(report))} ${waterfallChart(report)} ${waterfallTable(report)}
  ${cohortTable(report)} ${planTable(report)}`;
}

type Money = (amountPaise: number) => string;

function moneyOf({ currency }: SubscriptionReport): Money {
  return (amountPaise) => formatMoney(BigInt(amountPaise), currency);
}

function headline(report: SubscriptionReport): readonly Figure[] {
  const money = moneyOf(report);
  const open = report.months.at(-1);
  const whole = report.months.at(-2);
  if (open === undefined) return [];
  const share = (value: number | null | undefined): string => formatShare(value ?? null);
  return [
    {
      title: 'Monthly recurring revenue',
      value: money(open.closingPaise),
      detail: `${formatCount(open.closingCount)} subscriptions pay`,
    },
    {
      title: 'New this month',
      value: money(open.newPaise + open.reactivationPaise),
      detail: `${formatCount(open.started)} began, ${money(open.reactivationPaise)} came back`,
    },
    {
      title: 'Lost this month',
      value: money(open.churnPaise + open.contractionPaise),
      detail: `${money(open.involuntaryChurnPaise)} for want of payment`,
    },
    {
      title: 'Churn of the last whole month',
      value: share(whole?.logoChurn),
      detail: `${share(whole?.revenueChurn)} of the revenue`,
    },
  ];
}

function shown({ months }: SubscriptionReport): readonly MonthFigures[] {
  return months.slice(-SHOWN);
}

function waterfallChart(report: SubscriptionReport): Html {
  const money = moneyOf(report);
  const unit = 10 ** currencyExponent(report.currency);
  const cell = (value: number) => ({ value: value / unit, text: money(value) });
  return chartFigure({
    id: 'mrr',
    title: 'Monthly recurring revenue at the end of each month',
    summary: `A line of monthly recurring revenue over ${shown(report).length} months; ${money(report.months.at(-1)?.closingPaise ?? 0)} now.`,
    kind: 'lines',
    currency: report.currency,
    rowTitle: 'Month',
    columns: [{ title: 'MRR', colour: 'series-1', format: 'money' }],
    rows: shown(report).map(({ month, closingPaise }, i, all) => ({
      label: formatGrain(month, 'month'),
      cells: [cell(closingPaise)],
      ...(i === all.length - 1 ? { provisional: true } : {}),
    })),
  });
}

function waterfallTable(report: SubscriptionReport): Html {
  const money = moneyOf(report);
  const rows = shown(report)
    .toReversed()
    .map(
      (month) =>
        html`<tr>
          <th scope="row">${formatGrain(month.month, 'month')}</th>
          ${[
            money(month.openingPaise),
            money(month.newPaise),
            money(month.expansionPaise),
            money(month.reactivationPaise),
            money(-month.contractionPaise),
            money(-month.churnPaise),
            money(month.closingPaise),
            formatShare(month.logoChurn),
            `${formatCount(month.endedVoluntary)} / ${formatCount(month.endedInvoluntary)}`,
          ].map(numberCell)}
        </tr>`,
    );
  const heads = [
    'Opening',
    'New',
    'Expansion',
    'Reactivation',
    'Contraction',
    'Churn',
    'Closing',
    'Logo churn',
    'Voluntary / not',
  ];
  return tableCard({ title: 'Waterfall', heads: ['Month', ...heads.map(asNumber)], rows, empty: '' });
}

function cohortTable(report: SubscriptionReport): Html {
  const money = moneyOf(report);
  const rows = report.cohorts
    .slice(-SHOWN)
    .toReversed()
    .map(
      ({ month, subscriptions, mrrPaise, kept }) =>
        html`<tr>
          <th scope="row">${formatGrain(month, 'month')}</th>
          ${[
            formatCount(subscriptions),
            money(mrrPaise),
            ...AGES.map((age) => formatShare(kept.find((one) => one.age === age)?.share ?? null)),
          ].map(numberCell)}
        </tr>`,
    );
  const heads = [
    'Subscriptions',
    'MRR then',
    ...AGES.map((age) => (age === 1 ? 'After a month' : `After ${age} months`)),
  ];
  return tableCard({
    title: 'What beginners became',
    heads: ['Began', ...heads.map(asNumber)],
    rows,
    empty: 'Nobody has paid yet.',
  });
}

function planTable(report: SubscriptionReport): Html {
  const money = moneyOf(report);
  const known = (amountPaise: number | null): string => (amountPaise === null ? UNKNOWN : money(amountPaise));
  const rows = report.plans.map(
    (plan) =>
      html`<tr>
        <th scope="row"><span class="id">${plan.planId}</span></th>
        ${[
          formatCount(plan.subscriptions),
          money(plan.mrrPaise),
          known(plan.expectedPaise),
          known(plan.realisedPaise),
          formatCount(plan.ended),
        ].map(numberCell)}
      </tr>`,
  );
  const heads = ['Pay', 'MRR', 'Margin to come, each', 'Paid by those that ended, each', 'Ended'];
  return tableCard({ title: 'Plans', heads: ['Plan', ...heads.map(asNumber)], rows, empty: '' });
}
