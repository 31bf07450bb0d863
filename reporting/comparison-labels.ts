/**
 * Two models on payments whose labels had time to arrive. Judged are payments with a result: let through, or finished after a
 * challenge or a review, or labelled; no report by then means good. What was refused has no result and is counted, never guessed: so
 * recall is of the frauds that passed the champion, and what only the challenger would have let through is not held against it.
 */
import { DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { aucOf, averagePrecisionOf, curveOf, rank, recallAtFprOf } from '../models/curve.js';
import type { Curve } from '../models/curve.js';
import { brierOf, calibrationError, logLossOf } from '../models/metrics.js';
import { pairedDifference, pairedMeanDifference } from '../models/paired-difference.js';
import type { PairedScores } from '../models/paired-difference.js';
import type { Pair, Pairs } from './comparison-pairs.js';
import type { ComparedMetric, ComparisonReport } from './comparison-report.js';

type Judgement = Pick<ComparisonReport, 'labels' | 'metrics' | 'calibration' | 'reliability'>;

/** Fewer say nothing of which model is better. */
const FEWEST_FRAUDS = 10;
/** With fewer, a draw of whole payers may hold no fraud: then rows are drawn within their class. */
const FEWEST_FRAUD_PAYERS = 20;
const SEED = 1;

/** Of payments that are all old enough. */
export function judgePairs({ pairs, oneIn }: Pairs): Judgement {
  const { maturityDays } = DEFAULT_FOLD_SETTINGS;
  const resolved = pairs.filter(({ hasResult, fraud }) => hasResult || fraud !== null);
  const judged = resolved.flatMap(toJudged);
  const frauds = judged.filter(({ fraud }) => fraud).length;
  const labels = {
    maturityDays,
    payments: judged.length,
    frauds,
    oneIn,
    withoutResult: pairs.length - resolved.length,
    withoutProbability: resolved.length - judged.length,
    notJudged: reasonNotJudged(judged.length, frauds),
  };
  if (labels.notJudged !== null) return { labels, metrics: [], calibration: null, reliability: [] };
  const scores = pairedScores(judged);
  return {
    labels,
    metrics: metricsOf(scores),
    calibration: {
      champion: calibrationOf(scores.y, scores.second),
      challenger: calibrationOf(scores.y, scores.first),
    },
    reliability: reliabilityOf(judged),
  };
}

interface JudgedPair {
  readonly payerId: string;
  readonly champion: number;
  readonly challenger: number;
  readonly fraud: boolean;
}

function toJudged({ payerId, champion, challenger, fraud }: Pair): JudgedPair[] {
  if (champion.fraudProbability === null || challenger.fraudProbability === null) return [];
  return [
    {
      payerId,
      champion: champion.fraudProbability,
      challenger: challenger.fraudProbability,
      fraud: fraud === true,
    },
  ];
}

function reasonNotJudged(payments: number, frauds: number): string | null {
  const { maturityDays } = DEFAULT_FOLD_SETTINGS;
  if (payments === 0)
    return `no payment with a result is older than the ${maturityDays} days that labels take`;
  if (frauds < FEWEST_FRAUDS)
    return `${frauds} of the payments older than ${maturityDays} days are known to be fraud, ${FEWEST_FRAUDS} are needed`;
  if (payments - frauds < FEWEST_FRAUDS) return 'hardly any of them is good';
  return null;
}

/** The challenger first: differences are its gain. */
function pairedScores(judged: readonly JudgedPair[]): PairedScores {
  const payers = new Map<string, number>();
  for (const { payerId } of judged) if (!payers.has(payerId)) payers.set(payerId, payers.size);
  const fraudPayers = new Set(judged.filter(({ fraud }) => fraud).map(({ payerId }) => payerId)).size;
  return {
    y: Uint8Array.from(judged, ({ fraud }) => Number(fraud)),
    cluster:
      fraudPayers < FEWEST_FRAUD_PAYERS
        ? undefined
        : Int32Array.from(judged, ({ payerId }) => payers.get(payerId) ?? 0),
    first: Float64Array.from(judged, ({ challenger }) => challenger),
    second: Float64Array.from(judged, ({ champion }) => champion),
  };
}

const RANKINGS: Readonly<Record<string, (curve: Curve) => number>> = {
  averagePrecision: averagePrecisionOf,
  aucRoc: aucOf,
  recallAtFpr005: (curve) => recallAtFprOf(curve, 0.005),
};
const LOSSES: Readonly<Record<string, (label: number, p: number) => number>> = {
  brier: brierOf,
  logLoss: logLossOf,
};

function metricsOf(scores: PairedScores): ComparedMetric[] {
  const { y, first, second } = scores;
  const rankings = Object.entries(RANKINGS).map(([name, metric]) => {
    const { value, interval } = pairedDifference(scores, metric, SEED);
    const [challenger, champion] = [metric(curveOf(rank(y, first))), metric(curveOf(rank(y, second)))];
    return { name, champion, challenger, difference: value, ...interval };
  });
  const losses = Object.entries(LOSSES).map(([name, lossOf]) => {
    const rowLosses = (p: Float64Array): Float64Array => p.map((value, row) => lossOf(y[row] ?? 0, value));
    const of = { ...scores, first: rowLosses(first), second: rowLosses(second) };
    const { value, interval } = pairedMeanDifference(of, SEED);
    return {
      name,
      champion: meanOf(of.second),
      challenger: meanOf(of.first),
      difference: value,
      ...interval,
    };
  });
  return [...rankings, ...losses];
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function calibrationOf(y: Uint8Array, probabilities: Float64Array) {
  const expected = probabilities.reduce((sum, p) => sum + p, 0);
  const frauds = y.reduce((sum, label) => sum + label, 0);
  return {
    expected,
    ratio: expected === 0 ? null : frauds / expected,
    error: calibrationError(y, probabilities),
  };
}

/** Lower ends: probabilities of fraud are small, so the bands widen. */
const BANDS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3] as const;

function isInBand(p: number, k: number): boolean {
  return p >= (BANDS[k] ?? 0) && p < (BANDS[k + 1] ?? Infinity);
}

export function bandCounts(
  probabilities: readonly number[],
): { readonly from: number; readonly count: number }[] {
  return BANDS.map((from, k) => ({ from, count: probabilities.filter((p) => isInBand(p, k)).length }));
}

function reliabilityOf(judged: readonly JudgedPair[]): ComparisonReport['reliability'] {
  return BANDS.map((from, k) => {
    const bandOf = (side: 'champion' | 'challenger') => {
      const of = judged.filter((pair) => isInBand(pair[side], k));
      const mean = (valueOf: (pair: JudgedPair) => number): number | null =>
        of.length === 0 ? null : of.reduce((sum, pair) => sum + valueOf(pair), 0) / of.length;
      return {
        payments: of.length,
        announced: mean((pair) => pair[side]),
        observed: mean(({ fraud }) => Number(fraud)),
      };
    };
    return { from, champion: bandOf('champion'), challenger: bandOf('challenger') };
  });
}
