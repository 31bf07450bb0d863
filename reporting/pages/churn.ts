/**
 * Churn: who may leave, why, and what would be lost; what treating them is worth against the hold-out; survival by segment, observed
 * beside expected; and what past nights said beside what came.
 */
import { formatMoney } from '../../core/money.js';
import { istDay } from '../../features/calendar.js';
import type { RecordedChurn } from '../../models/churn-store.js';
import type { Segment } from '../../models/tasks/evaluate-churn.js';
import type { ChurnOverview, JudgedMonth } from '../churn/overview.js';
import { formatCount, formatDay, formatGrain, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { upliftCard } from './churn-uplift.js';
import { figureList } from './figures.js';
import type { Figure } from './figures.js';
import { notice, renderPage } from './layout.js';
import { chartFigure, instant } from './parts.js';
import { asNumber, numberCell, tableCard } from './table-card.js';
import type { Head } from './table-card.js';

/** Curves of more segments are a tangle; the evaluation prints all. */
const CURVES = 4;

export function churnPage(churn: ChurnOverview | null): string {
  const text = html`A running server scores every living subscription once a day, from the first settled
    quarter with enough ends on; <code>hasivu jobs run score-churn</code> does it now.`;
  const main = html`<div class="page-head">
      <div>
        <h1>Churn</h1>
        ${churn !== null && html`<p class="subtitle">Living subscriptions in ${churn.currency}, scored ${instant(churn.scoredAt)}</p>`}
      </div>
    </div>
    ${churn === null && notice({ title: 'Nobody has been scored yet', text })}
    ${churn !== null && content(churn)}`;
  return renderPage({ title: 'Churn', section: '/churn', main, charts: churn !== null });
}

function content(churn: ChurnOverview): Html {
  return html`${figureList(totals(churn))} ${listTable(churn)}
    ${churn.uplift !== null && upliftCard(churn.uplift)} ${segmentTable(churn)}
    <div class="grid">${churn.survival.slice(0, CURVES).map(survivalChart)}</div>
    ${calibrationTable(churn)} ${monthTable(churn)}`;
}

function moneyOf({ currency }: Pick<ChurnOverview, 'currency'>): (paise: number) => string {
  return (paise) => formatMoney(BigInt(Math.round(paise)), currency);
}

function totals(churn: ChurnOverview): readonly Figure[] {
  const { segments, heldOut, listed } = churn;
  const money = moneyOf(churn);
  const living = segments.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
  const expected = (risk: 'voluntary' | 'involuntary'): number =>
    segments.reduce((sum, one) => sum + one.subscriptions * one[risk], 0);
  const value = segments.reduce((sum, { valuePaise }) => sum + valuePaise, 0);
  const atRisk = segments.reduce((sum, { atRiskPaise }) => sum + atRiskPaise, 0);
  const leaving = expected('voluntary') + expected('involuntary');
  return [
    {
      title: 'May not renew',
      value: formatCount(Math.round(leaving)),
      detail: `of ${formatCount(living)} subscriptions, at their next renewal`,
    },
    {
      title: 'Of these leave, lapse',
      value: `${formatCount(Math.round(expected('voluntary')))} / ${formatCount(Math.round(expected('involuntary')))}`,
      detail: 'of their own accord / for want of payment',
    },
    {
      title: 'Margin at risk',
      value: money(atRisk),
      detail: `${formatShare(value === 0 ? null : atRisk / value)} of ${money(value)} still to come`,
    },
    {
      title: 'To contact',
      value: formatCount(listed),
      detail: `top tenth by what a treatment should save, hold-out included`,
    },
    {
      title: 'Hold-out',
      value: formatCount(heldOut),
      detail: 'payers left alone for good, so that treating can be measured',
    },
  ];
}

function listTable(churn: ChurnOverview): Html {
  const money = moneyOf(churn);
  const heads: Head[] = [
    'Payer',
    asNumber('Leaves or lapses'),
    asNumber('Worth if it stays'),
    asNumber('Should be saved'),
    'Segment',
    'Expires',
    'Why',
  ];
  return tableCard({
    title: 'Whom to contact first',
    heads,
    rows: churn.list.map((score) => listRow(score, money)),
    empty: 'Nobody is left to contact: everybody was treated within 30 days or is in the hold-out.',
  });
}

function listRow(score: RecordedChurn, money: (paise: number) => string): Html {
  const { payerId, churnProbability, voluntary, involuntary, planId, segment, assignedKind } = score;
  return html`<tr>
    <th scope="row"><span class="id">${payerId}</span></th>
    <td class="number" title="${formatShare(voluntary)} leaves, ${formatShare(involuntary)} lapses">
      ${formatShare(churnProbability)}
    </td>
    ${numberCell(money(score.valuePaise))} ${numberCell(money(score.priorityPaise))}
    <td>
      <span class="id">${planId}</span
      >${segment !== null && `, ${segment}`}${assignedKind !== null && html` · <strong>${assignedKind}</strong>`}
    </td>
    <td>${formatDay(istDay(Date.parse(score.dueAt)))}</td>
    <td class="reasons">
      ${score.reasons.length === 0 ? html`<span class="muted">Nothing stands out</span>` : score.reasons.join(' · ')}
    </td>
  </tr>`;
}

function segmentTable(churn: ChurnOverview): Html {
  const money = moneyOf(churn);
  const rows = churn.segments.map(
    (one) =>
      html`<tr>
        <th scope="row"><span class="id">${one.planId}</span></th>
        <td>${one.segment ?? UNKNOWN}</td>
        ${[
          formatCount(one.subscriptions),
          formatShare(one.voluntary),
          formatShare(one.involuntary),
          money(one.valuePaise),
          money(one.atRiskPaise),
        ].map(numberCell)}
      </tr>`,
  );
  const heads = ['Subscriptions', 'Leave', 'Lapse', 'Margin to come', 'Of it at risk'];
  return tableCard({
    title: 'Segments tonight',
    heads: ['Plan', 'Paid', ...heads.map(asNumber)],
    rows,
    empty: 'No subscription is living.',
  });
}

function survivalChart({ segment, renewals, survival }: Segment, place: number): Html {
  const cell = (value: number) => ({ value, text: formatShare(value) });
  const last = survival.at(-1);
  return chartFigure({
    id: `survival-${place}`,
    title: `Survival of ${segment}`,
    summary: `Lines of the share of subscriptions still there after each paid period, observed and expected${
      last === undefined
        ? ''
        : `: ${formatShare(last.survival)} and ${formatShare(last.expected)} after ${last.period}`
    }.`,
    kind: 'lines',
    floating: true,
    rowTitle: 'After paid period',
    columns: [
      { title: 'Observed (Kaplan-Meier)', colour: 'series-1', format: 'share' },
      { title: '95 % from', colour: 'series-1', format: 'share', band: 'low' },
      { title: '95 % interval, to', colour: 'series-1', format: 'share', band: 'high' },
      { title: 'Expected by the model', colour: 'series-2', format: 'share' },
    ],
    rows: survival.map(({ period, survival: observed, low, high, expected }) => ({
      label: String(period),
      cells: [observed, low, high, expected].map(cell),
    })),
    note: `${formatCount(renewals)} renewals of the quarter that judged the model, by a model that had not seen them.`,
  });
}

/** Renewals of a year by what the last night at least a week before expiry said of them. */
function calibrationTable({ tenths }: ChurnOverview): Html | null {
  if (tenths.length === 0) return null;
  const rows = tenths.map(
    ({ renewals, said, came }, i) =>
      html`<tr>
        <th scope="row">${i + 1}</th>
        ${[formatCount(renewals), formatShare(said), formatShare(came)].map(numberCell)}
      </tr>`,
  );
  const heads = ['Renewals', 'Said a week before expiry', 'Came'];
  return tableCard({
    title: 'What past nights said, and what came',
    heads: ['Tenth, lowest first', ...heads.map(asNumber)],
    rows,
    empty: '',
  });
}

function monthTable({ months }: ChurnOverview): Html {
  const rows = months.toReversed().map(monthRow);
  const heads = ['Renewals', 'Said', 'Came', 'Leave, said', 'Came', 'Lapse, said', 'Came'];
  return tableCard({
    title: 'Past nights by month of expiry',
    heads: ['Expired', ...heads.map(asNumber)],
    rows,
    empty: 'No scored renewal is settled yet: an outcome counts 30 days after expiry.',
  });
}

function monthRow(one: JudgedMonth): Html {
  const shares = [
    one.said,
    one.came,
    one.saidVoluntary,
    one.cameVoluntary,
    one.saidInvoluntary,
    one.cameInvoluntary,
  ];
  return html`<tr>
    <th scope="row">${formatGrain(`${one.month}-01`, 'month')}</th>
    ${[formatCount(one.renewals), ...shares.map(formatShare)].map(numberCell)}
  </tr>`;
}
