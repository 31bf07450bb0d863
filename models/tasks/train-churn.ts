/**
 * Trains the production churn model from the lake: judged on the newest settled quarter by a model that was fitted before
 * it, then fitted again on everything settled, with the honest model's calibration. Every figure stands beside the base rate.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { churnFeatureHash } from '../../features/churn/definitions.js';
import type { Artefact } from '../artefact.js';
import type { Frame } from '../contract.js';
import { aucRoc } from '../metrics.js';
import { takeRows } from '../split.js';
import { churnFigures, churnIntervals, EITHER, ended, judged, JUDGED_LEAD, refitChurn } from './churn.js';
import type { ChurnLearner } from './churn.js';
import { judge, payers, segmentsOf, type Segment } from './evaluate-churn.js';

export interface TrainChurnOptions {
  /** Only what was known before this instant is used. Epoch ms. */
  readonly asOfMs: number;
  readonly seed: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

const LEARNER: ChurnLearner = 'trees';

/** The newest settled quarter, for the comparison of champion and challenger on the same renewals. */
export interface ChurnTest {
  readonly frame: Frame;
  /** When each row was seen, epoch ms (n). */
  readonly asOf: Float64Array;
  readonly y: Uint8Array;
  /** By a model that has not seen the quarter. */
  readonly churnProbability: Float64Array;
}

interface TrainedChurn {
  readonly artefact: Artefact;
  readonly test: ChurnTest;
  /** Of the same quarter, by the same model. */
  readonly segments: readonly Segment[];
}

/** @throws AppError `too-few-renewals` when the history is too short to judge anything. */
export async function trainChurn(
  db: Duckdb,
  { asOfMs, seed, onProgress }: TrainChurnOptions,
): Promise<TrainedChurn> {
  onProgress?.('churn model', 0, 2);
  const { rows, spans, model: honest, calibrations } = await judge(db, { asOfMs, learner: LEARNER, seed });
  onProgress?.('churn model', 1, 2);
  const test = judged(rows, spans.test);
  const y = ended(rows, test, EITHER);
  const frame = takeRows(rows.frame, test);
  const churnProbability = honest.predict(frame);
  const base = y.reduce((sum, label) => sum + label, 0) / y.length;
  const final = refitChurn(rows, calibrations, { learner: LEARNER, seed });
  const settled = Int32Array.from(rows.dueAt.keys());
  onProgress?.('churn model', 2, 2);
  const span = (of: Int32Array): string[] =>
    [of[0]!, of.at(-1)!].map((row) => new Date(rows.asOf[row]!).toISOString());
  const artefact: Artefact = {
    task: 'churn',
    featureSetHash: churnFeatureHash(),
    model: final,
    policy: {},
    training: {
      asOf: new Date(asOfMs).toISOString(),
      from: span(settled)[0]!,
      to: span(settled)[1]!,
      rows: settled.length,
      seed,
      learner: LEARNER,
    },
    evaluation: {
      metrics: { ...churnFigures(y, churnProbability), ...causeAucs(honest.risks(frame), rows, test) },
      baseline: {
        ...churnFigures(y, new Float64Array(y.length).fill(base)),
        voluntaryAucRoc: 0.5,
        involuntaryAucRoc: 0.5,
      },
      interval: churnIntervals(y, churnProbability, payers(rows, test), seed),
      protocol:
        `Tested on ${y.length} renewals seen ${JUDGED_LEAD} days before expiry (${span(test)
          .map((at) => at.slice(0, 10))
          .join(' to ')}), ` +
        'by a model fitted on renewals settled before. The baseline gives everybody the base rate.',
    },
    intendedUse:
      'Probability that a subscription is not renewed within 30 days of expiry, by cause, for lists of whom to contact and for ' +
      'dunning. Not for prices or refusals, and not for data of children.',
  };
  const asOf = Float64Array.from(test, (row) => rows.asOf[row]!);
  const segments = segmentsOf(rows, spans.test, honest);
  return { artefact, test: { frame, asOf, y, churnProbability }, segments };
}

function causeAucs(
  risks: { readonly voluntary: Float64Array; readonly involuntary: Float64Array },
  rows: Parameters<typeof ended>[0],
  test: Int32Array,
): Record<string, number> {
  return Object.fromEntries(
    EITHER.flatMap((cause) => {
      const y = ended(rows, test, [cause]);
      return y.includes(1) ? [[`${cause}AucRoc`, aucRoc(y, risks[cause])]] : [];
    }),
  );
}
