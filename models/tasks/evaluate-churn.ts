/**
 * How well churn is foreseen on the newest settled quarter, beside saying that nobody churns, beside the base rate and, on
 * a simulated history, beside the true hazard; with survival curves by segment and with what each guard against knowing
 * too much is worth: the figures that one would have believed without it.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { GRACE_DAYS, LEAK_GUARDS, type LeakGuard } from '../../features/churn/renewals.js';
import { churnRows, type ChurnRows } from '../../features/churn/rows.js';
import { istDay } from '../../features/calendar.js';
import { seededRandom } from '../../core/random.js';
import { DAY_MS } from '../../features/vocabulary.js';
import type { CompetingRisks } from '../competing-risks.js';
import { averagePrecision, aucRoc } from '../metrics.js';
import { hasBothClasses, shuffled, takeRows } from '../split.js';
import { survivalCurve, type SurvivalPoint } from '../survival.js';
import { trueHazards } from './churn-ceiling.js';
import { churnUplift, type ChurnUplift } from './churn-uplift.js';
import { paidByOf } from './score-churn.js';
import {
  churnFigures,
  churnIntervals,
  churnSpans,
  EITHER,
  ended,
  FEWEST_EVENTS,
  fitChurn,
  judged,
  JUDGED_LEAD,
  TRAINING_LEADS,
} from './churn.js';
import type { ChurnFigures, ChurnIntervals, ChurnLearner, ChurnSpans } from './churn.js';

export interface EvaluateChurnRequest {
  readonly asOfMs: number;
  readonly learner: ChurnLearner;
  readonly seed: number;
  /** The truth of a simulated history. */
  readonly truthFile?: string | undefined;
  /** Who was treated when: columns payer_id and treated_at. */
  readonly treatmentsFile?: string | undefined;
  /** Also measure without each guard. */
  readonly guards: boolean;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

interface Ranked {
  readonly aucRoc: number;
  readonly averagePrecision: number;
}

interface CauseFigures extends Ranked {
  readonly renewals: number;
  readonly share: number;
  readonly meanProbability: number;
  /** By the true hazard, on the same rows; null where it is not known. */
  readonly ceiling: (Ranked & { readonly meanProbability: number }) | null;
}

/** A span's survival, observed and expected. */
export interface Segment {
  readonly segment: string;
  readonly renewals: number;
  readonly churnShare: number;
  readonly meanProbability: number;
  readonly survival: readonly SurvivalPoint[];
}

interface GuardEffect {
  readonly without: LeakGuard;
  readonly renewals: number;
  readonly churnShare: number;
  readonly figures: ChurnFigures;
}

export interface ChurnEvaluation {
  readonly asOf: string;
  readonly learner: ChurnLearner;
  readonly leadDays: number;
  readonly fitRows: number;
  readonly calibrateRows: number;
  readonly renewals: number;
  readonly testFrom: string;
  readonly testTo: string;
  readonly churnShare: number;
  readonly figures: ChurnFigures;
  readonly interval: ChurnIntervals;
  readonly nobodyChurns: ChurnFigures;
  readonly baseRate: ChurnFigures;
  /** Null where the test quarter has no such end. */
  readonly causes: Readonly<Record<(typeof EITHER)[number], CauseFigures | null>>;
  readonly segments: readonly Segment[];
  readonly guards: readonly GuardEffect[];
  /** Null without treatments. */
  readonly uplift: ChurnUplift | null;
}

/** `db` has the lake's views. @throws AppError `bad-input` when the history is too short to judge anything. */
export async function evaluateChurn(db: Duckdb, request: EvaluateChurnRequest): Promise<ChurnEvaluation> {
  const { asOfMs, learner, seed, truthFile, treatmentsFile, guards, onProgress } = request;
  const steps = 1 + (guards ? LEAK_GUARDS.length : 0);
  onProgress?.('churn model', 0, steps);
  const { rows, spans, model } = await judge(db, request);
  const test = judged(rows, spans.test);
  const y = ended(rows, test, EITHER);
  const frame = takeRows(rows.frame, test);
  const churnProbability = model.predict(frame);
  const hazards = truthFile === undefined ? null : await trueHazards(db, truthFile);
  const risks = model.risks(frame);
  const uplift =
    treatmentsFile === undefined
      ? null
      : await churnUplift(db, { rows, test, y, churnProbability }, treatmentsFile);
  onProgress?.('churn model', 1, steps);
  const effects: GuardEffect[] = [];
  for (const without of guards ? LEAK_GUARDS : []) {
    effects.push(await withoutGuard(db, request, without));
    onProgress?.('churn model', 1 + effects.length, steps);
  }
  const causeFigures = (cause: (typeof EITHER)[number], truth: Float64Array | null): CauseFigures | null =>
    causeOf(ended(rows, test, [cause]), risks[cause], truth);
  return {
    asOf: new Date(asOfMs).toISOString(),
    learner,
    leadDays: JUDGED_LEAD,
    fitRows: spans.fit.length,
    calibrateRows: spans.calibrate.length,
    renewals: test.length,
    testFrom: istDay(Math.min(...bounds(rows, test))),
    testTo: istDay(Math.max(...bounds(rows, test))),
    churnShare: mean(y),
    figures: churnFigures(y, churnProbability),
    interval: churnIntervals(y, churnProbability, payers(rows, test), seed),
    nobodyChurns: churnFigures(y, new Float64Array(y.length)),
    baseRate: churnFigures(y, new Float64Array(y.length).fill(mean(ended(rows, spans.fit, EITHER)))),
    causes: {
      voluntary: causeFigures('voluntary', hazards && Float64Array.from(test, (row) => hazards[row]!)),
      involuntary: causeFigures('involuntary', null),
    },
    segments: segmentsOf(rows, spans.test, model),
    guards: effects,
    uplift,
  };
}

interface Judgement extends ReturnType<typeof fitChurn> {
  readonly rows: ChurnRows;
  readonly spans: ChurnSpans;
}

/** Rows, spans and the honest model of the newest settled quarter. */
export async function judge(
  db: Duckdb,
  { asOfMs, learner, seed }: Pick<EvaluateChurnRequest, 'asOfMs' | 'learner' | 'seed'>,
): Promise<Judgement> {
  const rows = await churnRows(db, { asOfMs, leads: TRAINING_LEADS });
  const spans = churnSpans(rows, asOfMs - GRACE_DAYS * DAY_MS);
  const missing = tooFew(rows, spans);
  if (missing !== null) throw new AppError('bad-input', 'too-few-renewals', missing);
  return { rows, spans, ...fitChurn(rows, spans, { learner, seed }) };
}

/** Each cause must have happened in the fitted span, and any in the tested one. */
function tooFew(rows: ChurnRows, spans: ChurnSpans): string | null {
  for (const cause of EITHER) {
    const found = count(ended(rows, spans.fit, [cause]));
    if (found < FEWEST_EVENTS.fit) return lacking('fitted', cause, found, FEWEST_EVENTS.fit);
  }
  const tested = ended(rows, judged(rows, spans.test), EITHER);
  const found = count(tested);
  if (found >= FEWEST_EVENTS.test && hasBothClasses(tested)) return null;
  return lacking('tested', 'settled', found, FEWEST_EVENTS.test);
}

function lacking(span: string, kind: string, found: number, needed: number): string {
  return `the ${span} span holds ${found} ${kind} ends of subscriptions, at least ${needed} are needed; import more history`;
}

/** What one would believe of the model if one did not look out. */
async function withoutGuard(
  db: Duckdb,
  { asOfMs, learner, seed }: EvaluateChurnRequest,
  without: LeakGuard,
): Promise<GuardEffect> {
  const rows = await churnRows(db, { asOfMs, leads: TRAINING_LEADS, without });
  const lastDueMs = without === 'maturity' ? asOfMs : asOfMs - GRACE_DAYS * DAY_MS;
  const spans = churnSpans(rows, lastDueMs);
  const used = without === 'time-split' ? dealt(spans, seed) : spans;
  const test = judged(rows, used.test);
  const y = ended(rows, test, EITHER);
  const { model } = fitChurn(rows, used, { learner, seed });
  const figures = churnFigures(y, model.predict(takeRows(rows.frame, test)));
  return { without, renewals: test.length, churnShare: mean(y), figures };
}

/** The same numbers of rows, drawn at random from all of them: the past is foretold from the future. */
function dealt({ fit, calibrate, test }: ChurnSpans, seed: number): ChurnSpans {
  const all = Int32Array.from(
    shuffled([...fit, ...calibrate, ...test], seededRandom(seed).fork('random split')),
  );
  const border = fit.length + calibrate.length;
  return {
    fit: all.subarray(0, fit.length),
    calibrate: all.subarray(fit.length, border),
    test: all.subarray(border),
  };
}

function causeOf(y: Uint8Array, p: Float64Array, truth: Float64Array | null): CauseFigures | null {
  if (!hasBothClasses(y)) return null;
  return {
    renewals: y.length,
    share: mean(y),
    ...ranked(y, p),
    meanProbability: mean(p),
    ceiling: truth === null ? null : ceilingOf(y, truth),
  };
}

function ceilingOf(y: Uint8Array, truth: Float64Array): CauseFigures['ceiling'] {
  const known = Int32Array.from(y.keys()).filter((row) => !Number.isNaN(truth[row]!));
  const target = Uint8Array.from(known, (row) => y[row]!);
  const hazard = Float64Array.from(known, (row) => truth[row]!);
  return hasBothClasses(target) ? { ...ranked(target, hazard), meanProbability: mean(hazard) } : null;
}

function ranked(y: Uint8Array, p: Float64Array): Ranked {
  return { aucRoc: aucRoc(y, p), averagePrecision: averagePrecision(y, p) };
}

/** Segments with fewer renewals say little. */
const FEWEST_IN_SEGMENT = 200;

/** By plan, and by how it is paid; the curves are of the earliest lead, which sees most of a period's ends. */
export function segmentsOf(rows: ChurnRows, test: Int32Array, model: CompetingRisks): Segment[] {
  const early = test.filter((row) => rows.leadDays[row] === Math.max(...TRAINING_LEADS));
  const paidBy = paidByOf(rows);
  const nameOf: ((row: number) => string)[] = [
    () => 'everybody',
    (row) => `plan ${rows.planId[row]!}`,
    paidBy,
  ];
  return nameOf.flatMap((name) => {
    const groups = new Map<string, number[]>();
    for (const row of early) {
      const members = groups.get(name(row));
      if (members === undefined) groups.set(name(row), [row]);
      else members.push(row);
    }
    return [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([segment, of]) => {
        if (of.length < FEWEST_IN_SEGMENT) return [];
        const members = Int32Array.from(of);
        const y = ended(rows, members, EITHER);
        const p = model.predict(takeRows(rows.frame, members));
        const period = Int32Array.from(members, (row) => rows.period[row]!);
        return [
          {
            segment,
            renewals: of.length,
            churnShare: mean(y),
            meanProbability: mean(p),
            survival: survivalCurve(period, y, p),
          },
        ];
      });
  });
}

function bounds(rows: ChurnRows, of: Int32Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const row of of) {
    low = Math.min(low, rows.dueAt[row]!);
    high = Math.max(high, rows.dueAt[row]!);
  }
  return [low, high];
}

export function payers(rows: ChurnRows, of: Int32Array): string[] {
  return Array.from(of, (row) => rows.payerId[row]!);
}

function count(y: Uint8Array): number {
  return y.reduce((sum, label) => sum + label, 0);
}

function mean(values: Uint8Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / Math.max(1, values.length);
}
