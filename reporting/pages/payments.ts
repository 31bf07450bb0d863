/**
 * How payments went: the success rate, when and where attempts fail, why, what to tell the payer and whether a debit may be
 * repeated, what retries won back, and what fees, refunds and disputes cost.
 */
import { formatMoney } from '../../core/money.js';
import { formatCount, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { PaymentsReport } from '../payment-report.js';
import type { PaymentsOverview } from '../payments-overview.js';
import { breakdownCard } from './breakdowns.js';
import { failureCards } from './failure-cards.js';
import { figureList } from './figures.js';
import type { Figure } from './figures.js';
import { notice, renderPage } from './layout.js';
import { chartFigure } from './parts.js';
import { periodLine, pickers } from './period-picker.js';

export function paymentsPage(overview: PaymentsOverview | null): string {
  const report = overview?.shown?.report ?? null;
  const main = html`<div class="page-head">
      <div>
        <h1>Payments</h1>
        ${periodLine(overview)}
      </div>
      ${pickers('/payments', overview)}
    </div>
    ${overview === null && notice({ title: 'The warehouse is not built yet', text: html`Figures appear as soon as <code>hasivu report</code> has built it from the lake.` })}
    ${overview !== null && report === null && notice({ title: 'No payments yet', text: html`Read what Razorpay remembers with <code>hasivu import razorpay</code>, or connect its webhooks: figures appear with the next build.` })}
    ${report !== null && content(report)}`;
  return renderPage({ title: 'Payments', section: '/payments', main, charts: report !== null });
}

function content(report: PaymentsReport): Html {
  const { currency } = report;
  const rows = (named: PaymentsReport['methods']) =>
    named.map((row) => ({ ...row, capturedAmountPaise: BigInt(row.capturedAmountPaise) }));
  const where = { currency, words: true } as const;
  return html`${figureList(totals(report))}
    <div class="grid">${hoursChart(report)} ${rateChart(report)}</div>
    ${failureCards(report)}
    <div class="grid">
      ${breakdownCard({ id: 'methods', title: 'Methods', rowTitle: 'Method', rows: rows(report.methods), ...where })}
      ${report.banks.length > 0 && breakdownCard({ id: 'banks', title: 'Banks and wallets', rowTitle: 'Bank or wallet', rows: rows(report.banks), ...where, words: false })}
      ${costsCard(report)}
    </div>`;
}

function totals(report: PaymentsReport): readonly Figure[] {
  const { retries, fees, refunds, disputes } = report;
  const money = (amountPaise: number) => formatMoney(BigInt(amountPaise), report.currency);
  return [
    {
      title: 'Success rate',
      value: formatShare(report.successRate),
      detail: `${formatCount(report.captured)} of ${formatCount(report.captured + report.failed)} attempts`,
    },
    {
      title: 'Not collected',
      value: money(report.failedAmountPaise),
      detail: `${formatCount(report.failed)} failed attempts, before retries`,
    },
    {
      title: 'Won back by retries',
      value: formatShare(retries.recoveryRate),
      detail: `${formatCount(retries.recovered)} of ${formatCount(retries.payments)} payments, ${money(retries.recoveredAmountPaise)}`,
    },
    {
      title: 'Fees with GST',
      value: fees.payments === 0 ? '–' : money(fees.feePaise),
      detail:
        fees.payments === 0
          ? 'no fee is known'
          : `${formatShare(fees.share)} of the amount, ${money(fees.gstPaise)} of it GST`,
    },
    {
      title: 'Refunds',
      value: money(refunds.amountPaise),
      detail: `${formatCount(refunds.refunds)} refunds, ${formatShare(refunds.share)} of revenue`,
    },
    {
      title: 'Disputes',
      value: formatCount(disputes.disputes),
      detail: `${formatCount(disputes.open)} open, ${formatCount(disputes.lost)} lost: ${money(disputes.lostAmountPaise)}`,
    },
  ];
}

function hoursChart({ hours, attempts }: PaymentsReport): Html {
  const cell = (value: number) => ({ value, text: formatCount(value) });
  return chartFigure({
    id: 'hours',
    title: 'Attempts by hour of the day',
    summary: `Stacked bars of captured and failed attempts for each hour of the day in India; ${formatCount(attempts)} attempts in all.`,
    kind: 'stacked',
    rowTitle: 'Hour (IST)',
    columns: [
      { title: 'Captured', colour: 'series-1', format: 'count' },
      { title: 'Failed', colour: 'series-3', format: 'count' },
    ],
    rows: hours.map(({ hour, captured, failed }) => ({
      label: clock(hour),
      cells: [cell(captured), cell(failed)],
    })),
  });
}

function rateChart({ hours, successRate }: PaymentsReport): Html {
  return chartFigure({
    id: 'hourly-success',
    title: 'Success rate by hour of the day',
    summary: `A line of the success rate for each hour of the day in India; ${formatShare(successRate)} over the day.`,
    kind: 'lines',
    floating: true,
    rowTitle: 'Hour (IST)',
    columns: [{ title: 'Captured of decided', colour: 'series-1', format: 'share' }],
    rows: hours.map(({ hour, successRate: rate }) => ({
      label: clock(hour),
      cells: [{ value: rate, text: formatShare(rate) }],
    })),
    note: 'Every attempt counts by itself, also several to pay one order; hours without attempts have no rate.',
  });
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}

/** What the gateway kept, gave back and paid out. */
function costsCard({ fees, refunds, disputes, settlements, lapsed, currency }: PaymentsReport): Html {
  const money = (amountPaise: number) => formatMoney(BigInt(amountPaise), currency);
  const rows = [
    ['Fees without GST', fees.payments, money(fees.feePaise - fees.gstPaise)],
    ['GST on fees', fees.payments, money(fees.gstPaise)],
    ['Refunds', refunds.refunds, money(refunds.amountPaise)],
    ['Disputes lost', disputes.lost, money(disputes.lostAmountPaise)],
    ['Disputes opened', disputes.disputes, money(disputes.amountPaise)],
    ['Settlements paid out', settlements.settlements, money(settlements.amountPaise)],
    ['Authorised, never captured', lapsed, '–'],
  ] as const;
  return html`<section class="card" aria-labelledby="costs-title">
    <div class="card-head"><h2 id="costs-title">What the gateway kept, gave back and paid out</h2></div>
    <table class="compact">
      <caption class="visually-hidden">
        Fees, refunds, disputes and settlements
      </caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col" class="number">How many</th>
          <th scope="col" class="number">Amount</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([title, count, amount]) =>
            html`<tr>
              <th scope="row">${title}</th>
              <td class="number">${formatCount(count)}</td>
              <td class="number">${amount}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
