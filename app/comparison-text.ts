/** A comparison of champion and challenger for a terminal: what was compared first, then money, then labels. */
import { formatMoney } from '../core/money.js';
import { metricTitle } from '../models/metric-titles.js';
import type { ComparisonReport, Stake } from '../reporting/comparison-report.js';
import { ACTIONS } from '../scoring/request.js';
import { range, textTable } from './text-table.js';

export function comparisonText(report: ComparisonReport): string {
  const { champion, challenger, period, decisions, agreement, scores } = report;
  const sampled = decisions.oneIn > 1 ? `, one in ${decisions.oneIn} of them here` : '';
  return [
    `champion ${champion.slice(0, 12)}, challenger ${challenger.slice(0, 12)}`,
    `${iso(period.fromAt)} to ${iso(period.untilAt)}: ${decisions.scored} of ${decisions.live} live decisions scored by both${sampled}`,
    `no probability: champion ${decisions.championFailed}, challenger ${decisions.challengerFailed}`,
    `same action ${percent(agreement)}; probabilities apart by PSI ${scores.psi.toFixed(3)}, Jensen-Shannon ${scores.jensenShannon.toFixed(3)}`,
    '',
    ...actionTable(report),
    '',
    ...blockTable(report),
    '',
    ...labelLines(report),
  ].join('\n');
}

function actionTable({ actions }: ComparisonReport): string[] {
  const count = (champion: string, challenger: string): string =>
    String(actions.find((one) => one.champion === champion && one.challenger === challenger)?.decisions ?? 0);
  return textTable([
    ['champion \\ challenger', ...ACTIONS],
    ...ACTIONS.map((champion) => [champion, ...ACTIONS.map((challenger) => count(champion, challenger))]),
  ]);
}

function blockTable({ blocks }: ComparisonReport): string[] {
  const rows = blocks.flatMap(({ currency, onlyChampion, onlyChallenger, both }) => {
    const row = (title: string, stake: Stake): string[] => [
      title,
      String(stake.payments),
      money(stake.amountPaise, currency),
      `${stake.frauds} (${money(stake.fraudAmountPaise, currency)})`,
      `${stake.good} (${money(stake.goodAmountPaise, currency)})`,
    ];
    return [
      row('only the champion', onlyChampion),
      row('only the challenger', onlyChallenger),
      row('both', both),
    ];
  });
  return textTable([['would block', 'payments', 'at stake', 'known fraud', 'known good'], ...rows]);
}

function labelLines({ labels, metrics, calibration }: ComparisonReport): string[] {
  const { maturityDays, payments, frauds, withoutResult, withoutProbability, notJudged } = labels;
  const judged =
    `labels have ${maturityDays} days to arrive: ${payments} payments are older and have a result, ${frauds} of them fraud; ` +
    `${withoutResult} were refused or never finished, nobody knows what they were; ${withoutProbability} lack a probability`;
  if (notJudged !== null || calibration === null)
    return [judged, `not judged: ${notJudged ?? 'no calibration'}`];
  const rows = metrics.map(({ name, champion, challenger, difference, low, high }) => [
    metricTitle(name),
    champion.toFixed(4),
    challenger.toFixed(4),
    signed(difference),
    range({ low, high }, 4),
  ]);
  const ratio = (of: { readonly ratio: number | null; readonly error: number }): string =>
    `${of.ratio?.toFixed(2) ?? 'no'} frauds for one announced, calibration error ${of.error.toFixed(4)}`;
  return [
    judged,
    ...textTable([['metric', 'champion', 'challenger', 'difference', '95 %'], ...rows]),
    `champion: ${ratio(calibration.champion)}`,
    `challenger: ${ratio(calibration.challenger)}`,
    'frauds that the champion refused are not among them: recall is of the frauds that passed it',
  ];
}

function money(amountPaise: number, currency: string): string {
  return formatMoney(BigInt(amountPaise), currency);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
