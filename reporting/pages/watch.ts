/** The watch: which features moved away from what the model was fitted on, whether frauds come as announced, and the mix of answers. */
import { DAY_MS } from '../../features/vocabulary.js';
import { ACTIONS } from '../../scoring/request.js';
import { formatCount, formatDay, formatMetric, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { DRIFTING_FROM, SHIFTING_FROM } from '../watch-report.js';
import type { Calibration, DriftingFeature, DriftReport } from '../watch-report.js';
import type { WatchedDay } from '../watch-store.js';
import { notice, renderPage } from './layout.js';
import { actionTitle, chartFigure, instant, shareBar } from './parts.js';
import type { ChartColumn, ChartRow } from './parts.js';

interface WatchPage {
  readonly report: DriftReport | null;
  readonly days: readonly WatchedDay[];
}

export function watchPage({ report, days }: WatchPage): string {
  const main =
    report === null
      ? html`<h1>Watch</h1>
          ${notice({
            title: 'Nothing has been watched yet',
            text: 'The watch runs every quarter of an hour while the server does; `hasivu jobs run watch` runs it now.',
          })}`
      : html`<div class="page-head">
            <div>
              <h1>Watch</h1>
              <p class="subtitle">
                Looked at ${instant(report.at)}: a sample of ${formatCount(report.window.decisions)} decisions
                of ${formatCount(report.window.payers)} payers since ${instant(report.window.fromAt)}
              </p>
            </div>
          </div>
          ${featureCard(report)} ${days.length > 1 && historyChart(days)} ${calibrationSection(report)}
          ${labelSection(report)} ${report.days.length > 0 && actionChart(report)} ${reasonCard(report)}
          ${latencyChart(report)}`;
  return renderPage({ title: 'Watch', section: '/watch', main, charts: report !== null });
}

function featureCard({ notCompared, leading, features, score, window }: DriftReport): Html {
  const listed = leading.flatMap(({ feature, ...bins }) => {
    const found = features.find((one) => one.feature === feature);
    return found === undefined ? [] : [featureRow(feature, found, bins)];
  });
  return html`<section class="card" aria-labelledby="features-title">
    <div class="card-head"><h2 id="features-title">Served beside fitted</h2></div>
    ${notCompared !== null && html`<p class="callout">No features are compared: ${notCompared}.</p>`}
    ${notCompared === null && window.untilAt - window.fromAt < DAY_MS && html`<p class="callout">The sample spans less than a day: hours differ from a year by design, so nothing alarms yet.</p>`}
    ${
      listed.length > 0 &&
      html`<div class="table-scroll" role="region" aria-labelledby="features-title" tabindex="0">
        <table>
          <caption class="visually-hidden">
            Features that moved most since the model was fitted
          </caption>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Level</th>
              <th scope="col" class="number">PSI</th>
              <th scope="col" class="number">By chance below</th>
              <th scope="col" class="number">JS distance</th>
              <th scope="col">Direction</th>
              <th scope="col">Bins</th>
            </tr>
          </thead>
          <tbody>
            ${score !== null && featureRow('Fraud probability', score, score)} ${listed}
          </tbody>
        </table>
      </div>`
    }
    <p class="note">
      PSI beyond what chance gives: from ${SHIFTING_FROM} a shift, from ${DRIFTING_FROM} a large one. Chance
      is judged by distinct payers, devices or schools, not by payments, so few of them raise no alarm. By
      design: the feature tells the date or only ever grows, or the sample spans less than a day. Bars:
      served; ticks: fitted; the last bin holds missing values.
    </p>
  </section>`;
}

const LEVELS: Readonly<Record<DriftingFeature['level'], Html>> = {
  steady: html`<span class="badge badge-allow">Steady</span>`,
  shifting: html`<span class="badge badge-challenge">Shifting</span>`,
  drifting: html`<span class="badge badge-block">Drifting</span>`,
  'by-design': html`<span class="badge">By design</span>`,
};

type Bins = Pick<DriftReport['leading'][number], 'fitted' | 'served'>;

function featureRow(name: string, measured: Omit<DriftingFeature, 'feature'>, bins: Bins): Html {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${LEVELS[measured.level]}</td>
    <td class="number strong">${formatMetric(measured.psi)}</td>
    <td class="number muted">${formatMetric(measured.noiseHigh)}</td>
    <td class="number">${formatMetric(measured.jensenShannon)}</td>
    <td>${direction(measured)}</td>
    <td>${binBars(bins)}</td>
  </tr>`;
}

/** Shifts of less than this are not worth a word. */
const WORTH_SAYING = 0.02;

function direction({ exceeds, missingShift }: Pick<DriftingFeature, 'exceeds' | 'missingShift'>): Html {
  const shift = exceeds === null ? 0 : exceeds - 0.5;
  const way = shift > 0 ? 'up' : 'down';
  const moved =
    Math.abs(shift) >= WORTH_SAYING &&
    html`<span aria-hidden="true">${way === 'up' ? '↑' : '↓'}</span> ${way}, ${formatShare(exceeds)} exceed`;
  const missing =
    Math.abs(missingShift) >= WORTH_SAYING &&
    `${missingShift > 0 ? 'more' : 'fewer'} missing by ${formatShare(Math.abs(missingShift))}`;
  if (moved === false && missing === false) return html`<span class="muted">${UNKNOWN}</span>`;
  return html`${moved}${moved !== false && missing !== false && html`<br />`}${missing}`;
}

function binBars({ fitted, served }: Bins): Html {
  const width = 100 / served.length;
  const tallest = Math.max(...fitted, ...served);
  const top = (share: number): number => 100 * (1 - share / tallest);
  const at = (position: number): string => `${position.toFixed(2)}%`;
  return html`<svg class="bins" aria-hidden="true">
    ${served.map(
      (share, k) =>
        html`<rect
            class="bins-served"
            x="${at(k * width)}"
            y="${at(top(share))}"
            width="${at(width * 0.8)}"
            height="${at(100 - top(share))}"
          />
          <line
            class="bins-fitted"
            x1="${at(k * width)}"
            x2="${at((k + 0.8) * width)}"
            y1="${at(top(fitted[k] ?? 0))}"
            y2="${at(top(fitted[k] ?? 0))}"
          />`,
    )}
  </svg>`;
}

function historyChart(days: readonly WatchedDay[]): Html {
  return chartFigure({
    id: 'drift-history',
    title: 'Drifting features, by day',
    summary: `Line of the number of drifting features on ${days.length} days, without those that move by design.`,
    kind: 'lines',
    rowTitle: 'Day',
    columns: [
      { title: 'Drifting features', colour: 'series-1', format: 'count' },
      { title: 'Largest PSI', colour: '', format: 'count' },
    ],
    rows: days.map(({ day, maxPsi, drifting }) => ({
      label: formatDay(day),
      cells: [
        { value: drifting, text: formatCount(drifting) },
        { value: maxPsi, text: maxPsi === null ? UNKNOWN : formatMetric(maxPsi) },
      ],
    })),
  });
}

function calibrationSection({ calibration }: DriftReport): Html {
  const { weeks, gate, backtest } = calibration;
  const note = [ratioText('The gate', gate), ratioText('The backtest', backtest)].join(' ');
  if (weeks.length === 0) return emptyCard('Announced and observed frauds', 'calibration', note);
  return chartFigure({
    id: 'calibration',
    title: 'Announced and observed frauds, by week',
    summary: `Lines of the frauds that the probabilities announced and that came, for ${weeks.length} weeks.`,
    kind: 'lines',
    rowTitle: 'Week from',
    columns: [
      { title: 'Announced', colour: 'series-4', format: 'count' },
      { title: 'Observed', colour: 'series-3', format: 'count' },
      { title: 'Payments', colour: '', format: 'count' },
    ],
    rows: weeks.map(({ week, backtested, mature, payments, expected, frauds }) => ({
      label: `${formatDay(week)}${weekNote(backtested, mature)}`,
      provisional: !mature,
      cells: [
        { value: expected, text: expected.toFixed(1) },
        { value: frauds, text: formatCount(frauds) },
        { value: payments, text: formatCount(payments) },
      ],
    })),
    note: `${note} Hollow: labels are still arriving. Payments let through without a challenge only.`,
  });
}

function weekNote(backtested: boolean, mature: boolean): string {
  const notes = [backtested && 'backtest', !mature && 'labels still arriving'].filter((one) => one !== false);
  return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
}

function ratioText(who: string, calibration: Calibration | null): string {
  if (calibration === null) return `${who}: no mature week yet.`;
  const { ratio, ratioLow, ratioHigh, frauds, expected, error } = calibration;
  return `${who}: ${formatCount(frauds)} frauds came of ${expected.toFixed(1)} announced, ${ratio.toFixed(2)} times (95 % interval ${ratioLow.toFixed(2)} to ${ratioHigh.toFixed(2)}), calibration error ${error.toFixed(4)}.`;
}

function labelSection({ labels }: DriftReport): Html {
  const { frauds, medianDays, p90Days, weeks } = labels;
  if (frauds === 0 || medianDays === null || p90Days === null) {
    return emptyCard('Arrival of labels', 'labels', 'No fraud labels are known.');
  }
  return chartFigure({
    id: 'labels',
    title: 'Share of the frauds that are known, by week of payment',
    summary: `Bars of the estimated share of frauds whose label has arrived, for ${weeks.length} weeks.`,
    kind: 'bars',
    rowTitle: 'Week from',
    columns: [{ title: 'Known', colour: 'series-1', format: 'share' }],
    rows: weeks.map(({ week, known }) => ({
      label: formatDay(week),
      cells: [{ value: known, text: formatShare(known) }],
    })),
    note: `Half of the ${formatCount(frauds)} known frauds were known within ${medianDays} days of the payment, nine in ten within ${p90Days}; corrected for delays too long to have ended yet.`,
  });
}

const ACTION_COLOURS: Readonly<Record<(typeof ACTIONS)[number], string>> = {
  allow: 'series-1',
  challenge: 'series-2',
  review: 'series-4',
  block: 'series-3',
};

function actionChart({ days }: DriftReport): Html {
  const columns: ChartColumn[] = ACTIONS.map((action) => ({
    title: actionTitle(action),
    colour: ACTION_COLOURS[action],
    format: 'share',
  }));
  const rows: ChartRow[] = days.map(({ day, actions }) => ({
    label: formatDay(day),
    cells: ACTIONS.map((action) => ({ value: actions[action], text: formatShare(actions[action]) })),
  }));
  const summary = `Stacked bars of the share of each action on ${days.length} days.`;
  return chartFigure({
    id: 'actions',
    title: 'Actions, by day',
    summary,
    kind: 'stacked',
    rowTitle: 'Day',
    columns,
    rows,
  });
}

const REASONS_SHOWN = 12;

/** The newest day beside the mean of the days before. */
function reasonCard({ days }: DriftReport): Html | null {
  const newest = days.at(-1);
  if (newest === undefined) return null;
  const before = days.slice(0, -1);
  const decisions = before.reduce((sum, day) => sum + day.decisions, 0);
  const shareBefore = (code: string): number | null =>
    decisions === 0
      ? null
      : before.reduce((sum, day) => sum + (day.reasons[code] ?? 0) * day.decisions, 0) / decisions;
  const codes = [...new Set(days.flatMap(({ reasons }) => Object.keys(reasons)))]
    .map((code) => ({ code, now: newest.reasons[code] ?? 0, earlier: shareBefore(code) }))
    .sort((a, b) => b.now - a.now || (b.earlier ?? 0) - (a.earlier ?? 0))
    .slice(0, REASONS_SHOWN);
  return html`<section class="card" aria-labelledby="reasons-title">
    <div class="card-head"><h2 id="reasons-title">Reasons on ${formatDay(newest.day)}</h2></div>
    ${codes.length === 0 ? html`<p class="empty">No decision named a reason.</p>` : reasonTable(codes)}
  </section>`;
}

function reasonTable(
  codes: readonly { readonly code: string; readonly now: number; readonly earlier: number | null }[],
): Html {
  return html`<div class="table-scroll" role="region" aria-labelledby="reasons-title" tabindex="0">
    <table>
      <caption class="visually-hidden">
        Share of the decisions that name each reason
      </caption>
      <thead>
        <tr>
          <th scope="col">Reason</th>
          <th scope="col" class="number">Of the decisions</th>
          <td class="bar-cell"></td>
          <th scope="col" class="number">Days before</th>
        </tr>
      </thead>
      <tbody>
        ${codes.map(
          ({ code, now, earlier }) =>
            html`<tr>
              <th scope="row">${code}</th>
              <td class="number">${formatShare(now)}</td>
              <td class="bar-cell">${shareBar(now)}</td>
              <td class="number muted">${formatShare(earlier)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function latencyChart({ latency }: DriftReport): Html | null {
  if (latency === null) return null;
  const { p50Ms, p90Ms, p99Ms, buckets } = latency;
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  return chartFigure({
    id: 'latency',
    title: 'Time to score',
    summary: `Bars of how many decisions took how long; half took at most ${ms(p50Ms)}.`,
    kind: 'bars',
    rowTitle: 'Up to',
    columns: [{ title: 'Decisions', colour: 'series-1', format: 'count' }],
    rows: buckets.map(({ upToMs, decisions }) => ({
      label: upToMs === null ? 'longer' : `${upToMs} ms`,
      cells: [{ value: decisions, text: formatCount(decisions) }],
    })),
    note: `Half within ${ms(p50Ms)}, nine in ten within ${ms(p90Ms)}, 99 % within ${ms(p99Ms)}; without the commit. What callers waited is decision_latency_seconds at /metrics.`,
  });
}

function emptyCard(title: string, id: string, text: string): Html {
  return html`<section class="card" aria-labelledby="${id}-title">
    <div class="card-head"><h2 id="${id}-title">${title}</h2></div>
    <p class="empty">${text}</p>
  </section>`;
}
