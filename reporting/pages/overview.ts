/**
 * The first page: what was earned, what failed, how well the gate catches fraud, what it decided last and which model
 * stands behind it. It says plainly when there is no data, no warehouse or no model.
 */
import type { RecordedDecision } from '../../scoring/decisions.js';
import type { ProductionModel } from '../deps.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { Overview } from '../overview.js';
import { breakdownCards } from './breakdowns.js';
import { figures } from './figures.js';
import { fraudChart } from './fraud-chart.js';
import { notice, renderPage } from './layout.js';
import { modelCard } from './model-card.js';
import { decisionTable, rulesOnly } from './parts.js';
import { paymentCharts } from './payment-charts.js';
import { periodLine, pickers } from './period-picker.js';

export interface OverviewPage {
  /** Null while no warehouse was built. */
  readonly overview: Overview | null;
  readonly decisions: readonly RecordedDecision[];
  readonly model: ProductionModel | null;
}

export function overviewPage(page: OverviewPage): string {
  const shown = page.overview?.shown ?? null;
  const main = html`<div class="page-head">
      <div>
        <h1>Overview</h1>
        ${periodLine(page.overview)}
      </div>
      ${pickers('/', page.overview)}
    </div>
    ${page.overview === null && notice({ title: 'The warehouse is not built yet', text: html`Figures appear as soon as <code>hasivu report</code> has built it from the lake.` })}
    ${page.overview !== null && shown === null && notice({ title: 'No payments yet', text: html`Import a file with <code>hasivu import</code>, or connect Razorpay's webhooks: figures appear with the next build.` })}
    ${shown !== null && figures(shown)}
    <div class="grid">
      ${shown !== null && paymentCharts(shown)} ${shown !== null && breakdownCards(shown)}
      ${page.overview !== null && shown !== null && fraudChart(shown, page.overview.coverage)}
      ${modelCard(page.model, page.overview?.coverage ?? null, html`<a class="quiet" href="/models">History</a>`)}
    </div>
    ${decisionSection(page)}`;
  return renderPage({ title: 'Overview', section: '/', main, charts: shown !== null });
}

function decisionSection({ decisions, model, overview }: OverviewPage): Html {
  const missing = rulesOnly(model !== null, overview?.coverage ?? null);
  return html`<section class="card" aria-labelledby="decisions-title">
    <div class="card-head">
      <h2 id="decisions-title">Latest decisions</h2>
      <a class="quiet" href="/decisions">All decisions</a>
    </div>
    ${missing !== null && html`<p class="callout">${missing}</p>`}
    ${decisions.length === 0 ? html`<p class="empty">No decision yet. Ask the gate with <code>POST /v1/decisions</code>.</p>` : decisionTable(decisions, 'Latest decisions')}
  </section>`;
}
