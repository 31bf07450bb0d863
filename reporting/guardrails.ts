/**
 * What the guardrails see of a champion and what they say of it: pure. A share breaches its limit when the lower end of its 95 %
 * interval does, so that a few bad answers after a quiet hour do not; the limit on blocks follows the former champion's
 * share, between a floor and the cap. Too few decisions are judged as nothing at all.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import Value from 'typebox/value';
import { shareInterval } from '../models/drift-measures.js';
import type { Guardrails } from '../scoring/guardrail-settings.js';

const orNull = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const GUARDRAILS = ['blocks', 'failures', 'slow-answers', 'p99-latency', 'calibration'] as const;

const Rail = Type.Object({
  guardrail: Type.Enum(GUARDRAILS),
  /** Share, milliseconds or ratio. */
  value: Type.Number(),
  limit: Type.Number(),
  breached: Type.Boolean(),
  text: Type.String({ description: 'The figures in words.' }),
});
export type Rail = Static<typeof Rail>;

/** `watching`: nothing is breached; `too-few`: not enough decisions yet; `held`: breached, and people must act. */
const STANDINGS = ['off', 'no-model', 'past', 'too-few', 'watching', 'held', 'rolled-back'] as const;

export const GuardrailCheck = Type.Object({
  at: Type.Integer(),
  /** Judged; null without one. */
  modelVersion: orNull(Type.String()),
  standing: Type.Enum(STANDINGS),
  decisions: Type.Integer({ description: 'In the window.' }),
  rails: Type.Array(Rail),
  note: orNull(Type.String({ description: 'Where it returned to, or why it could not.' })),
});
export type GuardrailCheck = Static<typeof GuardrailCheck>;

/** Null for a check that another version of the program wrote in another form. */
export function readCheck(stored: unknown): GuardrailCheck | null {
  return Value.Check(GuardrailCheck, stored) ? stored : null;
}

/** Of the decisions that a model made in a span. */
export interface AnswerFigures {
  readonly decisions: number;
  /** The model wanted to block, whether it could or not. */
  readonly blocked: number;
  /** No probability: not a number, or an exception. */
  readonly failed: number;
  readonly slow: number;
  /** Null without a decision. */
  readonly p99Ms: number | null;
}

/** Of payments that it let through, old enough for their labels. */
export interface CalibrationFigures {
  readonly payments: number;
  readonly expected: number;
  readonly frauds: number;
}

export interface JudgedFigures {
  readonly answers: AnswerFigures;
  /** Of the champion before; null without one or without decisions enough. */
  readonly former: AnswerFigures | null;
  readonly calibration: CalibrationFigures;
}

/** Nobody is rolled back for one block in two hundred. */
const LEAST_BLOCKED_SHARE = 0.005;

/** Empty while there are too few decisions; calibration is judged only with frauds enough. */
export function judge(figures: JudgedFigures, settings: Guardrails): Rail[] {
  const { answers, calibration } = figures;
  const ofAnswers = answers.decisions < settings.minDecisions ? [] : answerRails(figures, settings);
  const ratio = calibrationRail(calibration, settings);
  return ratio === null ? ofAnswers : [...ofAnswers, ratio];
}

function answerRails({ answers, former }: JudgedFigures, settings: Guardrails): Rail[] {
  const { mostBlockedShare, mostTimesFormerBlocks, mostFailedShare, mostSlowShare, mostP99Ms } = settings;
  const { decisions, blocked, failed, slow, p99Ms } = answers;
  const formerShare = former === null ? null : former.blocked / Math.max(1, former.decisions);
  const blockLimit =
    formerShare === null
      ? mostBlockedShare
      : Math.min(mostBlockedShare, Math.max(LEAST_BLOCKED_SHARE, mostTimesFormerBlocks * formerShare));
  const beside = formerShare === null ? '' : `, the former champion ${percent(formerShare)}`;
  const rail = (guardrail: Rail['guardrail'], count: number, limit: number, text: string): Rail => ({
    guardrail,
    value: count / decisions,
    limit,
    breached: shareInterval(count, decisions).low > limit,
    text: `${text} ${count} of ${decisions} decisions (${percent(count / decisions)}), limit ${percent(limit)}`,
  });
  const blocks = rail('blocks', blocked, blockLimit, 'the model would block');
  const p99 = p99Ms ?? 0;
  return [
    { ...blocks, text: `${blocks.text}${beside}` },
    rail('failures', failed, mostFailedShare, 'it gave no probability for'),
    rail('slow-answers', slow, mostSlowShare, 'it was too slow for'),
    {
      guardrail: 'p99-latency',
      value: p99,
      limit: mostP99Ms,
      breached: p99 > mostP99Ms,
      text: `99 % of ${decisions} decisions were scored within ${p99.toFixed(1)} ms, limit ${mostP99Ms} ms`,
    },
  ];
}

/** Null while too few frauds are announced and come. */
function calibrationRail(
  { payments, expected, frauds }: CalibrationFigures,
  { mostCalibrationRatio, minFrauds }: Guardrails,
): Rail | null {
  if (Math.max(expected, frauds) < minFrauds || expected === 0) return null;
  const { low, high } = shareInterval(frauds, payments);
  const [lowest, highest] = [(low * payments) / expected, (high * payments) / expected];
  return {
    guardrail: 'calibration',
    value: frauds / expected,
    limit: mostCalibrationRatio,
    breached: lowest > mostCalibrationRatio || highest < 1 / mostCalibrationRatio,
    text:
      `${frauds} frauds came of ${expected.toFixed(1)} announced in ${payments} payments let through ` +
      `(${(frauds / expected).toFixed(2)} times, 95 % interval ${lowest.toFixed(2)} to ${highest.toFixed(2)}), ` +
      `limit ${mostCalibrationRatio} times either way`,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
