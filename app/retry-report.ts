/** The evaluation of retries as text: what each policy recovers, its share of the oracle, and how good the probabilities are. */
import { RETRY_POLICIES, type RetryComparison } from '../billing/retry-evaluation/compare.js';
import type { RetryEvaluation } from '../billing/retry-evaluation/evaluate.js';
import type { ProbabilityFigures } from '../billing/retry-evaluation/probabilities.js';
import { formatMoney } from '../core/money.js';
import { range, textTable } from './text-table.js';

const NAMES = { ladder: 'ladder', model: 'model', oracle: 'oracle' } as const;

export function retryReport(evaluation: RetryEvaluation): string {
  const { judged, repeatable, failedDebits, payers, seed, trainingDebits, trainingRetries, explored } =
    evaluation;
  return [
    `${judged} of ${repeatable} repeatable failed debits (${failedDebits} failed) of ${payers} simulated payers, seed ${seed}`,
    `${evaluation.learner} fitted on ${trainingDebits} debits of another world, ${trainingRetries} of them retries, ${percent(explored)} placed at random`,
    '',
    ...policyLines(evaluation),
    '',
    ...shareLines(evaluation),
    '',
    ...probabilityLines(evaluation.probabilities),
  ].join('\n');
}

function policyLines({ policies, judged }: RetryComparison): string[] {
  const rows = RETRY_POLICIES.map((name) => {
    const { recovered, recoveredPaise, attempts, daysToPaid, illegalSlots } = policies[name];
    return [
      NAMES[name],
      percent(recovered),
      formatMoney(recoveredPaise, 'INR'),
      (attempts / judged).toFixed(2),
      daysToPaid === null ? '' : daysToPaid.toFixed(1),
      String(illegalSlots),
    ];
  });
  return textTable([['', 'recovered', 'rupees', 'attempts each', 'days to paid', 'illegal slots'], ...rows]);
}

function shareLines({ uplift, shareOfOracle, moneyShareOfOracle }: RetryComparison): string[] {
  const points = ({ value, interval }: RetryComparison['uplift']['model']): string =>
    `${percent(value)} (${percent(interval.low)} to ${percent(interval.high)})`;
  const share = (measured: RetryComparison['shareOfOracle']): string =>
    measured === null
      ? 'not measurable: the oracle does not beat the ladder'
      : `${measured.value.toFixed(3)} (${range(measured.interval)})`;
  return [
    `recovered beyond the ladder: model ${points(uplift.model)}, oracle ${points(uplift.oracle)}`,
    `the model's share of the oracle's uplift: ${share(shareOfOracle)}; in rupees ${share(moneyShareOfOracle)}`,
  ];
}

function probabilityLines({
  moments,
  successShare,
  model,
  interval,
  truth,
  baseRate,
}: ProbabilityFigures): string[] {
  return [
    `probabilities at ${moments} legal slots drawn at random, ${percent(successShare)} of which succeed`,
    ...textTable([
      ['', 'model', '95 % interval', 'truth', 'base rate'],
      [
        'AUC',
        model.aucRoc.toFixed(3),
        range(interval.aucRoc),
        truth.aucRoc.toFixed(3),
        baseRate.aucRoc.toFixed(3),
      ],
      [
        'Brier',
        model.brier.toFixed(4),
        range(interval.brier, 4),
        truth.brier.toFixed(4),
        baseRate.brier.toFixed(4),
      ],
    ]),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
