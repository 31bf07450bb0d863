/**
 * The revenue forecast beside the seasonal naive one: what is promised and what is not, every level so that levels add up, and
 * what forecasts of the past became. Rehearsals stand in while no forecast is old enough.
 */
import { formatMoney } from '../../core/money.js';
import type { ForecastAccuracy, ForecastReport, ForecastSpan } from '../forecast-report.js';
import { formatCount, formatDay, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { forecastChart } from './forecast-chart.js';
import { componentsCard } from './forecast-components.js';
import { pastChart } from './forecast-past.js';
import { notice, renderPage } from './layout.js';
import { instant } from './parts.js';

/** Half a year before thirteen weeks ahead. */
const RECENT_SHOWN = 26;
const MEMBERS_SHOWN = 15;
const PAST_SHOWN = 20;

export function forecastPage(report: ForecastReport | null): string {
  const main =
    report === null
      ? html`<h1>Forecast</h1>
          ${notice({
            title: 'Nothing has been forecast yet',
            text: html`A running server forecasts once a day, from 26 weeks of revenue on;
              <code>hasivu jobs run forecast-revenue</code> does it now.`,
          })}`
      : html`<div class="page-head">
            <div>
              <h1>Forecast</h1>
              <p class="subtitle">
                Captured revenue from <strong>${formatDay(report.asOfOn)}</strong> on, made
                ${instant(report.madeAt)}
              </p>
            </div>
          </div>
          ${report.alarms.map((alarm) => html`<p class="callout" role="alert">${alarm}</p>`)}
          ${headline(report)} ${weekChart(report)} ${memberTable(report)} ${componentsCard(report)}
          ${pastChart(report)} ${pastCard(report)} ${accuracyCard(report)}`;
  return renderPage({ title: 'Forecast', section: '/forecast', main, charts: report !== null });
}

type Money = (amountPaise: number) => string;

function moneyOf({ currency }: ForecastReport): Money {
  return (amountPaise) => formatMoney(BigInt(amountPaise), currency);
}

const SPAN_TITLES: Readonly<Record<ForecastSpan['span'], string>> = {
  week: 'Week',
  'thirteen-weeks': 'Thirteen weeks',
  quarter: 'Quarter',
};

function totalsOf({ spans }: ForecastReport): readonly ForecastSpan[] {
  return spans.filter(({ level, span }) => level === 'platform' && span !== 'week');
}

function headline(report: ForecastReport): Html {
  const money = moneyOf(report);
  return html`<section aria-labelledby="totals-title">
    <h2 id="totals-title" class="visually-hidden">Totals</h2>
    <dl class="figures">
      ${totalsOf(report).map(
        (one) =>
          html`<div class="figure">
            <dt>${SPAN_TITLES[one.span]}, ${formatDay(one.fromOn)} to ${formatDay(lastDay(one.untilOn))}</dt>
            <dd class="figure-value">${money(one.mean)}</dd>
            <dd class="figure-detail">80 %: ${money(one.low80)} – ${money(one.high80)} ${standing(one)}</dd>
            <dd class="figure-detail">
              ${one.realised > 0 && `${money(one.realised)} of it has come · `}seasonal naive
              ${money(one.naive)}
            </dd>
          </div>`,
      )}
      ${usualError(report)}
    </dl>
  </section>`;
}

/** Of thirteen weeks: as judged, or as rehearsed while nothing is. */
function usualError({ accuracy, rehearsals }: ForecastReport): Html {
  const judged = accuracy.find(({ level, span }) => level === 'platform' && span === 'thirteen-weeks');
  const rehearsed = (said: 'mean' | 'naive'): number | null =>
    medianOf(
      rehearsals.filter(({ actual }) => actual > 0).map((one) => Math.abs(one[said] / one.actual - 1)),
    );
  const own = judged === undefined ? rehearsed('mean') : judged.medianApe;
  const naive = judged === undefined ? rehearsed('naive') : judged.naiveMedianApe;
  return html`<div class="figure">
    <dt>Thirteen weeks, usually off by</dt>
    <dd class="figure-value">${formatShare(own)}</dd>
    <dd class="figure-detail">
      ${judged === undefined ? `median of ${rehearsals.length} rehearsals` : `median of ${formatCount(judged.scored)} forecasts`}
    </dd>
    <dd class="figure-detail">seasonal naive ${formatShare(naive)}</dd>
  </div>`;
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

function standing({ committed }: Pick<ForecastSpan, 'committed'>): Html {
  return committed
    ? html`<span class="badge badge-allow">Committed</span>`
    : html`<span class="badge">Not committed</span>`;
}

function weekChart(report: ForecastReport): Html {
  const { currency, recent, spans } = report;
  const nothing = { actual: null, mean: null, low80: null, high80: null, naive: null };
  const came = recent.slice(-RECENT_SHOWN).map(({ fromOn, actual }) => ({ ...nothing, fromOn, actual }));
  const ahead = spans
    .filter(({ level, span }) => level === 'platform' && span === 'week')
    .map((week) => ({ ...week, actual: null }));
  return forecastChart({
    id: 'weeks',
    title: 'Revenue by week, and what is expected',
    summary: `Lines of captured revenue in ${came.length} weeks and of its forecast in ${ahead.length} more, with the 80 % interval.`,
    currency,
    rowTitle: 'Seven days from',
    points: [...came, ...ahead],
    note: partsText(report),
  });
}

function partsText({ parts }: ForecastReport): string {
  const named = parts.slice(0, 4).map(({ name, weight }) => `${name} ${formatShare(weight)}`);
  return `A combination weighted by what each would have said before: ${named.join(', ')}${parts.length > 4 ? ' and others' : ''}.`;
}

function memberTable(report: ForecastReport): Html {
  const money = moneyOf(report);
  const rows = report.spans
    .filter(({ level, span }) => span === 'thirteen-weeks' && level !== 'line')
    .sort((a, b) => LEVEL_ORDER[a.level] - LEVEL_ORDER[b.level] || b.mean - a.mean);
  const shown = rows.slice(0, MEMBERS_SHOWN);
  return html`<section class="card" aria-labelledby="members-title">
    <div class="card-head"><h2 id="members-title">Thirteen weeks, by member</h2></div>
    <div class="table-scroll" role="region" aria-labelledby="members-title" tabindex="0">
      <table>
        <caption class="visually-hidden">
          Forecast of thirteen weeks by level and member
        </caption>
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">Level</th>
            <th scope="col" class="number">Forecast</th>
            <th scope="col" class="number">80 % interval</th>
            <th scope="col" class="number">Seasonal naive</th>
            <th scope="col">Standing</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (one) =>
              html`<tr>
                <th scope="row">${one.level === 'platform' ? 'All' : one.member}</th>
                <td>${one.level === 'kind' ? report.kindOf : one.level}</td>
                <td class="number strong">${money(one.mean)}</td>
                <td class="number">${money(one.low80)} – ${money(one.high80)}</td>
                <td class="number muted">${money(one.naive)}</td>
                <td>${standing(one)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="note">
      Levels add up
      exactly.${rows.length > shown.length && ` The largest of ${formatCount(rows.length)}; all at /v1/reports/forecast.`}
    </p>
  </section>`;
}

const LEVEL_ORDER: Readonly<Record<ForecastSpan['level'], number>> = {
  platform: 0,
  kind: 1,
  counterparty: 2,
  line: 3,
};

/** What was said and what came: forecasts that were made, or rehearsals. */
interface Judged {
  readonly from: string;
  readonly what: string;
  readonly mean: number;
  readonly naive: number;
  readonly actual: number;
  /** Null in rehearsal. */
  readonly within80: boolean | null;
}

function pastCard(report: ForecastReport): Html {
  const money = moneyOf(report);
  const isRehearsed = report.past.length === 0;
  const rows: readonly Judged[] = isRehearsed
    ? [...report.rehearsals]
        .reverse()
        .map((one) => ({ ...one, from: one.fromOn, what: 'Thirteen weeks', within80: null }))
    : report.past.slice(0, PAST_SHOWN).map((one) => ({
        ...one,
        from: one.asOfOn,
        what: SPAN_TITLES[one.span],
        within80: one.actual >= one.low80 && one.actual <= one.high80,
      }));
  return html`<section class="card" aria-labelledby="past-title">
    <div class="card-head"><h2 id="past-title">Earlier forecasts, and what came</h2></div>
    ${isRehearsed && html`<p class="callout">No forecast is old enough to be judged. These would have been made by the same method from earlier ends of the history.</p>`}
    ${
      rows.length > 0 &&
      html`<div class="table-scroll" role="region" aria-labelledby="past-title" tabindex="0">
        <table>
          <caption class="visually-hidden">
            Earlier forecasts beside what came
          </caption>
          <thead>
            <tr>
              <th scope="col">Known until</th>
              <th scope="col">Span</th>
              <th scope="col" class="number">Forecast</th>
              <th scope="col" class="number">Came</th>
              <th scope="col" class="number">Off by</th>
              <th scope="col" class="number">Seasonal naive off by</th>
              ${!isRehearsed && html`<th scope="col">80 % interval</th>`}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (one) =>
                html`<tr>
                  <th scope="row">${formatDay(one.from)}</th>
                  <td>${one.what}</td>
                  <td class="number">${money(one.mean)}</td>
                  <td class="number strong">${money(one.actual)}</td>
                  <td class="number">${offBy(one.mean, one.actual)}</td>
                  <td class="number muted">${offBy(one.naive, one.actual)}</td>
                  ${one.within80 !== null && html`<td>${one.within80 ? html`<span class="badge badge-allow">Within</span>` : html`<span class="badge badge-challenge">Outside</span>`}</td>`}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </section>`;
}

function offBy(said: number, came: number): string {
  if (came === 0) return UNKNOWN;
  const error = said / came - 1;
  return `${error > 0 ? '+' : ''}${formatShare(error)}`;
}

const LEVEL_TITLES: Readonly<Record<ForecastSpan['level'], string>> = {
  platform: 'Platform',
  counterparty: 'Counterparties',
  kind: 'Kinds',
  line: 'Lines',
};

function accuracyCard({ accuracy }: ForecastReport): Html | null {
  if (accuracy.length === 0) return null;
  return html`<section class="card" aria-labelledby="accuracy-title">
    <div class="card-head"><h2 id="accuracy-title">How forecasts of the last year did</h2></div>
    <div class="table-scroll" role="region" aria-labelledby="accuracy-title" tabindex="0">
      <table>
        <caption class="visually-hidden">
          Accuracy by level and span
        </caption>
        <thead>
          <tr>
            <th scope="col">Level</th>
            <th scope="col">Span</th>
            <th scope="col" class="number">Judged</th>
            <th scope="col" class="number">Bias</th>
            <th scope="col" class="number">Median error</th>
            <th scope="col" class="number">Seasonal naive</th>
            <th scope="col" class="number">Within 80 %</th>
            <th scope="col" class="number">Within 95 %</th>
            <th scope="col" class="number">Committed within 5 %</th>
          </tr>
        </thead>
        <tbody>
          ${accuracy.map(accuracyRow)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function accuracyRow(one: ForecastAccuracy): Html {
  return html`<tr>
    <th scope="row">${LEVEL_TITLES[one.level]}</th>
    <td>${SPAN_TITLES[one.span]}</td>
    <td class="number">${formatCount(one.scored)}</td>
    <td class="number">${formatShare(one.bias)}</td>
    <td class="number strong">${formatShare(one.medianApe)}</td>
    <td class="number muted">${formatShare(one.naiveMedianApe)}</td>
    <td class="number">${formatShare(one.coverage80)}</td>
    <td class="number">${formatShare(one.coverage95)}</td>
    <td class="number">
      ${formatShare(one.committedWithin5)}${one.committed > 0 && ` of ${formatCount(one.committed)}`}
    </td>
  </tr>`;
}

/** The day before. */
function lastDay(untilOn: string): string {
  return new Date(Date.parse(untilOn) - 86_400_000).toISOString().slice(0, 10);
}
