/**
 * Whether what the gateway settled is what the books say: the last days with their match rates, what is open by reason with what to do
 * about it, and the cases with the most money. Read only: what people do goes through the API.
 */
import { REASONS } from '../../billing/reconciliation/reasons.js';
import type { DayTotals, ShownException, Waiting } from '../../billing/reconciliation/report.js';
import { parseDay } from '../../core/days.js';
import { formatMoney } from '../../core/money.js';
import { formatCount, formatDay, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { ReconciliationOverview } from '../reconciliation-overview.js';
import { inWords } from './breakdowns.js';
import { figureList } from './figures.js';
import type { Figure } from './figures.js';
import { notice, renderPage } from './layout.js';
import { instant } from './parts.js';
import { tableCard } from './table-card.js';

/** Settlements and their rows are in rupees. */
const CURRENCY = 'INR';
const money = (amountPaise: bigint): string => formatMoney(amountPaise, CURRENCY);

export function reconciliationPage(overview: ReconciliationOverview): string {
  const { days, waiting, cases, today } = overview;
  const isEmpty = days.length === 0 && waiting.length === 0;
  const text = html`Days appear when the job <code>reconcile</code> has read what the gateway settled.`;
  const main = html`<div class="page-head">
      <div>
        <h1>Reconciliation</h1>
        <p class="subtitle">What the gateway settled, beside the books and the bank.</p>
      </div>
    </div>
    ${isEmpty && notice({ title: 'Nothing has been settled yet', text })}
    ${!isEmpty && html`${figureList(totals(overview))} ${waitingCard(waiting, today)} ${casesCard(cases)} ${daysCard(days)}`}`;
  return renderPage({ title: 'Reconciliation', section: '/reconciliation', main });
}

function totals({ days, waiting, today }: ReconciliationOverview): readonly Figure[] {
  const sum = (of: (day: DayTotals) => bigint): number =>
    Number(days.reduce((total, day) => total + of(day), 0n));
  const rows = sum((day) => day.rows);
  const explained = sum((day) => day.matched + day.adjusted);
  const open = Number(waiting.reduce((total, { count }) => total + count, 0n));
  const stake = waiting.reduce((total, { stakePaise }) => total + stakePaise, 0n);
  const oldest = Math.max(0, ...waiting.map(({ oldestOn }) => ageDays(oldestOn, today)));
  return [
    {
      title: 'Matched',
      value: formatShare(rows === 0 ? null : explained / rows),
      detail: `${formatCount(explained)} of ${formatCount(rows)} rows of 30 days`,
    },
    {
      title: 'Adjusted by themselves',
      value: formatCount(sum((day) => day.adjusted)),
      detail: 'explained to the paisa',
    },
    {
      title: 'Open cases',
      value: formatCount(open),
      detail: open === 0 ? 'nobody waits' : `${money(stake)} at stake`,
    },
    {
      title: 'Oldest open case',
      value: open === 0 ? UNKNOWN : `${formatCount(oldest)} days`,
      detail: `${formatCount(sum((day) => day.late))} rows came late`,
    },
  ];
}

function ageDays(day: string, today: string): number {
  return (parseDay(today) ?? 0) - (parseDay(day) ?? 0);
}

function waitingCard(waiting: readonly Waiting[], today: string): Html {
  const rows = waiting.map(
    ({ reason, count, stakePaise, oldestOn }) =>
      html`<tr>
        <th scope="row">${inWords(reason)}</th>
        <td class="number">${formatCount(Number(count))}</td>
        <td class="number">${money(stakePaise)}</td>
        <td class="number">${formatCount(ageDays(oldestOn, today))}</td>
        <td>${REASONS[reason]}</td>
      </tr>`,
  );
  const heads = ['Reason', 'Cases', 'At stake', 'Oldest, days', 'What to do'];
  return tableCard({
    title: 'Open, by reason',
    heads,
    rows,
    empty: 'Everything that was settled is explained.',
  });
}

function casesCard(cases: readonly ShownException[]): Html {
  const rows = cases.map(
    ({ subject, reason, differencePaise, currency, happenedOn, openedAt }) =>
      html`<tr>
        <th scope="row"><span class="id">${subject}</span></th>
        <td>${inWords(reason)}</td>
        <td class="number">${formatMoney(differencePaise, currency)}</td>
        <td>${formatDay(happenedOn)}</td>
        <td>${instant(openedAt)}</td>
      </tr>`,
  );
  const heads = ['About', 'Reason', 'Ours less theirs', 'Happened', 'Opened'];
  return tableCard({ title: 'Open, the most money first', heads, rows, empty: 'No case is open.' });
}

function daysCard(days: readonly DayTotals[]): Html {
  const count = (rows: bigint): Html => html`<td class="number">${formatCount(Number(rows))}</td>`;
  const rows = days.map(
    (day) =>
      html`<tr>
        <th scope="row">${formatDay(day.settledOn)}</th>
        ${[day.rows, day.matched, day.adjusted, day.exceptions, day.waiting, day.late].map(count)}
        <td class="number">${money(day.netPaise)}</td>
        <td>${day.readAt === null ? 'not read to its end' : instant(day.readAt)}</td>
      </tr>`,
  );
  const heads = ['Settled', 'Rows', 'Matched', 'Adjusted', 'Open', 'Not compared', 'Late', 'Net', 'Read'];
  return tableCard({ title: 'Days', heads, rows, empty: 'No day has been read.' });
}
