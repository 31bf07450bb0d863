/**
 * `evaluate policy` in words: what would have been decided otherwise, what that is worth by each estimator, and how much of it
 * rests on outcomes that were seen. What the data cannot tell is a line of its own, not a part of a figure.
 */
import { formatMoney } from '../core/money.js';
import type { PolicyEvaluation } from '../scoring/off-policy/evaluate-policy.js';
import { ESTIMATORS } from '../scoring/off-policy/estimators.js';
import type { Estimate, Estimator } from '../scoring/off-policy/estimators.js';
import type { Judgement, Value } from '../scoring/off-policy/judge.js';
import { textTable } from './text-table.js';

interface Asked {
  /** Null is the beginning of the log. */
  readonly from: string | null;
  readonly until: string;
  readonly matureAfterDays: number;
  readonly currency: string;
  readonly challengedReported: number;
}

const TITLES: Readonly<Record<Estimator, string>> = {
  direct: 'direct (the logged probabilities)',
  ips: 'IPS',
  snips: 'SNIPS',
  dr: 'doubly robust',
};

export function policyReport(asked: Asked, evaluation: PolicyEvaluation): string {
  const { decisions, transitions, naive, judgement } = evaluation;
  const money = (paise: number): string => formatMoney(BigInt(Math.round(paise)), asked.currency);
  const excluded = Object.entries(decisions.excluded).filter(([, n]) => n > 0);
  const leftOut =
    excluded.length === 0 ? '' : `; left out: ${excluded.map(([why, n]) => `${n} ${why}`).join(', ')}`;
  const moved = transitions.map(({ logged, candidate, decisions: n, amountPaise }) => [
    logged,
    candidate,
    String(n),
    money(amountPaise),
  ]);
  return [
    `${decisions.decidedAgain} of ${decisions.logged} decisions from ${asked.from ?? 'the beginning'} until ${asked.until} decided again${leftOut}`,
    '',
    ...textTable([['logged', 'now', 'decisions', 'amount'], ...moved]),
    '',
    `naive replay: the logged probabilities expect ${signed(naive.differencePaise, money)} on ${naive.decisions} decisions`,
    ...(judgement === null
      ? [
          `none is ${asked.matureAfterDays} days old, so nothing is known of what they were: wait, or say by --mature-after when reports have come`,
        ]
      : ['', ...judged(asked, decisions.mature, judgement, money)]),
  ].join('\n');
}

type Money = (paise: number) => string;

/** With so few, nine in ten of the 95 % intervals hold the truth in simulations. */
const FEW_SEEN = 30;

function signed(paise: number, money: Money): string {
  return `${paise > 0 ? '+' : ''}${money(paise)}`;
}

function judged(asked: Asked, mature: number, judgement: Judgement, money: Money): string[] {
  const { logged, candidate, difference, overlap, challenged } = judgement;
  const never = (value: Value): string =>
    value.never.decisions === 0
      ? 'none'
      : `${money(value.never.lowPaise)} to ${money(value.never.highPaise)}`;
  const row = (name: Estimator): string[] => [
    TITLES[name],
    ...[logged, candidate].map((value) => cell(value[name], money)),
    difference[name] === null ? 'nothing to go by' : withInterval(difference[name], money),
  ];
  return [
    `${mature} are old enough to be judged; value against perfect decisions, in ${asked.currency} (95 % by drawing payers):`,
    '',
    ...textTable([
      ['', 'as logged', 'now', 'difference'],
      ...ESTIMATORS.map(row),
      ['never seen: within', never(logged), never(candidate), never(difference)],
    ]),
    '',
    `${overlap.changed} change in value: the outcome of ${overlap.certain} was sure to be seen, of ${overlap.drawn} drawn (${overlap.drawnSeen} seen, effective sample size ${overlap.effectiveSampleSize.toFixed(1)}, largest weight ${overlap.largestWeight.toFixed(0)}), of ${overlap.never} never`,
    ...(overlap.drawn > 0 && overlap.drawnSeen < FEW_SEEN
      ? [`fewer than ${FEW_SEEN} drawn outcomes were seen: take the intervals for too short`]
      : []),
    ...(difference.never.decisions === 0
      ? []
      : [
          `what the ${difference.never.decisions} never seen differ by is in no estimate; the logged probabilities expect ${signed(difference.never.expectedPaise, money)}`,
        ]),
    `${(100 * overlap.newActionShare).toFixed(2)} % get an action that was never possible: valued by the policy's costs, not by what followed`,
    `challenged: ${challenged.reported} of ${challenged.decisions} reported, ${challenged.expectedReports.toFixed(1)} expected if ${(100 * asked.challengedReported).toFixed(0)} % of such frauds are (--challenged-reported)`,
  ];
}

function cell(estimate: Estimate | null, money: Money): string {
  return estimate === null ? 'nothing to go by' : money(estimate.paise);
}

function withInterval({ paise, interval }: Estimate, money: Money): string {
  const within =
    interval === null ? 'too few for an interval' : `${money(interval.low)} to ${money(interval.high)}`;
  return `${signed(paise, money)} (${within})`;
}
