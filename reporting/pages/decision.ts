/** One decision with everything that led to it: the payment, the reasons, the model and every value that it saw. */
import { formatMoney } from '../../core/money.js';
import { FEATURES } from '../../features/definitions.js';
import type { InspectedDecision } from '../../scoring/decisions.js';
import { UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import { renderPage } from './layout.js';
import { actionBadge, instant, probability } from './parts.js';

/** `featureSetHash` is that of the gate's fold: it names the values of the vector. */
export function decisionPage(decision: InspectedDecision, featureSetHash: string): string {
  const main = html`<div class="page-head">
      <div>
        <p class="crumb"><a href="/decisions">Decisions</a></p>
        <h1>Decision on <span class="id">${decision.paymentId}</span></h1>
        <p class="subtitle">${instant(Date.parse(decision.decidedAt))}</p>
      </div>
      ${actionBadge(decision.action)}
    </div>
    <div class="grid">
      <section class="card" aria-labelledby="outcome-title">
        <div class="card-head"><h2 id="outcome-title">Why</h2></div>
        ${reasonList(decision)}${facts(outcomeFacts(decision))}
      </section>
      <section class="card" aria-labelledby="payment-title">
        <div class="card-head"><h2 id="payment-title">Payment</h2></div>
        ${facts(paymentFacts(decision))}
      </section>
    </div>
    <section class="card" aria-labelledby="inputs-title">
      <div class="card-head"><h2 id="inputs-title">Inputs</h2></div>
      ${decision.featureSetHash === featureSetHash ? inputTable(decision.vector) : html`<p class="empty">This decision was made on an earlier set of features, whose values have no names any more.</p>`}
    </section>`;
  return renderPage({ title: `Decision ${decision.decisionId}`, section: '/decisions', main });
}

type FactList = readonly (readonly [title: string, value: Child])[];

export function facts(list: FactList): Html {
  return html`<dl class="facts">
    ${list.map(
      ([title, value]) =>
        html`<div>
          <dt>${title}</dt>
          <dd>${value ?? UNKNOWN}</dd>
        </div>`,
    )}
  </dl>`;
}

function outcomeFacts(decision: InspectedDecision): FactList {
  return [
    ['Decision', html`<span class="id">${decision.decisionId}</span>`],
    ['Fraud probability', probability(decision.fraudProbability)],
    [
      'Model version',
      decision.modelVersion === null ? 'Rules only' : html`<span class="id">${decision.modelVersion}</span>`,
    ],
    ['Feature set', html`<span class="id">${decision.featureSetHash}</span>`],
    ['Time to decide', `${decision.latencyMs.toFixed(1)} ms`],
  ];
}

export function paymentFacts({ payment }: InspectedDecision): FactList {
  return [
    ['Amount', formatMoney(payment.amountPaise, payment.currency)],
    ['Kind', payment.retryOf === null ? payment.kind : `${payment.kind} of ${payment.retryOf}`],
    ['Payer', payment.payerId],
    ['Counterparty', payment.counterpartyId],
    ['Method', payment.method],
    ['Instrument', payment.instrumentId],
    ['Device', payment.deviceId],
    ['IP address', payment.ip],
    ['Country', payment.country],
    ['Category', payment.category],
  ];
}

export function reasonList({ reasons }: InspectedDecision): Html {
  if (reasons.length === 0) return html`<p class="empty">Nothing spoke against the payment.</p>`;
  return html`<ol class="reason-list">
    ${reasons.map(
      ({ code, text, contribution }) =>
        html`<li>
          <span>${text}</span>
          <code>${code}</code
          >${contribution !== undefined && html` <span class="muted">+${contribution.toFixed(2)} log-odds</span>`}
        </li>`,
    )}
  </ol>`;
}

/** Only what has a value: a first payment from a new device would otherwise be pages of nothing. */
function inputTable(vector: Float32Array): Html {
  const known = FEATURES.map((feature, index) => ({ ...feature, value: vector[index] })).filter(
    ({ value }) => value !== undefined && !Number.isNaN(value),
  );
  const left = FEATURES.length - known.length;
  const note = `${known.length} features had a value; ${left} had none, for want of history or of what the request names.`;
  return html`<p class="note">${note}</p>
    <div class="table-scroll" role="region" aria-labelledby="inputs-title" tabindex="0">
      <table class="compact">
        <caption class="visually-hidden">
          What the model saw
        </caption>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col" class="number">Value</th>
            <th scope="col">Unit</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${known.map(
            ({ name, unit, meaning, value }) =>
              html`<tr>
                <th scope="row"><code>${name}</code></th>
                <td class="number">${String(Number(value?.toPrecision(6)))}</td>
                <td>${unit}</td>
                <td>${meaning}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
