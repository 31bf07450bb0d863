/**
 * Tonight's list: every living subscription with its risks, what it is worth if it stays, why, and how much a treatment
 * should save: p x value x expected effect. Who is held out is scored as well and must be left alone.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { churnStatement } from '../../features/churn/statements.js';
import { churnRows, type ChurnRows } from '../../features/churn/rows.js';
import type { ChurnEffects } from '../churn-effect.js';
import type { CompetingRisks } from '../competing-risks.js';
import { contractValuePaise } from '../lifetime/contract-value.js';
import { assignedKind, isHeldOut, LISTED_SHARE } from '../uplift.js';
import { TRAINING_LEADS } from './churn.js';

const SETTINGS = {
  marginShare: 0.3, // Of the price: what food services keep before overheads; only the order of plans depends on it.
  annualDiscount: 0.12, // Money is worth what an Indian small business borrows at.
  reasons: 3, // A fourth is rarely read.
  leastHazard: 0.005, // A plan that has never lost anybody still will not live for ever.
} as const;

export interface ChurnScore {
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly planId: string;
  readonly currency: string;
  readonly dueAt: number;
  readonly voluntary: number;
  readonly involuntary: number;
  readonly valuePaise: bigint;
  readonly priorityPaise: bigint;
  readonly heldOut: boolean;
  /** Among the night's first by priority, held out or not. */
  readonly listed: boolean;
  /** What the payer is to be treated with, of the kinds that are dealt out; null for others, the unlisted and the held out. */
  readonly assignedKind: string | null;
  readonly segment: PaidBy;
  readonly reasons: readonly string[];
}

export interface ScoreChurnRequest {
  readonly asOfMs: number;
  /** What a treatment prevents. */
  readonly effects: ChurnEffects;
  /** Dealt out among listed payers; none: whoever treats chooses. */
  readonly kinds: readonly string[];
}

/** Highest priority first. `db` has the lake's views. */
export async function scoreChurn(
  db: Duckdb,
  model: CompetingRisks,
  { asOfMs, effects, kinds }: ScoreChurnRequest,
): Promise<ChurnScore[]> {
  const rows = await churnRows(db, { asOfMs, leads: TRAINING_LEADS, open: true });
  const { voluntary, involuntary } = model.risks(rows.frame);
  const laterHazard = hazardOfPlans(rows, voluntary, involuntary);
  const paidBy = paidByOf(rows);
  const scores = Array.from(rows.subscriptionId, (subscriptionId, row) => {
    const risks = { voluntary: voluntary[row]!, involuntary: involuntary[row]! };
    const value = contractValuePaise({
      marginPaise: SETTINGS.marginShare * rows.amountPaise[row]!,
      periodDays: rows.termDays[row]!,
      nextHazard: 0,
      laterHazard: laterHazard.get(rows.planId[row]!)!,
      annualDiscount: SETTINGS.annualDiscount,
    });
    const saved =
      risks.voluntary * effects.voluntary.prevented + risks.involuntary * effects.involuntary.prevented;
    return {
      subscriptionId,
      payerId: rows.payerId[row]!,
      planId: rows.planId[row]!,
      currency: rows.currency[row]!,
      dueAt: rows.dueAt[row]!,
      ...risks,
      valuePaise: BigInt(Math.round(value)),
      priorityPaise: BigInt(Math.round(saved * value)),
      heldOut: isHeldOut(rows.payerId[row]!),
      segment: paidBy(row),
      reasons: reasonsOf(rows, model, row),
    };
  });
  return listScores(scores, kinds);
}

type UnlistedScore = Omit<ChurnScore, 'listed' | 'assignedKind'>;

/** The list is drawn before anybody is left out, currency by currency: minor units of two do not compare. */
function listScores(scores: readonly UnlistedScore[], kinds: readonly string[]): ChurnScore[] {
  const sizes = new Map<string, number>();
  for (const { currency } of scores) sizes.set(currency, (sizes.get(currency) ?? 0) + 1);
  const left = new Map([...sizes].map(([currency, size]) => [currency, Math.ceil(LISTED_SHARE * size)]));
  return scores
    .toSorted(
      (a, b) => Number(b.priorityPaise - a.priorityPaise) || (a.subscriptionId < b.subscriptionId ? -1 : 1),
    )
    .map((score) => {
      const room = left.get(score.currency)!;
      left.set(score.currency, room - 1);
      const listed = room > 0;
      const isDealt = listed && !score.heldOut;
      return { ...score, listed, assignedKind: isDealt ? assignedKind(score.payerId, kinds) : null };
    });
}

const PAID_BY = ['paid by mandate', 'paid by hand'] as const;
type PaidBy = (typeof PAID_BY)[number];

/** How a row's plan was paid last. */
export function paidByOf({ frame }: Pick<ChurnRows, 'frame'>): (row: number) => PaidBy {
  const mandate = frame.columns[frame.names.indexOf('mandate')]!;
  return (row) => PAID_BY[mandate[row] === 1 ? 0 : 1];
}

/** Mean risk of a plan's living subscriptions: what a renewal far away may expect. */
function hazardOfPlans(
  { planId }: ChurnRows,
  voluntary: Float64Array,
  involuntary: Float64Array,
): Map<string, number> {
  const sums = new Map<string, { n: number; sum: number }>();
  planId.forEach((plan, row) => {
    const { n, sum } = sums.get(plan) ?? { n: 0, sum: 0 };
    sums.set(plan, { n: n + 1, sum: sum + voluntary[row]! + involuntary[row]! });
  });
  return new Map([...sums].map(([plan, { n, sum }]) => [plan, Math.max(SETTINGS.leastHazard, sum / n)]));
}

/** What raises the risk most; nothing for a payer at the average. */
function reasonsOf({ frame, currency }: ChurnRows, model: CompetingRisks, row: number): string[] {
  const vector = Float32Array.from(frame.columns, (column) => column[row]!);
  const contributions = model.explain(vector);
  return frame.names
    .map((name, k) => ({ name, value: vector[k]!, contribution: contributions[k]! }))
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, SETTINGS.reasons)
    .map(({ name, value }) => churnStatement(name, value, currency[row]!));
}
