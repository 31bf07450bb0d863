/** The period's six totals; where the history allows, with the change against as many days before. */
import { formatMoney, halfUpDivide } from '../../core/money.js';
import { formatCount, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import type { ShownPeriod } from '../overview.js';
import { daysIn } from '../period.js';
import { successShare } from '../queries.js';
import type { Totals } from '../queries.js';

export interface Figure {
  readonly title: string;
  readonly value: string;
  readonly detail: Child;
}

export function figures(shown: ShownPeriod): Html {
  return figureList([...amounts(shown), ...counts(shown)]);
}

/** Large numbers beside each other; the section that a page begins with. */
export function figureList(list: readonly Figure[]): Html {
  return html`<section aria-labelledby="figures-title">
    <h2 id="figures-title" class="visually-hidden">Totals</h2>
    <dl class="figures">
      ${list.map(
        ({ title, value, detail }) =>
          html`<div class="figure">
            <dt>${title}</dt>
            <dd class="figure-value">${value}</dd>
            <dd class="figure-detail">${detail}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function amounts(shown: ShownPeriod): readonly Figure[] {
  const { totals, scope } = shown;
  const money = (amountPaise: bigint) => formatMoney(amountPaise, scope.currency);
  const revenue = totals.capturedAmountPaise;
  const ofRevenue = (amountPaise: bigint) =>
    revenue > 0n ? `${formatShare(Number(amountPaise) / Number(revenue))} of revenue` : 'no revenue';
  const average =
    totals.captured > 0
      ? `${money(halfUpDivide(revenue, BigInt(totals.captured)))} on average`
      : 'no payment';
  return [
    {
      title: 'Revenue',
      value: money(revenue),
      detail: change(shown, (of) => Number(of.capturedAmountPaise)) ?? average,
    },
    {
      title: 'Refunds',
      value: money(totals.refundsAmountPaise),
      detail: `${formatCount(totals.refunds)} refunds, ${ofRevenue(totals.refundsAmountPaise)}`,
    },
    {
      title: 'Net revenue',
      value: money(totals.netAmountPaise),
      detail: change(shown, (of) => Number(of.netAmountPaise)) ?? ofRevenue(totals.netAmountPaise),
    },
  ];
}

function counts(shown: ShownPeriod): readonly Figure[] {
  const { totals } = shown;
  const open = totals.attempts - totals.captured - totals.failed;
  const each =
    totals.payers > 0 ? `${(totals.captured / totals.payers).toFixed(1)} payments each` : 'nobody paid';
  return [
    {
      title: 'Payments',
      value: formatCount(totals.captured),
      detail: `captured of ${formatCount(totals.attempts)} attempts${open > 0 ? `, ${formatCount(open)} open` : ''}`,
    },
    { title: 'Payers', value: formatCount(totals.payers), detail: change(shown, (of) => of.payers) ?? each },
    {
      title: 'Success rate',
      value: formatShare(successShare(totals)),
      detail: `${formatCount(totals.failed)} failed`,
    },
  ];
}

/** Null when there is nothing to compare with. */
function change({ totals, totalsBefore, scope }: ShownPeriod, measure: (of: Totals) => number): Html | null {
  const previous = totalsBefore === null ? 0 : measure(totalsBefore);
  if (previous <= 0) return null;
  const growth = measure(totals) / previous - 1;
  const direction = growth < 0 ? 'down' : 'up';
  const arrow = growth < 0 ? '↓' : '↑';
  return html`<span class="change-${direction}"
      ><span aria-hidden="true">${arrow}</span
      ><span class="visually-hidden">${direction}</span> ${formatShare(Math.abs(growth))}</span
    >
    on the ${daysIn(scope)} days before`;
}
