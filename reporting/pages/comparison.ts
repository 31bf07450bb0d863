/** Champion and challenger on the live payments that both scored: whom each would block, how they score, and which was right. */
import { formatMoney } from '../../core/money.js';
import { metricTitle } from '../../models/metric-titles.js';
import { ACTIONS } from '../../scoring/request.js';
import type { ComparedMetric, ComparisonReport, Stake } from '../comparison-report.js';
import { formatCount, formatDay, formatMetric, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import { notice, renderPage } from './layout.js';
import { actionTitle, chartFigure, instant } from './parts.js';
import type { ChartColumn } from './parts.js';

export function comparisonPage(report: ComparisonReport | null): string {
  const main =
    report === null
      ? html`<h1>Champion and challenger</h1>
          ${notice({
            title: 'Nothing has been compared yet',
            text: 'Name a challenger with `hasivu models challenge VERSION`; a running server compares every quarter of an hour.',
          })}`
      : html`${heading(report)} ${countCard(report)} ${blockCard(report)} ${blockChart(report)}
        ${judgementCard(report)} ${reliabilityChart(report)} ${scoreChart(report)} ${actionCard(report)}`;
  return renderPage({
    title: 'Champion and challenger',
    section: '/models',
    main,
    charts: report !== null,
  });
}

function heading({ champion, challenger, period, at }: ComparisonReport): Html {
  return html`<div class="page-head">
    <div>
      <p class="crumb"><a href="/models">Models</a></p>
      <h1>Champion and challenger</h1>
      <p class="subtitle">
        <span class="id">${champion.slice(0, 12)}</span> decides,
        <span class="id">${challenger.slice(0, 12)}</span> only scores. Payments from
        ${instant(period.fromAt)} to ${instant(period.untilAt)}, compared ${instant(at)}
      </p>
    </div>
  </div>`;
}

function countCard({ decisions, agreement, scores }: ComparisonReport): Html {
  const { live, scored, compared, oneIn, championFailed, challengerFailed } = decisions;
  return card('counts', 'What is compared', [
    html`<dl class="facts">
      ${[
        ['Scored by both', `${formatCount(scored)} of ${formatCount(live)} live decisions`],
        [
          'In this page',
          oneIn === 1 ? 'all of them' : `${formatCount(compared)}, one in ${formatCount(oneIn)}`,
        ],
        ['Same action', formatShare(agreement)],
        [
          'No probability',
          `champion ${formatCount(championFailed)}, challenger ${formatCount(challengerFailed)}`,
        ],
        [
          'Mean probability',
          `champion ${probability(scores.championMean)}, challenger ${probability(scores.challengerMean)}`,
        ],
        [
          'Distance of the probabilities',
          `PSI ${formatMetric(scores.psi)}, Jensen-Shannon ${formatMetric(scores.jensenShannon)}`,
        ],
      ].map(
        ([title, value]) =>
          html`<div>
            <dt>${title}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`,
  ]);
}

function blockCard({ blocks, labels }: ComparisonReport): Html {
  const rows = blocks.flatMap(({ currency, onlyChampion, onlyChallenger, both }) => {
    const row = (title: string, stake: Stake): Child[] => [
      title,
      formatCount(stake.payments),
      money(stake.amountPaise, currency),
      `${formatCount(stake.frauds)} · ${money(stake.fraudAmountPaise, currency)}`,
      `${formatCount(stake.good)} · ${money(stake.goodAmountPaise, currency)}`,
      formatCount(stake.payments - stake.frauds - stake.good),
    ];
    return [
      row('Only the champion', onlyChampion),
      row('Only the challenger', onlyChallenger),
      row('Both', both),
    ];
  });
  const columns = ['Would block', 'Payments', 'At stake', 'Known fraud', 'Known good', 'Unknown'];
  return card('blocks', 'Who would be blocked', [
    table('blocks-title', 'Payments that one or both models would block', columns, rows),
    html`<p class="note">
      What the champion blocked never shows what it was, so its own blocks are mostly unknown; what only the
      challenger would block was let through and shows it, once labels had ${labels.maturityDays} days to
      arrive.
    </p>`,
  ]);
}

const BOTH: readonly ChartColumn[] = [
  { title: 'Champion', colour: 'series-1', format: 'count' },
  { title: 'Challenger', colour: 'series-2', format: 'count' },
];

function blockChart({ days }: ComparisonReport): Html {
  const cell = (share: number) => ({ value: 1000 * share, text: (1000 * share).toFixed(1) });
  return chartFigure({
    id: 'daily-blocks',
    title: 'Blocks for 1,000 payments, by day',
    summary: `Lines of how many of 1,000 payments each model would block on ${days.length} days.`,
    kind: 'lines',
    rowTitle: 'Day',
    columns: [...BOTH, { title: 'Payments', colour: '', format: 'count' }],
    rows: days.map(({ day, decisions, championBlocks, challengerBlocks }) => ({
      label: formatDay(day),
      cells: [
        cell(championBlocks),
        cell(challengerBlocks),
        { value: decisions, text: formatCount(decisions) },
      ],
    })),
  });
}

function judgementCard({ labels, metrics, calibration }: ComparisonReport): Html {
  const { maturityDays, payments, frauds, withoutResult, withoutProbability, oneIn, notJudged } = labels;
  const rule = html`<p class="note">
    Judged on ${formatCount(payments)} payments${oneIn > 1 && `, one in ${formatCount(oneIn)},`} older than
    the ${maturityDays} days that labels take, with a result; ${formatCount(frauds)} of them were fraud.
    ${formatCount(withoutResult)} as old were refused or never finished: nobody knows what they were, so
    recall is of the frauds that passed the champion. ${formatCount(withoutProbability)} lack a probability.
    Differences: paired bootstrap over payers.
  </p>`;
  if (notJudged !== null || calibration === null)
    return card('judgement', 'Which was right', [
      html`<p class="empty">Not judged yet: ${notJudged ?? 'no calibration'}.</p>`,
      rule,
    ]);
  const { champion, challenger } = calibration;
  const ratio = (of: typeof champion): string => (of.ratio === null ? UNKNOWN : of.ratio.toFixed(2));
  const rows: Child[][] = [
    ...metrics.map((metric): Child[] => [
      metricTitle(metric.name),
      metric.champion.toFixed(4),
      metric.challenger.toFixed(4),
      signed(metric.difference),
      `${signed(metric.low)} to ${signed(metric.high)}`,
      differenceBar(metric),
    ]),
    ['Frauds for one announced', ratio(champion), ratio(challenger), '', '', ''],
    ['Calibration error', champion.error.toFixed(4), challenger.error.toFixed(4), '', '', ''],
  ];
  const columns = ['Metric', 'Champion', 'Challenger', 'Difference', '95 % interval', ''];
  return card('judgement', 'Which was right', [
    table('judgement-title', 'Metrics of both models on the same payments', columns, rows),
    rule,
  ]);
}

/** Zero in the middle. */
function differenceBar({ difference, low, high }: ComparedMetric): Html {
  const reach = Math.max(Math.abs(low), Math.abs(high), Math.abs(difference), Number.MIN_VALUE);
  const at = (value: number): string => `${(50 + (45 * value) / reach).toFixed(2)}%`;
  return html`<svg class="interval" aria-hidden="true">
    <line class="interval-axis" x1="0" x2="100%" y1="50%" y2="50%" />
    <line class="interval-range" x1="${at(low)}" x2="${at(high)}" y1="50%" y2="50%" />
    <line class="interval-baseline" x1="50%" x2="50%" y1="15%" y2="85%" />
    <circle class="interval-value" cx="${at(difference)}" cy="50%" r="4" />
  </svg>`;
}

function reliabilityChart({ reliability }: ComparisonReport): Html | null {
  if (reliability.length === 0) return null;
  const cell = (share: number | null) => ({ value: share, text: formatShare(share) });
  return chartFigure({
    id: 'reliability',
    title: 'Announced and observed frauds, by probability',
    summary: 'Lines of the share of frauds that each model announced and that came, by band of probability.',
    kind: 'lines',
    rowTitle: 'Probability from',
    columns: [
      { title: 'Champion announced', colour: 'series-1', format: 'share' },
      { title: 'Champion observed', colour: 'series-4', format: 'share' },
      { title: 'Challenger announced', colour: 'series-2', format: 'share' },
      { title: 'Challenger observed', colour: 'series-3', format: 'share' },
      { title: 'Payments (champion)', colour: '', format: 'count' },
      { title: 'Payments (challenger)', colour: '', format: 'count' },
    ],
    rows: reliability.map(({ from, champion, challenger }) => ({
      label: formatShare(from),
      cells: [
        cell(champion.announced),
        cell(champion.observed),
        cell(challenger.announced),
        cell(challenger.observed),
        { value: champion.payments, text: formatCount(champion.payments) },
        { value: challenger.payments, text: formatCount(challenger.payments) },
      ],
    })),
    note: 'An honest model comes as often as it announces: its two lines meet.',
  });
}

function scoreChart({ scores }: ComparisonReport): Html {
  const cell = (share: number) => ({ value: 1000 * share, text: (1000 * share).toFixed(1) });
  return chartFigure({
    id: 'scores',
    title: 'Payments by fraud probability, of 1,000',
    summary: 'Lines of how many of 1,000 payments have which probability of fraud, for each model.',
    kind: 'lines',
    rowTitle: 'Probability from',
    columns: BOTH,
    rows: scores.bands.map(({ from, champion, challenger }) => ({
      label: formatShare(from),
      cells: [cell(champion), cell(challenger)],
    })),
  });
}

function actionCard({ actions }: ComparisonReport): Html {
  const count = (champion: string, challenger: string): string =>
    formatCount(
      actions.find((one) => one.champion === champion && one.challenger === challenger)?.decisions ?? 0,
    );
  const rows = ACTIONS.map((champion): Child[] => [
    actionTitle(champion),
    ...ACTIONS.map((challenger) => count(champion, challenger)),
  ]);
  const columns = ['Champion, down; challenger, across', ...ACTIONS.map(actionTitle)];
  return card('actions', 'What each answered', [
    table('actions-title', 'Decisions by the action of each model', columns, rows),
  ]);
}

function card(id: string, title: string, content: readonly Child[]): Html {
  return html`<section class="card" aria-labelledby="${id}-title">
    <div class="card-head"><h2 id="${id}-title">${title}</h2></div>
    ${content}
  </section>`;
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
          ${columns.map((column, k) => headCell(column, k))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...rest]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${rest.map((cell) => html`<td class="number">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function headCell(title: string, k: number): Html {
  if (title === '') return html`<td class="interval-cell"></td>`;
  return k === 0 ? html`<th scope="col">${title}</th>` : html`<th scope="col" class="number">${title}</th>`;
}

function money(amountPaise: number, currency: string): string {
  return formatMoney(BigInt(amountPaise), currency);
}

function probability(mean: number | null): string {
  return mean === null ? UNKNOWN : `${(100 * mean).toFixed(2)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
