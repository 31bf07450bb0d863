/**
 * What slow labels cost: the fraud task judged on the same days as if every fraud were reported after 0, 1, 3, ... days.
 * With faster labels training reaches closer to the test, the features know of more frauds, and known payers are removed
 * sooner; the test days never move. Two delays are compared on the payments that both test, or the rows would differ.
 */
import type { Clock } from '../../core/clock.js';
import type { Duckdb } from '../../core/duckdb.js';
import { DAY_MS } from '../../features/vocabulary.js';
import type { Interval } from '../bootstrap.js';
import { recallAtFprOf } from '../curve.js';
import { pairedDifference } from '../paired-difference.js';
import { thresholdAt } from '../threshold.js';
import { payersToDraw, type FraudIntervals } from './fraud.js';
import { judgeFold, type FraudFold, type JudgedFold } from './fraud-fold.js';
import type { FraudLearner } from './fraud-learners.js';
import { replayFolds, splitFold, type FraudProtocol, type OnStage } from './fraud-protocol.js';

/** The bound at which delays are compared: a team can review one good payment in two hundred. */
const FPR = 0.005;

export interface LabelDelayPoint {
  readonly delayDays: number;
  readonly trainRows: number;
  readonly trainFrauds: number;
  readonly testRows: number;
  readonly testFrauds: number;
  readonly aucRoc: number;
  readonly averagePrecision: number;
  readonly cardPrecisionAt100: number;
  readonly recallAtFpr005: number;
  /** 95 % bootstrap over payers. */
  readonly interval: FraudIntervals;
  /** Of each day that labels come later than in the point before; null in the first. */
  readonly dayCost: DayCost | null;
}

export interface DayCost {
  /** Recall lost at a false positive rate of 0.5 %, with 95 % interval. */
  readonly recallAtFpr005: number;
  readonly interval: Interval;
  /** Amount of fraud in the test days that is missed besides, in minor units. */
  readonly missedPaise: number;
  /** Payments that both delays test: only these are compared. */
  readonly payments: number;
}

/** The scored test rows of one delay, without the frame. */
export interface DelayedTest {
  readonly figures: FraudFold;
  readonly sequence: Float64Array;
  readonly payer: Int32Array;
  readonly amountPaise: Float64Array;
  readonly y: Uint8Array;
  readonly fraudProbability: Float64Array;
}

export function delayedTest({ rows: { test, testY }, fraudProbability, figures }: JudgedFold): DelayedTest {
  const { sequence, payer, amountPaise } = test;
  return { figures, sequence, payer, amountPaise, y: testY, fraudProbability };
}

export interface LabelDelayOptions {
  readonly protocol: FraudProtocol;
  readonly delaysDays: readonly number[];
  /** The protocol's own delay, where it was judged already. */
  readonly own: DelayedTest;
  readonly learner: FraudLearner;
  readonly clock: Clock;
  readonly onProgress?: OnStage | undefined;
}

/** One replay and one fit for each delay. Replaces `labels` by a temporary table, which ends with the protocol's delay. */
export async function labelDelayCurve(db: Duckdb, options: LabelDelayOptions): Promise<LabelDelayPoint[]> {
  const { protocol, own } = options;
  const delays = [...new Set(options.delaysDays)].sort((a, b) => a - b);
  const points: LabelDelayPoint[] = [];
  let before: { readonly delayDays: number; readonly test: DelayedTest } | null = null;
  for (const delayDays of delays) {
    const test = delayDays === protocol.delayDays ? own : await judgeDelay(db, delayDays, options);
    const dayCost =
      before === null ? null : costOfADay(before.test, test, delayDays - before.delayDays, protocol.seed);
    points.push(pointOf(delayDays, test.figures, dayCost));
    before = { delayDays, test };
  }
  await delayLabels(db, protocol.delayDays);
  return points;
}

async function judgeDelay(
  db: Duckdb,
  delayDays: number,
  { protocol, learner, clock, onProgress }: LabelDelayOptions,
): Promise<DelayedTest> {
  await delayLabels(db, delayDays);
  const onStage: OnStage = (stage, done, total) =>
    onProgress?.(`${stage}, labels after ${delayDays} d`, done, total);
  // The test days stay where they are, so training ends later when labels are faster.
  const startMs = protocol.trainStartMs + (protocol.delayDays - delayDays) * DAY_MS;
  const delayed = { ...protocol, delayDays, trainStartMs: startMs, folds: 1 };
  const rows = splitFold(await replayFolds(db, delayed, { learner, onProgress: onStage }), startMs, delayed);
  return delayedTest(await judgeFold(rows, { learner, seed: protocol.seed, clock, onProgress: onStage }));
}

async function delayLabels(db: Duckdb, delayDays: number): Promise<void> {
  await db.run(`CREATE OR REPLACE TEMP TABLE labels AS
    SELECT l.* REPLACE (p.occurred_at + to_microseconds(${delayDays * DAY_MS * 1000}) AS known_at)
    FROM labels l JOIN payments p USING (payment_id)`);
}

function pointOf(delayDays: number, figures: FraudFold, dayCost: DayCost | null): LabelDelayPoint {
  const { trainRows, trainFrauds, testRows, testFrauds } = figures;
  const { aucRoc, averagePrecision, cardPrecisionAt100, recallAtFpr, interval } = figures;
  return {
    delayDays,
    ...{ trainRows, trainFrauds, testRows, testFrauds },
    ...{ aucRoc, averagePrecision, cardPrecisionAt100 },
    recallAtFpr005: recallAtFpr['0.005'],
    interval,
    dayCost,
  };
}

function costOfADay(sooner: DelayedTest, later: DelayedTest, days: number, seed: number): DayCost {
  const [inSooner, inLater] = sharedRows(sooner.sequence, later.sequence);
  const y = Uint8Array.from(inSooner, (row) => sooner.y[row]!);
  const payer = Int32Array.from(inSooner, (row) => sooner.payer[row]!);
  const amountPaise = Float64Array.from(inSooner, (row) => sooner.amountPaise[row]!);
  const first = Float64Array.from(inSooner, (row) => sooner.fraudProbability[row]!);
  const second = Float64Array.from(inLater, (row) => later.fraudProbability[row]!);
  const recall = pairedDifference(
    { y, cluster: payersToDraw(payer, y), first, second },
    (curve) => recallAtFprOf(curve, FPR),
    seed,
  );
  const missed = (fraudProbability: Float64Array): number => missedPaise(y, amountPaise, fraudProbability);
  return {
    recallAtFpr005: recall.value / days,
    interval: { low: recall.interval.low / days, high: recall.interval.high / days },
    missedPaise: (missed(second) - missed(first)) / days,
    payments: y.length,
  };
}

/** Places of the payments that are in both lists, each in its own list's order, which is the same. */
function sharedRows(a: Float64Array, b: Float64Array): [Int32Array, Int32Array] {
  const [inA, inB] = [new Set(a), new Set(b)];
  const places = (list: Float64Array, other: ReadonlySet<number>): Int32Array =>
    Int32Array.from(list.keys()).filter((row) => other.has(list[row]!));
  return [places(a, inB), places(b, inA)];
}

function missedPaise(y: Uint8Array, amountPaise: Float64Array, fraudProbability: Float64Array): number {
  const flaggedFrom = thresholdAt({ y, fraudProbability }, FPR);
  return amountPaise.reduce(
    (missed, amount, row) => missed + (y[row] === 1 && fraudProbability[row]! < flaggedFrom ? amount : 0),
    0,
  );
}
