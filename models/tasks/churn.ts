/**
 * The churn task: which learner with which settings, which renewals fit, calibrate and test, and the figures by which a
 * model is judged. Spans follow one another in time and a label is used only when it was settled before the next span's
 * first row was seen:  fit | grace + lead | calibrate | grace + lead | test | grace.
 */
import { CHURN_OUTCOMES, type ChurnOutcome, type ChurnRows } from '../../features/churn/rows.js';
import { GRACE_DAYS } from '../../features/churn/renewals.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { bootstrap, bootstrapDefaults, type Interval } from '../bootstrap.js';
import { calibrateModel, fitCalibration, type Calibration } from '../calibrate.js';
import { competingRisks, type CompetingRisks } from '../competing-risks.js';
import type { Frame, Model } from '../contract.js';
import { aucOf, averagePrecisionOf, curveOf, rank, type Ranking } from '../curve.js';
import { logistic } from '../logistic.js';
import { brier, calibrationError, logLoss } from '../metrics.js';
import { takeRows } from '../split.js';
import { boostedTrees } from '../trees/boosted-trees.js';

/** Weeks before expiry at which a renewal trains: the nightly scores lie anywhere between. */
export const TRAINING_LEADS = [7, 28] as const;
/** The lead that is judged: late enough to know much, early enough to do something. */
export const JUDGED_LEAD = 7;
/** A quarter judges; two months calibrate: rarer causes need as much. */
const TEST_DAYS = 91;
const CALIBRATE_DAYS = 61;
/** Fewer events of a cause than this teach nothing that lasts. */
export const FEWEST_EVENTS = { fit: 50, test: 20 } as const;
/** Fewer in the calibration block, and a cause keeps the probabilities of its fit. */
const FEWEST_TO_CALIBRATE = 40;

export const CHURN_LEARNERS = ['trees', 'logistic'] as const;
export type ChurnLearner = (typeof CHURN_LEARNERS)[number];

const CHURN_TREES = {
  ...boostedTrees.defaults,
  trees: 400, // 250 of 6 leaves lose .005 AUC.
  learningRate: 0.03,
  maxLeaves: 8, // Three leaves lose .01 AUC of voluntary ends: a price rise matters to some, the season at some places.
  minRowsPerLeaf: 1000, // At one per cent a leaf then holds ten events.
  l2: 10, // Small leaves are noise.
  columnSubsample: 0.4, // Windows of one payer say nearly the same.
  earlyStoppingRounds: 0, // The newest rows are the most valuable ones, so none is held back.
} as const;
const CHURN_LOGISTIC = { ...logistic.defaults, quantileBins: 5 } as const;

export interface ChurnSpans {
  readonly fit: Int32Array;
  readonly calibrate: Int32Array;
  readonly test: Int32Array;
}

/** @param lastDueMs renewals due before this instant are judged. */
export function churnSpans(rows: ChurnRows, lastDueMs: number): ChurnSpans {
  const apart = (Math.max(...TRAINING_LEADS) + GRACE_DAYS) * DAY_MS;
  const testFrom = lastDueMs - TEST_DAYS * DAY_MS;
  const calibrateUntil = testFrom - apart;
  const calibrateFrom = calibrateUntil - CALIBRATE_DAYS * DAY_MS;
  const due = (from: number, until: number): Int32Array =>
    pick(rows, (row) => rows.dueAt[row]! >= from && rows.dueAt[row]! < until);
  return {
    fit: due(-Infinity, calibrateFrom - apart),
    calibrate: due(calibrateFrom, calibrateUntil),
    test: due(testFrom, lastDueMs),
  };
}

/** Of these rows the ones of the lead that is judged: one for each renewal. */
export function judged(rows: ChurnRows, of: Int32Array): Int32Array {
  return of.filter((row) => rows.leadDays[row] === JUDGED_LEAD);
}

function pick(rows: ChurnRows, wanted: (row: number) => boolean): Int32Array {
  return Int32Array.from(rows.dueAt.keys()).filter(wanted);
}

/** 1 where the renewal ended in one of the outcomes. */
export function ended(rows: ChurnRows, of: Int32Array, outcomes: readonly ChurnOutcome[]): Uint8Array {
  const codes = outcomes.map((outcome) => CHURN_OUTCOMES.indexOf(outcome));
  return Uint8Array.from(of, (row) => (codes.includes(rows.outcome[row]!) ? 1 : 0));
}

export const EITHER = ['voluntary', 'involuntary'] as const;

type Cause = (typeof EITHER)[number];

interface ChurnFit {
  readonly learner: ChurnLearner;
  readonly seed: number;
}

/** Null: the cause keeps the probabilities of its fit. */
type Calibrations = Readonly<Record<Cause, Calibration | null>>;

/** One model for each cause, fitted on these rows. */
function fitCauses(rows: ChurnRows, fit: Int32Array, { learner, seed }: ChurnFit): Record<Cause, Model> {
  const frame = takeRows(rows.frame, fit);
  const [voluntary, involuntary] = EITHER.map((cause) =>
    fitCause(frame, ended(rows, fit, [cause]), learner, seed),
  ) as [Model, Model];
  return { voluntary, involuntary };
}

interface FittedChurn {
  readonly model: CompetingRisks;
  readonly calibrations: Calibrations;
}

/** Fitted on the first span, calibrated on the second. */
export function fitChurn(
  rows: ChurnRows,
  { fit, calibrate }: Pick<ChurnSpans, 'fit' | 'calibrate'>,
  settings: ChurnFit,
): FittedChurn {
  const causes = fitCauses(rows, fit, settings);
  const block = takeRows(rows.frame, calibrate);
  const calibrationOf = (cause: Cause): Calibration | null => {
    const y = ended(rows, calibrate, [cause]);
    const events = y.reduce((sum, label) => sum + label, 0);
    if (events < FEWEST_TO_CALIBRATE || events === y.length) return null;
    return fitCalibration('platt', y, causes[cause].predict(block));
  };
  const calibrations = {
    voluntary: calibrationOf('voluntary'),
    involuntary: calibrationOf('involuntary'),
  };
  return { model: honest(causes, calibrations), calibrations };
}

/** Fitted on all rows; the calibrations are those of an earlier fit that had rows left to learn them from. */
export function refitChurn(rows: ChurnRows, calibrations: Calibrations, settings: ChurnFit): CompetingRisks {
  return honest(fitCauses(rows, Int32Array.from(rows.dueAt.keys()), settings), calibrations);
}

function honest(causes: Record<Cause, Model>, calibrations: Calibrations): CompetingRisks {
  const [voluntary, involuntary] = EITHER.map((cause) => {
    const calibration = calibrations[cause];
    return calibration === null ? causes[cause] : calibrateModel(causes[cause], calibration);
  }) as [Model, Model];
  return competingRisks(voluntary, involuntary);
}

function fitCause(frame: Frame, y: Uint8Array, learner: ChurnLearner, seed: number): Model {
  if (learner === 'logistic') return logistic.fit(frame, y, { settings: CHURN_LOGISTIC, seed });
  return boostedTrees.fit(frame, y, { settings: CHURN_TREES, seed });
}

export interface ChurnFigures {
  readonly aucRoc: number;
  readonly averagePrecision: number;
  /** How many times as many churners the tenth with the highest probability holds as a random tenth. */
  readonly liftAt10: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly calibrationError: number;
}

export type ChurnIntervals = Readonly<Record<'aucRoc' | 'averagePrecision' | 'liftAt10', Interval>>;

export function churnFigures(y: Uint8Array, churnProbability: Float64Array): ChurnFigures {
  return {
    ...rankingFigures(rank(y, churnProbability)),
    brier: brier(y, churnProbability),
    logLoss: logLoss(y, churnProbability),
    calibrationError: calibrationError(y, churnProbability),
  };
}

/** 95 % bootstrap of whole payers: the renewals of one are alike. */
export function churnIntervals(
  y: Uint8Array,
  churnProbability: Float64Array,
  payerId: readonly string[],
  seed: number,
): ChurnIntervals {
  const numbers = new Map<string, number>();
  const cluster = Int32Array.from(payerId, (id) => {
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return number;
  });
  const ranking = rank(y, churnProbability);
  return bootstrap({ y, cluster }, (counts) => rankingFigures(ranking, counts), {
    ...bootstrapDefaults,
    draw: 'clusters',
    seed,
  });
}

function rankingFigures(ranking: Ranking, counts?: Int32Array) {
  const curve = curveOf(ranking, counts);
  return {
    aucRoc: aucOf(curve),
    averagePrecision: averagePrecisionOf(curve),
    liftAt10: liftOf(ranking, 0.1, counts),
  };
}

/** Rows of equal probability share the border of the tenth. */
function liftOf({ y, order, endsStep }: Ranking, share: number, counts?: Int32Array): number {
  const weightOf = (row: number): number => counts?.[row] ?? 1;
  let rows = 0;
  let events = 0;
  for (const row of order) {
    rows += weightOf(row);
    events += weightOf(row) * y[row]!;
  }
  let left = share * rows;
  let caught = 0;
  for (let i = 0; i < order.length && left > 0;) {
    let stepRows = 0;
    let stepEvents = 0;
    do {
      const row = order[i]!;
      stepRows += weightOf(row);
      stepEvents += weightOf(row) * y[row]!;
    } while (endsStep[i++] === 0);
    caught += stepRows <= left ? stepEvents : (stepEvents * left) / stepRows;
    left -= stepRows;
  }
  return caught / (share * events);
}
