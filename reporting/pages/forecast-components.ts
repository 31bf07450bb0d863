/**
 * What the forecast of all revenue is made of, bottom-up, beside the top-down one: amounts of components that are still to come, what
 * each forecast counts for, and how far each was off when it was rehearsed. Nothing where nothing is sold by contract.
 */
import { formatMoney } from '../../core/money.js';
import type { BottomUp, ForecastReport } from '../forecast-report.js';
import { formatCount, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';

type Span = BottomUp['spans'][number];
type Trial = BottomUp['trials'][number];

const ROWS: readonly (readonly [Exclude<keyof Span, 'span'>, string])[] = [
  ['contracted', 'Renewals of contracts that live'],
  ['recovery', 'Renewals after a failed debit'],
  ['new', 'Contracts that begin'],
  ['oneOff', 'One-off purchases'],
  ['bottomUp', 'Bottom-up, their sum'],
  ['topDown', 'Top-down'],
];

const SPAN_TITLES: Readonly<Record<Span['span'], string>> = {
  'thirteen-weeks': 'Thirteen weeks',
  quarter: 'Rest of the quarter',
};

export function componentsCard({ bottomUp, currency }: ForecastReport): Html | null {
  if (bottomUp === undefined) return null;
  const { spans, weight, trials } = bottomUp;
  return html`<section class="card" aria-labelledby="components-title">
    <div class="card-head"><h2 id="components-title">What it is made of</h2></div>
    <div class="table-scroll" role="region" aria-labelledby="components-title" tabindex="0">
      <table>
        <caption class="visually-hidden">
          Components of the forecast that are still to come
        </caption>
        <thead>
          <tr>
            <th scope="col">Component</th>
            ${spans.map(({ span }) => html`<th scope="col" class="number">${SPAN_TITLES[span]}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${ROWS.map(
            ([name, title]) =>
              html`<tr>
                <th scope="row">${title}</th>
                ${spans.map((one) => html`<td class="number">${formatMoney(BigInt(one[name]), currency)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      Bottom-up counts for ${formatShare(weight)}, top-down for the rest, by how far each was off before; then
      all levels are made to add
      up.${trials.length > 0 && ` Mean error of ${formatCount(trials.length)} rehearsals: ${rehearsed(trials)}.`}
    </p>
  </section>`;
}

function rehearsed(trials: readonly Trial[]): string {
  const judged = trials.filter(({ actual }) => actual > 0);
  const meanOf = (name: 'topDown' | 'bottomUp' | 'blend'): string =>
    formatShare(judged.reduce((sum, one) => sum + Math.abs(one[name] / one.actual - 1), 0) / judged.length);
  return `top-down ${meanOf('topDown')}, bottom-up ${meanOf('bottomUp')}, both together ${meanOf('blend')}`;
}
