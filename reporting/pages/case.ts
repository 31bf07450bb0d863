/** One case as its reviewer needs it: why the payment was held, the payment, what was done, what the payer paid before. */
import { formatMoney } from '../../core/money.js';
import type { CaseStep } from '../../scoring/cases/case.js';
import type { InspectedCase } from '../../scoring/cases/inspect.js';
import type { PayerPayment } from '../../scoring/decisions.js';
import { UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import { caseBadge } from './cases.js';
import { facts, paymentFacts, reasonList } from './decision.js';
import { renderPage } from './layout.js';
import { actionBadge, instant, probability } from './parts.js';

export function casePage(found: InspectedCase): string {
  const { decision } = found;
  const main = html`<div class="page-head">
      <div>
        <p class="crumb"><a href="/cases">Cases</a></p>
        <h1>Case on <span class="id">${found.paymentId}</span></h1>
        <p class="subtitle">Opened ${instant(found.openedAt)}</p>
      </div>
      ${caseBadge(found)}
    </div>
    <div class="grid">
      <section class="card" aria-labelledby="why-title">
        <div class="card-head">
          <h2 id="why-title">Why</h2>
          <a class="quiet" href="/decisions/${encodeURIComponent(found.decisionId)}">The decision</a>
        </div>
        ${reasonList(decision)}${facts([
          ['Case', html`<span class="id">${found.caseId}</span>`],
          ['With', found.assignee],
          ['Action', actionBadge(decision.action)],
          ['Fraud probability', probability(decision.fraudProbability)],
        ])}
      </section>
      <section class="card" aria-labelledby="payment-title">
        <div class="card-head"><h2 id="payment-title">Payment</h2></div>
        ${facts(paymentFacts(decision))}
      </section>
    </div>
    <section class="card" aria-labelledby="steps-title">
      <div class="card-head"><h2 id="steps-title">What was done</h2></div>
      ${found.steps.length === 0 ? html`<p class="empty">Nobody has looked at it yet.</p>` : stepTable(found.steps)}
    </section>
    <section class="card" aria-labelledby="payer-title">
      <div class="card-head"><h2 id="payer-title">Payments of this payer</h2></div>
      ${paymentTable(found.payerPayments)}
    </section>`;
  return renderPage({ title: `Case ${found.caseId}`, section: '/cases', main });
}

function stepTable(steps: readonly CaseStep[]): Html {
  const rows = steps.map(({ event, actor, assignee, verdict, note, at }): Child[] => [
    instant(at),
    actor,
    [event, assignee !== null && ` to ${assignee}`, verdict !== null && ` as ${verdict}`],
    note ?? UNKNOWN,
  ]);
  return table('steps-title', 'What was done, oldest first', ['When', 'By', 'Step', 'Note'], rows);
}

function paymentTable(payments: readonly PayerPayment[]): Html {
  const rows = payments.map(
    ({ decisionId, payment, decidedAt, action, fraudProbability, outcomes }): Child[] => [
      instant(Date.parse(decidedAt)),
      html`<a class="id" href="/decisions/${encodeURIComponent(decisionId)}">${payment.paymentId}</a>`,
      formatMoney(payment.amountPaise, payment.currency),
      actionBadge(action),
      probability(fraudProbability),
      outcomes.length === 0 ? UNKNOWN : outcomes.join(', '),
    ],
  );
  const columns = ['Decided', 'Payment', 'Amount', 'Action', 'Fraud probability', 'Reported'];
  return table('payer-title', 'Payments of this payer, newest first', columns, rows);
}

function table(
  labelledBy: string,
  caption: string,
  columns: readonly string[],
  rows: readonly Child[][],
): Html {
  return html`<div class="table-scroll" role="region" aria-labelledby="${labelledBy}" tabindex="0">
    <table>
      <caption class="visually-hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
