/**
 * Arrears and what is done about them: who stands where and why nothing is said, whom people should call first, and what the campaign is
 * worth against the payers who stay on the plain ladder.
 */
import { formatMoney } from '../../core/money.js';
import type { DunningReport } from '../../billing/dunning/report.js';
import type { WorkItem } from '../../billing/dunning/work-list.js';
import type { DunningOverview } from '../dunning.js';
import { formatCount, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { inWords } from './breakdowns.js';
import { figureList } from './figures.js';
import type { Figure } from './figures.js';
import { notice, renderPage } from './layout.js';
import { instant } from './parts.js';
import { numberTable } from './table-card.js';

export function dunningPage({ report, workList }: DunningOverview): string {
  const isEmpty =
    report.stages.length === 0 && report.steps.length === 0 && report.lift.campaign.payers === 0;
  const main = html`<div class="page-head">
      <div>
        <h1>Dunning</h1>
        <p class="subtitle">Arrears as of ${instant(Date.parse(report.asOf))}</p>
      </div>
    </div>
    ${
      isEmpty
        ? notice({
            title: 'Nobody is in arrears',
            text: html`A running server looks every six hours;
              <code>hasivu jobs run dunning --dry-run</code> says now what it would do.`,
          })
        : html`${figureList(totals(report))} ${liftCard(report)}
            <div class="grid">${stagesCard(report)} ${waitsCard(report)} ${stepsCard(report)}</div>
            ${workCard(workList)}`
    }`;
  return renderPage({ title: 'Dunning', section: '/dunning', main });
}

function moneyOf({ currency }: DunningReport): (paise: number) => string {
  return (paise) => formatMoney(BigInt(Math.round(paise)), currency);
}

function totals(report: DunningReport): readonly Figure[] {
  const { stages, waits, withheld, lift } = report;
  const sum = (of: readonly { readonly payers: number }[]): number =>
    of.reduce((total, { payers }) => total + payers, 0);
  const owed = stages.reduce((total, { owedPaise }) => total + owedPaise, 0);
  const listed = stages.reduce((total, one) => total + one.listed, 0);
  return [
    { title: 'Owed', value: moneyOf(report)(owed), detail: `${formatCount(sum(stages))} payers in arrears` },
    { title: 'Waiting', value: formatCount(sum(waits)), detail: 'nothing is said to them for now' },
    { title: 'To call', value: formatCount(listed), detail: 'worth more than the call costs' },
    { title: 'Withheld', value: formatCount(withheld), detail: 'subscriptions, until they are paid for' },
    {
      title: 'Paid within 30 days',
      value: formatShare(lift.paidShare?.campaign ?? null),
      detail: `${formatShare(lift.paidShare?.holdOut ?? null)} on the plain ladder`,
    },
  ];
}

function liftCard(report: DunningReport): Html {
  const { campaign, holdOut, horizonDays, leastPayers, paidShare, recoveredShare } = report.lift;
  const money = moneyOf(report);
  const arms = [
    ['Campaign', campaign, paidShare?.campaign, recoveredShare?.campaign],
    ['Plain ladder (hold-out)', holdOut, paidShare?.holdOut, recoveredShare?.holdOut],
  ] as const;
  return tableCard({
    id: 'lift',
    title: 'What the campaign is worth',
    columns: ['Arm', 'Payers', 'Paid', 'Share', 'Owed', 'Of it recovered'],
    rows: arms.map(([title, arm, share, ofMoney]) => [
      title,
      formatCount(arm.payers),
      formatCount(arm.paid),
      formatShare(share ?? null),
      money(arm.owedPaise),
      formatShare(ofMoney ?? null),
    ]),
    empty: '',
    note:
      paidShare === null
        ? `Too few to compare: each arm needs ${leastPayers} payers whose first episode began more than ${horizonDays} days ago.`
        : `Lift ${points(paidShare)} of payers, ${points(recoveredShare)} of the money, 95 % intervals; the hold-out is drawn by payer and for good.`,
  });
}

/** Differences of shares, in percentage points. */
function points(of: { readonly lift: number; readonly low: number; readonly high: number } | null): string {
  if (of === null) return UNKNOWN;
  const [lift, low, high] = [of.lift, of.low, of.high].map((share) => (100 * share).toFixed(1));
  return `${lift} points (${low} to ${high})`;
}

function stagesCard(report: DunningReport): Html {
  const money = moneyOf(report);
  return tableCard({
    id: 'stages',
    title: 'Stages',
    columns: ['Stage', 'Payers', 'Owed', 'Waiting', 'To call'],
    rows: report.stages.map(({ stage, payers, owedPaise, waiting, listed }) => [
      named(stage),
      formatCount(payers),
      money(owedPaise),
      formatCount(waiting),
      formatCount(listed),
    ]),
    empty: 'Nobody is in arrears.',
  });
}

function waitsCard(report: DunningReport): Html {
  const money = moneyOf(report);
  return tableCard({
    id: 'waits',
    title: 'Why nothing is said',
    columns: ['Reason', 'Payers', 'Owed'],
    rows: report.waits.map(({ waitsFor, payers, owedPaise }) => [
      named(waitsFor),
      formatCount(payers),
      money(owedPaise),
    ]),
    empty: 'Nobody is waited for.',
  });
}

function stepsCard({ steps }: DunningReport): Html {
  return tableCard({
    id: 'steps',
    title: 'Steps of the last 30 days',
    columns: ['Step', 'Taken', 'Due', 'Blocked by the gate', 'Withdrawn'],
    rows: steps.map(({ kind, sent, due, blocked, withdrawn }) => [
      named(kind),
      ...[sent, due, blocked, withdrawn].map(formatCount),
    ]),
    empty: 'No step has been taken.',
  });
}

/** `suspension-notice` -> "Suspension notice". */
function named(code: string): string {
  return inWords(code.replaceAll('-', '_'));
}

interface TableCard {
  readonly id: string;
  readonly title: string;
  /** The first is of the row's name, the others of numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly empty: string;
  readonly note?: string;
}

function tableCard({ id, title, columns, rows, empty, note }: TableCard): Html {
  return html`<section class="card" aria-labelledby="${id}-title">
    <div class="card-head"><h2 id="${id}-title">${title}</h2></div>
    ${rows.length === 0 ? html`<p class="empty">${empty}</p>` : numberTable(title, columns, rows)}
    ${note !== undefined && html`<p class="note">${note}</p>`}
  </section>`;
}

function workCard(items: readonly WorkItem[]): Html {
  return tableCard({
    id: 'work',
    title: 'Whom to call first',
    columns: [
      'Payer',
      'Owed',
      'Invoices, stage',
      'Last declined',
      'Pays alone',
      'When called',
      'Expected gain',
      'Cost',
    ],
    rows: items.map((item) => [
      item.payerId,
      formatMoney(item.owedPaise, item.currency),
      `${formatCount(item.invoices)}, ${named(item.stage).toLowerCase()}`,
      item.declineReason === null ? UNKNOWN : inWords(item.declineReason),
      formatShare(item.recovery),
      formatShare(item.recoveryIfContacted),
      formatMoney(item.gainPaise, item.currency),
      formatMoney(item.costPaise, item.currency),
    ]),
    empty: 'No call is worth its cost now.',
  });
}
