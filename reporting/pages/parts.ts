/** Small pieces that several pages show: badges, bars, charts beside their tables, sentences about the model. */
import type { Coverage } from '../queries.js';
import type { RecordedDecision } from '../../scoring/decisions.js';
import { formatInstant, formatMetric, formatShare, isoInstant, UNKNOWN } from '../format.js';
import { formatMoney } from '../../core/money.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import type { Action } from '../../scoring/request.js';

const ACTION_TITLES: Readonly<Record<Action, string>> = {
  allow: 'Allowed',
  challenge: 'Challenged',
  review: 'For review',
  block: 'Blocked',
};

export function actionTitle(action: Action): string {
  return ACTION_TITLES[action];
}

export function actionBadge(action: Action): Html {
  return html`<span class="badge badge-${action}">${actionTitle(action)}</span>`;
}

export function instant(instantMs: number): Html {
  return html`<time datetime="${isoInstant(instantMs)}">${formatInstant(instantMs)}</time>`;
}

/** A bar for a share in [0, 1]; the number itself stands beside it. */
export function shareBar(share: number): Html {
  const width = (Math.max(0, Math.min(1, share)) * 100).toFixed(2);
  return html`<svg class="share-bar" aria-hidden="true">
    <rect class="share-bar-track" width="100%" height="100%" rx="3" />
    <rect class="share-bar-fill" width="${width}%" height="100%" rx="3" />
  </svg>`;
}

/** Why there is no fraud model, or null when one is in production. */
export function rulesOnly(hasModel: boolean, coverage: Coverage | null): string | null {
  if (hasModel) return null;
  if (coverage === null) return 'Rules only: no fraud model is in production.';
  if (coverage.labels > 0) return 'Rules only: no fraud model has been promoted to production yet.';
  return 'Rules only: no fraud labels have been imported, so no fraud model was trained.';
}

/** A column of the table that a chart is drawn from. */
export interface ChartColumn {
  readonly title: string;
  /** A custom property of the style sheet without its dashes. */
  readonly colour: string;
  readonly format: 'money' | 'count' | 'share';
  /** Lines only: the space between a low column and the high one after it is filled. */
  readonly band?: 'low' | 'high';
}

export interface ChartRow {
  readonly label: string;
  /** One for each column: the exact value for the drawing, the text for people. */
  readonly cells: readonly { readonly value: number | null; readonly text: string }[];
  /** Drawn hollow: not final yet. */
  readonly provisional?: boolean;
}

export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What the chart shows, for whoever cannot see it. */
  readonly summary: string;
  readonly kind: 'bars' | 'stacked' | 'lines';
  readonly rowTitle: string;
  readonly columns: readonly ChartColumn[];
  readonly rows: readonly ChartRow[];
  readonly currency?: string;
  /** The value axis need not begin at zero: changes matter more than sizes. */
  readonly floating?: boolean;
  readonly note?: Child;
}

/** The drawing and its numbers; without JavaScript the table alone. */
export function chartFigure(chart: Chart): Html {
  return html`<section
    class="card chart"
    data-chart="${chart.kind}"
    data-currency="${chart.currency}"
    ${chart.floating === true && html`data-floating`}
    ${chart.columns[0]?.format === 'share' && html`data-share`}
    aria-labelledby="${chart.id}-title"
  >
    <div class="card-head">
      <h2 id="${chart.id}-title">${chart.title}</h2>
      <button
        type="button"
        class="quiet"
        data-toggle
        aria-expanded="false"
        aria-controls="${chart.id}-table"
        hidden
      >
        Numbers<span class="visually-hidden"> of ${chart.title}</span>
      </button>
    </div>
    <div class="canvas-box"><canvas role="img" aria-label="${chart.summary}"></canvas></div>
    <div class="numbers" id="${chart.id}-table">${chartTable(chart)}</div>
    ${chart.note !== undefined && html`<p class="note">${chart.note}</p>`}
  </section>`;
}

function chartTable({ title, rowTitle, columns, rows }: Chart): Html {
  const head = columns.map(
    ({ title: column, colour, format, band }) =>
      html`<th scope="col" class="number" data-colour="${colour}" data-format="${format}" data-band="${band}">
        ${column}
      </th>`,
  );
  const body = rows.map(
    ({ label, cells, provisional }) =>
      html`<tr ${provisional === true && html`data-provisional`}>
        <th scope="row">${label}</th>
        ${cells.map(({ value, text }) => html`<td class="number" data-value="${value}">${text}</td>`)}
      </tr>`,
  );
  return html`<table>
    <caption class="visually-hidden">
      ${title}
    </caption>
    <thead>
      <tr>
        <th scope="col">${rowTitle}</th>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
}

/** Decisions as a table; the reasons in words. */
export function decisionTable(decisions: readonly RecordedDecision[], caption: string): Html {
  return html`<div class="table-scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="decisions">
      <caption class="visually-hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Decided</th>
          <th scope="col">Payment</th>
          <th scope="col" class="number">Amount</th>
          <th scope="col">Action</th>
          <th scope="col" class="number">Fraud probability</th>
          <th scope="col">Reasons</th>
        </tr>
      </thead>
      <tbody>
        ${decisions.map(decisionRow)}
      </tbody>
    </table>
  </div>`;
}

function decisionRow(decision: RecordedDecision): Html {
  const { payment } = decision;
  return html`<tr>
    <td>${instant(Date.parse(decision.decidedAt))}</td>
    <th scope="row">
      <a class="id" href="/decisions/${encodeURIComponent(decision.decisionId)}">${decision.paymentId}</a>
    </th>
    <td class="number">${formatMoney(payment.amountPaise, payment.currency)}</td>
    <td>${actionBadge(decision.action)}</td>
    <td class="number">${probability(decision.fraudProbability)}</td>
    <td class="reasons">${reasonTexts(decision)}</td>
  </tr>`;
}

export function probability(fraudProbability: number | null): string {
  return fraudProbability === null ? UNKNOWN : formatShare(fraudProbability);
}

function reasonTexts({ reasons }: RecordedDecision): Child {
  if (reasons.length === 0) return html`<span class="muted">Nothing speaks against it</span>`;
  return reasons.map(({ text }) => text).join(' · ');
}

export function metricRange(low: number | null, high: number | null): string {
  return low === null || high === null ? UNKNOWN : `${formatMetric(low)} – ${formatMetric(high)}`;
}
