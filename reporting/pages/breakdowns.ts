/** Where payments fail, how they are made and who is paid: tables with a bar for each share. */
import { formatMoney } from '../../core/money.js';
import { formatCount, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { ShownPeriod } from '../overview.js';
import { successShare } from '../queries.js';
import type { Breakdown, FailureReason } from '../queries.js';
import { shareBar } from './parts.js';
import { numberTable } from './table-card.js';

export function breakdownCards(shown: ShownPeriod): readonly (Html | false)[] {
  const { currency } = shown.scope;
  return [
    failuresCard(shown.failureReasons),
    breakdownCard({
      id: 'methods',
      title: 'Payment methods',
      rowTitle: 'Method',
      rows: shown.methods,
      currency,
      words: true,
    }),
    shown.counterparties.length > 0 &&
      breakdownCard({
        id: 'counterparties',
        title: 'Largest recipients',
        rowTitle: 'Counterparty',
        rows: shown.counterparties,
        currency,
        words: false,
      }),
  ];
}

function failuresCard(reasons: readonly FailureReason[]): Html {
  return html`<section class="card" aria-labelledby="failures-title">
    <div class="card-head"><h2 id="failures-title">Failure reasons</h2></div>
    ${reasons.length === 0 ? html`<p class="empty">No payment failed in this period.</p>` : failuresTable(reasons)}
  </section>`;
}

function failuresTable(reasons: readonly FailureReason[]): Html {
  const largest = reasons[0]?.share ?? 1;
  const rows = reasons.map(
    ({ reason, failed, share }) =>
      html`<tr>
        <th scope="row">${inWords(reason)}</th>
        <td class="bar-cell">${shareBar(share / largest)}</td>
        <td class="number">${formatCount(failed)}</td>
        <td class="number muted">${formatShare(share)}</td>
      </tr>`,
  );
  return html`<table class="compact">
    <caption class="visually-hidden">
      Failed payments by reason
    </caption>
    <thead class="visually-hidden">
      <tr>
        <th scope="col">Reason</th>
        <td></td>
        <th scope="col">Failed</th>
        <th scope="col">Share</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

interface BreakdownCard {
  readonly id: string;
  readonly title: string;
  readonly rowTitle: string;
  readonly rows: readonly Breakdown[];
  readonly currency: string;
  /** Names are codes to be read as words rather than ids. */
  readonly words: boolean;
}

export function breakdownCard({ id, title, rowTitle, rows, currency, words }: BreakdownCard): Html {
  const table = numberTable(
    title,
    [rowTitle, 'Revenue', 'Captured', 'Success'],
    rows.map((row) => [
      words ? inWords(row.name) : row.name,
      formatMoney(row.capturedAmountPaise, currency),
      formatCount(row.captured),
      formatShare(successShare(row)),
    ]),
  );
  return html`<section class="card" aria-labelledby="${id}-title">
    <div class="card-head"><h2 id="${id}-title">${title}</h2></div>
    ${table}
  </section>`;
}

const ABBREVIATIONS = /\b(upi|emi|nach|otp|pin|cvv|vpa|id)\b/g;

/** `insufficient_funds` or `insufficient-funds` -> "Insufficient funds", `incorrect_otp` -> "Incorrect OTP". */
export function inWords(code: string): string {
  const words = code.replaceAll(/[_-]/g, ' ').replace(ABBREVIATIONS, (word) => word.toUpperCase());
  return words === 'emandate' ? 'e-Mandate' : words.charAt(0).toUpperCase() + words.slice(1);
}
