/** Why attempts failed: by class with what to do about it, and by the gateway's reason with what to tell the payer. */
import type { DeclineClass } from '../../core/decline-reasons.js';
import { formatMoney } from '../../core/money.js';
import { formatCount, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { PaymentsReport } from '../payment-report.js';
import { inWords } from './breakdowns.js';
import { shareBar } from './parts.js';

export function failureCards(report: PaymentsReport): Html {
  if (report.reasons.length === 0) {
    return html`<section class="card" aria-labelledby="failures-title">
      <div class="card-head"><h2 id="failures-title">Why payments failed</h2></div>
      <p class="empty">No attempt failed in this period.</p>
    </section>`;
  }
  return html`${classesCard(report)} ${reasonsCard(report)}`;
}

const CLASS_TITLES: Readonly<Record<DeclineClass, string>> = {
  funds: 'Not enough funds',
  technical: 'Technical trouble',
  limit: 'Over a limit',
  'payer-action': 'The payer must act',
  instrument: 'Instrument unusable',
  mandate: 'Mandate ended',
  risk: 'Stopped as a risk',
  merchant: 'Our mistake',
  pending: 'Not decided yet',
  undisclosed: 'Declined without a cause',
  none: 'Not a failure',
};

/** For the merchant. */
const CLASS_ACTIONS: Readonly<Record<DeclineClass, string>> = {
  funds: 'Debit again on schedule, for instance after pay day; offer another method or instalments.',
  technical: 'Repeat after an hour or more; offer another method while a bank or network is down.',
  limit: 'Repeat on another day, split the amount, or offer another method.',
  'payer-action': 'Do not repeat by yourself: send a link and ask the payer to finish.',
  instrument: 'Do not repeat: ask for another card, account or UPI id.',
  mandate: 'Do not debit again: ask the payer to set up a new mandate.',
  risk: 'Do not repeat: let a person look at the payer first.',
  merchant: 'Do not ask the payer again: correct the request or the account settings.',
  pending: 'Wait and ask the gateway: the payment may still succeed.',
  undisclosed: 'Repeat once on another day, then ask for another method.',
  none: 'Nothing to do.',
};

function classesCard({ classes, currency }: PaymentsReport): Html {
  const largest = classes[0]?.share ?? 1;
  const rows = classes.map((row) => {
    const kind = row.class as DeclineClass;
    return html`<tr>
      <th scope="row">${CLASS_TITLES[kind]}</th>
      <td class="bar-cell">${shareBar((row.share ?? 0) / largest)}</td>
      <td class="number">${formatCount(row.failed)}</td>
      <td class="number muted">${formatShare(row.share)}</td>
      <td class="number">${formatMoney(BigInt(row.failedAmountPaise), currency)}</td>
      <td class="number">${recovery(row)}</td>
      <td class="advice">${CLASS_ACTIONS[kind]}</td>
    </tr>`;
  });
  return html`<section class="card" aria-labelledby="failures-title">
    <div class="card-head"><h2 id="failures-title">Why payments failed, and what to do</h2></div>
    <div class="table-scroll" role="region" aria-labelledby="failures-title" tabindex="0">
      <table class="compact causes">
        <caption class="visually-hidden">
          Failed attempts by class
        </caption>
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <td></td>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">Share</th>
            <th scope="col" class="number">Amount</th>
            <th scope="col" class="number">Won back</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Of the payments whose first attempt failed so, those that a later attempt paid. */
function recovery({ payments, recovered }: PaymentsReport['classes'][number]): string {
  return formatShare(payments === 0 ? null : recovered / payments);
}

const SHOWN_REASONS = 15;
const RETRY_WORDS: Readonly<Record<string, string>> = {
  schedule: 'on schedule',
  backoff: 'after an hour',
  'next-day': 'another day',
  never: 'never',
};

function reasonsCard({ reasons }: PaymentsReport): Html {
  const rows = reasons.slice(0, SHOWN_REASONS).map(
    (row) =>
      html`<tr>
        <th scope="row">${inWords(row.reason)}${row.isRecurring && ' (mandate debit)'}</th>
        <td class="number">${formatCount(row.failed)}</td>
        <td class="number muted">${formatShare(row.share)}</td>
        <td>${RETRY_WORDS[row.autoRetry]}</td>
        <td class="advice">${row.advice}</td>
      </tr>`,
  );
  const left = reasons.length - SHOWN_REASONS;
  return html`<section class="card" aria-labelledby="reasons-title">
    <div class="card-head"><h2 id="reasons-title">Reasons, and what to tell the payer</h2></div>
    <div class="table-scroll" role="region" aria-labelledby="reasons-title" tabindex="0">
      <table class="compact">
        <caption class="visually-hidden">
          Failed attempts by reason
        </caption>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">Share</th>
            <th scope="col">Debit again</th>
            <th scope="col">For the payer</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${left > 0 && html`<p class="note">${formatCount(left)} rarer reasons are in the report over HTTP.</p>`}
  </section>`;
}
