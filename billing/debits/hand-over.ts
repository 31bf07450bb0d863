/**
 * What comes after a debit that did not happen. One that failed goes to the retry engine, which answers with a lawful slot or with none
 * (billing/retry/choose.ts); one that was withdrawn before it was made is planned anew under its own number, and stays a person's
 * when it was one. In the transaction that ends the former debit, so that neither is without the other.
 */
import type { PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { Gateway } from '../../core/ports/gateway.js';
import type { Pool } from 'pg';
import type { RetryEstimate } from '../../features/retry/moment.js';
import type { Decide } from '../../scoring/decide.js';
import { chooseRetry } from '../retry/choose.js';
import type { RetryChoice } from '../retry/choose.js';
import { moveDebit } from './debit.js';
import type { Debit } from './debit.js';
import { legalSlots } from '../retry/legal-slots.js';
import { planOf } from './plan-first.js';
import { insertDebits } from './plan.js';
import type { PlannedDebit } from './plan.js';
import { contextOf, situationOf } from './situation.js';
import { obstacle, standingOf } from './standing.js';
import type { Standing } from './standing.js';

export interface RetryAdviser {
  /** Null: without a model, which leaves the ladder. */
  readonly estimate: RetryEstimate | null;
  readonly version: string | null;
}

export interface DebitDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly gateway: Gateway;
  readonly decide: Decide;
  /** The retry model of this moment. */
  readonly adviser: () => RetryAdviser;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
}

/** @param after failed; the caller holds its lock. Answers the retry's id; null when there is none, and then the debit's note says why. */
export async function planRetry(
  client: PoolClient,
  deps: Pick<DebitDeps, 'adviser' | 'stopwatch'>,
  after: Debit,
  now: number,
): Promise<string | null> {
  const standing = await standingOf(client, after);
  const inTheWay = obstacle(standing);
  if (inTheWay === null) return chooseAndPlan(client, deps, standing, now);
  await client.query('UPDATE debits SET note = $2 WHERE debit_id = $1', [
    after.debitId,
    `no retry: ${inTheWay}`,
  ]);
  return null;
}

async function chooseAndPlan(
  client: PoolClient,
  { adviser, stopwatch }: Pick<DebitDeps, 'adviser' | 'stopwatch'>,
  standing: Standing,
  now: number,
): Promise<string | null> {
  const { estimate, version } = adviser();
  const situation = await situationOf(client, standing, now);
  const context = await contextOf(client, standing, situation);
  const subject = { payerId: standing.payerId, chainId: standing.invoiceId, context };
  const choice = chooseRetry({ estimate, stopwatch }, situation, subject, now);
  const { slot } = choice;
  if (slot === null) {
    await noteNoRetry(client, standing.invoiceId, choice);
    return null;
  }
  const planned = {
    standing,
    attempt: situation.attempts.length + 1,
    slotAt: slot.atMs,
    // Banks' mandates have no notice of the gateway's: ours goes out at once.
    noticeDueAt: slot.noticeAtMs ?? now,
    chosenBy: choice.chosenBy,
    arm: choice.arm,
    successProbability: choice.successProbability,
    propensity: choice.propensity,
    modelVersion: choice.successProbability === null ? null : version,
    choice: toldOf(choice),
  };
  return insertOne(client, planned, now);
}

function toldOf({ ladderAtMs, eligible, considered, vetoes, reason, explanation }: RetryChoice): object {
  return { ladderAtMs, eligible, considered, vetoes, reason, explanation };
}

/** On the last attempt: why it is the last. */
async function noteNoRetry(client: PoolClient, invoiceId: string, choice: RetryChoice): Promise<void> {
  await client.query(
    `UPDATE debits SET note = $2 WHERE debit_id = (SELECT debit_id FROM debits WHERE invoice_id = $1 AND status = 'failed'
       ORDER BY charged_at DESC LIMIT 1)`,
    [invoiceId, `no further attempt. ${choice.explanation}`],
  );
}

/** Ends a debit that was not made, and plans it anew where it is still lawful. The caller holds its lock. */
export async function replan(
  client: PoolClient,
  deps: Pick<DebitDeps, 'adviser' | 'stopwatch'>,
  debit: Debit,
  note: string,
  now: number,
): Promise<void> {
  if ((await moveDebit(client, debit, 'withdraw', now, { note })) === null) return;
  await planAgain(client, deps, debit, now);
}

/** In place of one that was withdrawn, under its number. Answers its id; null when nothing is lawful. The caller holds its lock. */
export async function planAgain(
  client: PoolClient,
  deps: Pick<DebitDeps, 'adviser' | 'stopwatch'>,
  debit: Debit,
  now: number,
): Promise<string | null> {
  const standing = await standingOf(client, debit);
  if (obstacle(standing) !== null) return null;
  if (debit.chosenBy === 'person') return planByPerson(client, debit, standing, debit.choice, now);
  if (debit.attempt > 1) return chooseAndPlan(client, deps, standing, now);
  const first = planOf(standing, now);
  return typeof first === 'string' ? null : insertOne(client, first, now);
}

/**
 * In place of one that was withdrawn, at the first lawful slot: a person wants it, nothing weighs it. Answers its id.
 * @param choice whose word it is.
 */
export async function planByPerson(
  client: PoolClient,
  { attempt }: Debit,
  standing: Standing,
  choice: object | null,
  now: number,
): Promise<string | null> {
  const first = planOf(standing, now);
  if (typeof first === 'string') return null;
  const byPerson = { ...first, attempt, chosenBy: 'person', choice } as const;
  if (attempt === 1) return insertOne(client, byPerson, now);
  const [slot] = legalSlots(await situationOf(client, standing, now), now).slots;
  if (slot === undefined) return null;
  return insertOne(client, { ...byPerson, slotAt: slot.atMs, noticeDueAt: slot.noticeAtMs ?? now }, now);
}

async function insertOne(client: PoolClient, planned: PlannedDebit, now: number): Promise<string | null> {
  return (await insertDebits(client, [planned], now)).get(planned.standing.invoiceId) ?? null;
}
