/** The decision log, newest first, filtered by action, a page at a time. */
import { ACTIONS } from '../../scoring/request.js';
import type { Action } from '../../scoring/request.js';
import type { RecordedDecision } from '../../scoring/decisions.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { renderPage } from './layout.js';
import { actionTitle, decisionTable } from './parts.js';

interface DecisionsPage {
  readonly action: Action | null;
  readonly decisions: readonly RecordedDecision[];
  /** Where the next page begins; null on the last one. */
  readonly before: string | null;
  /** Why the rules decide alone; null with a model. */
  readonly rulesOnly: string | null;
}

export function decisionsPage({ action, decisions, before, rulesOnly }: DecisionsPage): string {
  const main = html`<div class="page-head">
      <div>
        <h1>Decisions</h1>
        <p class="subtitle">Newest first, as answered by the gate.</p>
      </div>
      <nav class="picker" aria-label="Action">
        ${[null, ...ACTIONS].map((choice) => actionLink(choice, choice === action))}
      </nav>
    </div>
    ${rulesOnly !== null && html`<p class="callout">${rulesOnly}</p>`}
    <section class="card" aria-label="Decisions">
      ${decisions.length === 0 ? html`<p class="empty">${emptyText(action)}</p>` : decisionTable(decisions, 'Decisions, newest first')}
      ${before !== null && html`<p class="pager"><a class="quiet" rel="next" href="/decisions?${pageQuery(action, before)}">Older decisions</a></p>`}
    </section>`;
  return renderPage({ title: 'Decisions', section: '/decisions', main });
}

function emptyText(action: Action | null): string {
  return action === null
    ? 'The gate has not decided on a payment yet.'
    : `No decision here: ${actionTitle(action)}.`;
}

function actionLink(action: Action | null, current: boolean): Html {
  const href = action === null ? '/decisions' : `/decisions?action=${action}`;
  const title = action === null ? 'All' : actionTitle(action);
  return current
    ? html`<a href="${href}" aria-current="true">${title}</a>`
    : html`<a href="${href}">${title}</a>`;
}

function pageQuery(action: Action | null, before: string): string {
  return new URLSearchParams({ ...(action === null ? {} : { action }), before }).toString();
}
