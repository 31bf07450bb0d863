/**
 * What another model, policy or set of rules would have done to a span of logged decisions, and what that would have been
 * worth. Only decisions older than labels need to arrive are valued: then no report means that the payment was good. What it
 * cannot know it counts and leaves out.
 */
import type { Pool } from 'pg';
import type { Lake } from '../../ingest/lake.js';
import type { Registry } from '../../models/registry.js';
import { decisionsBetween } from '../decisions.js';
import type { ReplayableDecision } from '../decisions.js';
import { openPast } from '../replay/past.js';
import { ACTIONS } from '../request.js';
import type { Action } from '../request.js';
import { at, minus, valueOf } from './action-value.js';
import type { ActionShares, Yardstick } from './action-value.js';
import { decideOtherwise, LOST_REASONS } from './decide-otherwise.js';
import type { Alternative, Candidate } from './decide-otherwise.js';
import { judge } from './judge.js';
import type { JudgedDecision, Judgement } from './judge.js';
import { knownFrauds } from './known-frauds.js';

interface PolicyDeps {
  readonly pool: Pool;
  readonly lake: Pick<Lake, 'attach'>;
  readonly registry: Pick<Registry, 'load'>;
  readonly onProgress?: (stage: 'decisions', done: number, total: number) => void;
}

export interface PolicyQuestion {
  readonly candidate: Candidate;
  /** Decisions of [fromMs, untilMs), UTC epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** What became known before this instant counts. */
  readonly asOfMs: number;
  /** A decision is valued when it is at least so old. */
  readonly matureAfterMs: number;
  /** The money of one currency alone can be added up. */
  readonly currency: string;
  /** What both policies are measured by, in that currency. */
  readonly yardstick: Yardstick;
  /** Share of challenged frauds that become known; who fails the challenge is never charged back. */
  readonly challengedReported: number;
  readonly seed: number;
}

const EXCLUSIONS = [...LOST_REASONS, 'other-currency'] as const;
type Exclusion = (typeof EXCLUSIONS)[number];

/** How many decisions went from one action to the other; before anything is drawn. */
interface Transition {
  readonly logged: Action;
  readonly candidate: Action;
  readonly decisions: number;
  readonly amountPaise: number;
}

export interface PolicyEvaluation {
  readonly decisions: {
    readonly logged: number;
    readonly decidedAgain: number;
    readonly mature: number;
    readonly excluded: Readonly<Record<Exclusion, number>>;
  };
  readonly transitions: readonly Transition[];
  /** The difference that the logged probabilities expect over all decisions that have one, whatever is known of them. */
  readonly naive: { readonly decisions: number; readonly differencePaise: number };
  /** Of the mature decisions; null when there are none. */
  readonly judgement: Judgement | null;
}

export async function evaluatePolicy(deps: PolicyDeps, question: PolicyQuestion): Promise<PolicyEvaluation> {
  const { fromMs, asOfMs, matureAfterMs, yardstick, challengedReported, seed } = question;
  const frauds = await knownFrauds(deps.pool, deps.lake, { fromMs, asOfMs });
  const { logged, excluded, rows } = await decideAllOtherwise(deps, question, frauds);
  const mature = rows.filter(({ decidedAt }) => decidedAt <= asOfMs - matureAfterMs);
  const reported = { allow: 1, challenge: challengedReported, review: 1, block: 0 };
  return {
    decisions: { logged, decidedAgain: rows.length, mature: mature.length, excluded },
    transitions: transitionsOf(rows),
    naive: naiveReplay(rows, yardstick),
    judgement: mature.length === 0 ? null : judge(mature, { yardstick, reported, seed }),
  };
}

interface Row extends JudgedDecision {
  readonly decidedAt: number;
}

async function decideAllOtherwise(
  deps: PolicyDeps,
  { candidate, currency, fromMs, untilMs }: PolicyQuestion,
  frauds: ReadonlySet<string>,
) {
  const past = openPast(deps);
  const payers = new Map<string, number>();
  const excluded = Object.fromEntries(EXCLUSIONS.map((reason) => [reason, 0])) as Record<Exclusion, number>;
  const rows: Row[] = [];
  const total = await countBetween(deps.pool, fromMs, untilMs);
  let logged = 0;
  for await (const decision of decisionsBetween(deps.pool, fromMs, untilMs)) {
    logged++;
    deps.onProgress?.('decisions', logged, Math.max(logged, total));
    const otherwise =
      decision.payment.currency === currency
        ? await decideOtherwise(decision, candidate, past)
        : 'other-currency';
    if (typeof otherwise === 'string') excluded[otherwise]++;
    else rows.push(toRow(decision, otherwise, codeOf(payers, decision.payment.payerId), frauds));
  }
  return { logged, excluded, rows };
}

async function countBetween(pool: Pool, fromMs: number, untilMs: number): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM decisions
     WHERE decided_at >= to_timestamp($1 / 1000.0) AND decided_at < to_timestamp($2 / 1000.0)`,
    [fromMs, untilMs],
  );
  return Number(rows[0]?.count ?? 0);
}

function codeOf(codes: Map<string, number>, payerId: string): number {
  const code = codes.get(payerId) ?? codes.size;
  codes.set(payerId, code);
  return code;
}

function toRow(
  { payment, action, fraudProbability, decidedAt, circumstances }: ReplayableDecision,
  alternative: Alternative,
  payer: number,
  frauds: ReadonlySet<string>,
): Row {
  return {
    ...alternative,
    payer,
    action,
    amountPaise: Number(payment.amountPaise),
    churn: circumstances?.churn,
    probability: fraudProbability,
    fraud: frauds.has(payment.paymentId),
    decidedAt: Date.parse(decidedAt),
  };
}

function transitionsOf(rows: readonly Row[]): Transition[] {
  return ACTIONS.flatMap((logged) =>
    ACTIONS.flatMap((candidate) => {
      const moved = rows.filter(
        (row) => likeliest(row.logged) === logged && likeliest(row.candidate) === candidate,
      );
      const amountPaise = moved.reduce((sum, row) => sum + row.amountPaise, 0);
      return moved.length === 0 ? [] : [{ logged, candidate, decisions: moved.length, amountPaise }];
    }),
  );
}

function likeliest(shares: ActionShares): Action {
  return ACTIONS.reduce((best, action) => (shares[action] > shares[best] ? action : best));
}

function naiveReplay(rows: readonly Row[], yardstick: Yardstick) {
  let [decisions, differencePaise] = [0, 0];
  for (const row of rows) {
    if (row.probability === null) continue;
    decisions++;
    const value = (shares: ActionShares) => valueOf(shares, row, yardstick);
    differencePaise += at(minus(value(row.candidate), value(row.logged)), row.probability);
  }
  return { decisions, differencePaise };
}
