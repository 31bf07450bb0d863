/** The fraud model in production: each metric with its confidence interval beside the naive baseline. */
import type { ProductionModel, ReportedMetric } from '../deps.js';
import { formatMetric, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { Coverage } from '../queries.js';
import { instant, metricRange, rulesOnly } from './parts.js';

export function modelCard(model: ProductionModel | null, coverage: Coverage | null, link?: Html): Html {
  return html`<section class="card" aria-labelledby="model-title">
    <div class="card-head">
      <h2 id="model-title">Fraud model in production</h2>
      ${link}
    </div>
    ${model === null ? html`<p class="callout">${rulesOnly(false, coverage)}</p>` : modelMetrics(model)}
  </section>`;
}

function modelMetrics({ version, promotedAt, metrics }: ProductionModel): Html {
  return html`<p class="subtitle">
      <span class="id">${version.slice(0, 12)}</span> · promoted ${instant(promotedAt)}
    </p>
    <div class="table-scroll" role="region" aria-label="Metrics of the model" tabindex="0">
      <table class="compact">
        <caption class="visually-hidden">
          Metrics of the model beside the naive baseline
        </caption>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="number">Model</th>
            <th scope="col" class="number">95 % interval</th>
            <td class="interval-cell"></td>
            <th scope="col" class="number">Baseline</th>
          </tr>
        </thead>
        <tbody>
          ${metrics.map(metricRow)}
        </tbody>
      </table>
    </div>
    <p class="note interval-note">
      Bar: 95 % confidence interval from 0 to 1. Dot: the model. Tick: the naive baseline.
    </p>`;
}

function metricRow(metric: ReportedMetric): Html {
  const { name, value, low, high, baseline } = metric;
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="number strong">${formatMetric(value)}</td>
    <td class="number muted">${metricRange(low, high)}</td>
    <td class="interval-cell">${interval(metric)}</td>
    <td class="number">${baseline === null ? UNKNOWN : formatMetric(baseline)}</td>
  </tr>`;
}

/** Drawn for metrics between 0 and 1 only. */
function interval({ value, low, high, baseline }: ReportedMetric): Html | null {
  if ([value, low, high, baseline].some((bound) => bound !== null && (bound < 0 || bound > 1))) return null;
  const at = (position: number) => `${(position * 100).toFixed(2)}%`;
  return html`<svg class="interval" aria-hidden="true">
    <line class="interval-axis" x1="0" x2="100%" y1="50%" y2="50%" />
    ${low !== null && high !== null && html`<line class="interval-range" x1="${at(low)}" x2="${at(high)}" y1="50%" y2="50%" />`}${baseline !== null && html`<line class="interval-baseline" x1="${at(baseline)}" x2="${at(baseline)}" y1="15%" y2="85%" />`}
    <circle class="interval-value" cx="${at(value)}" cy="50%" r="4" />
  </svg>`;
}
