/** The review queue, newest first, filtered by status, a page at a time. Read only: what people do goes through the API. */
import { CASE_STATUSES } from '../../scoring/cases/case.js';
import type { Case, CaseStatus } from '../../scoring/cases/case.js';
import { UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { renderPage } from './layout.js';
import { instant } from './parts.js';

interface CasesPage {
  readonly status: CaseStatus | null;
  readonly cases: readonly Case[];
  /** Where the next page begins; null on the last one. */
  readonly before: string | null;
}

const STATUS_TITLES: Readonly<Record<CaseStatus, string>> = {
  open: 'Open',
  assigned: 'Assigned',
  closed: 'Closed',
};

export function casesPage({ status, cases, before }: CasesPage): string {
  const main = html`<div class="page-head">
      <div>
        <h1>Cases</h1>
        <p class="subtitle">Payments that wait for a person, and what people said of them.</p>
      </div>
      <nav class="picker" aria-label="Status">
        ${[null, ...CASE_STATUSES].map((choice) => statusLink(choice, choice === status))}
      </nav>
    </div>
    <section class="card" aria-label="Cases">
      ${cases.length === 0 ? html`<p class="empty">${emptyText(status)}</p>` : caseTable(cases)}
      ${before !== null && html`<p class="pager"><a class="quiet" rel="next" href="/cases?${pageQuery(status, before)}">Older cases</a></p>`}
    </section>`;
  return renderPage({ title: 'Cases', section: '/cases', main });
}

function emptyText(status: CaseStatus | null): string {
  return status === null
    ? 'No payment has been put before a person yet.'
    : `No case here: ${STATUS_TITLES[status].toLowerCase()}.`;
}

function statusLink(status: CaseStatus | null, current: boolean): Html {
  const href = status === null ? '/cases' : `/cases?status=${status}`;
  const title = status === null ? 'All' : STATUS_TITLES[status];
  return current
    ? html`<a href="${href}" aria-current="true">${title}</a>`
    : html`<a href="${href}">${title}</a>`;
}

function pageQuery(status: CaseStatus | null, before: string): string {
  return new URLSearchParams({ ...(status === null ? {} : { status }), before }).toString();
}

function caseTable(cases: readonly Case[]): Html {
  return html`<div class="table-scroll" role="region" aria-label="Cases, newest first" tabindex="0">
    <table>
      <caption class="visually-hidden">
        Cases, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Opened</th>
          <th scope="col">Payment</th>
          <th scope="col">Status</th>
          <th scope="col">With</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        ${cases.map(caseRow)}
      </tbody>
    </table>
  </div>`;
}

function caseRow(found: Case): Html {
  return html`<tr>
    <td>${instant(found.openedAt)}</td>
    <th scope="row">
      <a class="id" href="/cases/${encodeURIComponent(found.caseId)}">${found.paymentId}</a>
    </th>
    <td>${caseBadge(found)}</td>
    <td>${found.assignee ?? UNKNOWN}</td>
    <td>${instant(found.changedAt)}</td>
  </tr>`;
}

/** The verdict once there is one. */
export function caseBadge({ status, verdict }: Pick<Case, 'status' | 'verdict'>): Html {
  if (verdict === 'fraud') return html`<span class="badge badge-block">Fraud</span>`;
  if (verdict === 'good') return html`<span class="badge badge-allow">Good</span>`;
  const colour = status === 'open' ? 'review' : 'challenge';
  return html`<span class="badge badge-${colour}">${STATUS_TITLES[status]}</span>`;
}
