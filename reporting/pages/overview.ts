/**
 * The first page: what was earned, what failed, how well the gate catches fraud, what it decided last and which model
 * stands behind it. It says plainly when there is no data, no warehouse or no model.
 */
import type { RecordedDecision } from '../../scoring/decisions.js';
import type { ProductionModel } from '../deps.js';
import { formatCount, formatDay } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import type { Overview } from '../overview.js';
import { daysIn, PERIOD_CHOICES } from '../period.js';
import type { PeriodChoice } from '../period.js';
import { breakdownCards } from './breakdowns.js';
import { figures } from './figures.js';
import { fraudChart } from './fraud-chart.js';
import { notice, renderPage } from './layout.js';
import { modelCard } from './model-card.js';
import { decisionTable, instant, rulesOnly } from './parts.js';
import { paymentCharts } from './payment-charts.js';

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
      ${pickers(page.overview)}
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

function periodLine(overview: Overview | null): Child {
  if (overview === null) return null;
  const { coverage, shown } = overview;
  const asOf = html`as of ${instant(coverage.asOf)}`;
  if (shown === null || coverage.history === null) return html`<p class="subtitle">Known ${asOf}</p>`;
  const { from, to } = shown.scope;
  return html`<p class="subtitle">
    <strong>${formatDay(from)} – ${formatDay(to)}</strong>, ${formatCount(daysIn({ from, to }))} days ·
    ${asOf} · history ${formatDay(coverage.history.from)} – ${formatDay(coverage.history.to)}
  </p>`;
}

const CHOICE_TITLES: Readonly<Record<PeriodChoice, string>> = {
  '30': '30 days',
  '90': '90 days',
  '365': '365 days',
  all: 'All',
};

function pickers(overview: Overview | null): Child {
  if (overview === null || overview.shown === null) return null;
  const { choice, coverage, shown } = overview;
  const { currency } = shown.scope;
  const periods = PERIOD_CHOICES.map((days) =>
    pickerLink(CHOICE_TITLES[days], { days, currency }, days === choice),
  );
  const currencies = coverage.currencies.map((other) =>
    pickerLink(other, { days: choice, currency: other }, other === currency),
  );
  return html`<div class="pickers">
    ${currencies.length > 1 && html`<nav class="picker" aria-label="Currency">${currencies}</nav>`}
    <nav class="picker" aria-label="Period">${periods}</nav>
  </div>`;
}

function pickerLink(title: string, query: Record<string, string>, current: boolean): Html {
  const href = `/?${new URLSearchParams(query).toString()}`;
  return current
    ? html`<a href="${href}" aria-current="true">${title}</a>`
    : html`<a href="${href}">${title}</a>`;
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
