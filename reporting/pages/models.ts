/** What is in production and in shadow, what the guardrails see, and what was in production when, by whom and why. */
import type { Challenge } from '../../models/challenges.js';
import type { ModelChange, ProductionModel } from '../deps.js';
import type { GuardrailCheck } from '../guardrails.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { Coverage } from '../queries.js';
import { guardrailCard } from './guardrail-card.js';
import { renderPage } from './layout.js';
import { modelCard } from './model-card.js';
import { instant } from './parts.js';

interface ModelsPage {
  readonly model: ProductionModel | null;
  readonly changes: readonly ModelChange[];
  readonly coverage: Coverage | null;
  readonly challenge: Challenge | null;
  readonly guardrails: GuardrailCheck | null;
}

export function modelsPage({ model, changes, coverage, challenge, guardrails }: ModelsPage): string {
  const main = html`<div class="page-head">
      <div>
        <h1>Models</h1>
        <p class="subtitle">Artefacts never change; production is a pointer with a history.</p>
      </div>
    </div>
    ${modelCard(model, coverage)} ${guardrailCard(guardrails)} ${challengeCard(challenge)}
    <section class="card" aria-labelledby="history-title">
      <div class="card-head"><h2 id="history-title">History of production</h2></div>
      ${changes.length === 0 ? html`<p class="empty">No model has been put into production yet.</p>` : changeTable(changes)}
    </section>`;
  return renderPage({ title: 'Models', section: '/models', main });
}

function challengeCard(challenge: Challenge | null): Html {
  return html`<section class="card" aria-labelledby="challenger-title">
    <div class="card-head">
      <h2 id="challenger-title">Challenger in shadow</h2>
      <a class="quiet" href="/models/comparison">Comparison</a>
    </div>
    ${
      challenge === null
        ? html`<p class="empty">No model scores beside the one in production.</p>`
        : html`<p>
            <span class="id">${challenge.version.slice(0, 12)}</span> since ${instant(challenge.at)}, by
            ${challenge.actor}: ${challenge.reason}
          </p>`
    }
  </section>`;
}

const KIND_TITLES: Readonly<Record<ModelChange['kind'], string>> = {
  propose: 'Proposed',
  approve: 'By two people',
  force: 'Forced by one person',
  promote: 'By its figures',
  rollback: 'Rolled back',
  guardrail: 'Rolled back by a guardrail',
};

function changeTable(changes: readonly ModelChange[]): Html {
  const rows = changes.map(
    ({ task, version, kind, changedAt, actor, reason, inProduction }) =>
      html`<tr>
        <td>${instant(changedAt)}</td>
        <td>${task}</td>
        <th scope="row">
          <span class="id">${version.slice(0, 12)}</span
          >${inProduction && html` <span class="badge badge-allow">In production</span>`}
        </th>
        <td>${KIND_TITLES[kind]}</td>
        <td>${reason}</td>
        <td>${actor}</td>
      </tr>`,
  );
  return html`<div class="table-scroll" role="region" aria-labelledby="history-title" tabindex="0">
    <table>
      <caption class="visually-hidden">
        Models put into production, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Task</th>
          <th scope="col">Version</th>
          <th scope="col">How</th>
          <th scope="col">Reason</th>
          <th scope="col">By</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
