/**
 * Unattended debits of a mandate: the execution, and at most three retries on T+1 to T+3, each after the previous result
 * is known. UPI executions keep off NPCI's peak hours, 10:00-13:00 and 17:00-21:30 IST (circular of 21 May 2025).
 */
import type { Instrument, PaidBy } from './instruments.js';
import type { Payer } from './payers.js';
import type { Random } from '../../core/random.js';
import type { Weighted } from './chance.js';
import type { World } from './world.js';
import { addFriction } from './friction.js';
import { chance, clamp, logNormal, pickWeighted } from './chance.js';
import { dayOf, HOUR_MS, MINUTE_MS, startOfDay } from '../../core/days.js';
import { declineReason } from './declines.js';
import { NEVER_RETRIED } from './reasons.js';
import { record } from './record.js';
import { UNATTENDED } from './whereabouts.js';

interface Collection {
  readonly payer: Payer;
  readonly instrument: Instrument;
  readonly category: string;
  readonly amountPaise: number;
}

export interface Collected {
  readonly captured: boolean;
  readonly reason: string | null;
  /** The first attempt, which dunning repeats, and the attempt that decided. */
  readonly originalId: string;
  readonly paymentId: string;
  readonly knownAt: number;
}

const MOST_RETRIES = 3;

/** Minutes of the day [from, to) and how often the merchant chooses them; the spread is logged exploration. */
const UPI_SLOTS: Weighted<readonly [number, number]> = [
  [[5, 360], 8],
  [[360, 600], 42],
  [[780, 1020], 32],
  [[1290, 1435], 18],
];
const CARD_SLOTS: Weighted<readonly [number, number]> = [
  [[300, 720], 50],
  [[720, 1080], 30],
  [[1080, 1320], 20],
];

function slotOn(random: Random, method: PaidBy, day: number): number {
  const [from, to] = pickWeighted(random, method === 'upi' ? UPI_SLOTS : CARD_SLOTS);
  return startOfDay(day) + Math.floor((from + random.unit() * (to - from)) * MINUTE_MS);
}

/** Most banks answer within the hour, some overnight; UPI within 36 hours. */
export function resultDelayMs(random: Random): number {
  const quick = chance(random, 0.78);
  const minutes = quick ? logNormal(random, 18, 0.9) : logNormal(random, 9 * 60, 0.6);
  return Math.floor(clamp(minutes * MINUTE_MS, 20_000, 36 * HOUR_MS));
}

interface Execution {
  readonly collection: Collection;
  readonly firstDay: number;
  readonly retries: number;
  readonly originalId: string | null;
  readonly done: (result: Collected) => void;
}

/** The next retry's instant: on a later day up to T+3, after the result is known; null when there is none. */
function nextSlot(world: World, execution: Execution, knownAt: number): number | null {
  const { collection, firstDay, retries } = execution;
  if (retries >= MOST_RETRIES) return null;
  for (let rung = retries + 1; rung <= MOST_RETRIES; rung++) {
    const atMs = slotOn(world.random.mandates, collection.instrument.method, firstDay + rung);
    if (atMs > knownAt + MINUTE_MS) return atMs;
  }
  return null;
}

function execute(world: World, execution: Execution, atMs: number): void {
  const { payer, instrument, category, amountPaise } = execution.collection;
  const reason = declineReason({ payer, instrument, amountPaise, atMs, attended: false }, world);
  const delayMs = resultDelayMs(world.random.mandates);
  const { request } = record(world, {
    kind: execution.originalId === null ? 'payment' : 'retry',
    retryOf: execution.originalId,
    payerId: payer.id,
    counterpartyId: payer.school.id,
    instrument,
    origin: UNATTENDED,
    category,
    amountPaise,
    atMs,
    reason,
    resultDelayMs: delayMs,
  });
  const knownAt = atMs + delayMs;
  const originalId = execution.originalId ?? request.paymentId;
  if (reason !== null && execution.originalId === null) {
    const { paymentId } = request;
    world.truth?.failedDebit?.({ paymentId, payer: { ...payer }, instrument, amountPaise });
  }
  if (reason !== null) addFriction(payer, dayOf(knownAt), 0.6);
  const mayRetry = reason !== null && !NEVER_RETRIED.has(reason);
  const retryAt = mayRetry ? nextSlot(world, execution, knownAt) : null;
  if (retryAt === null) {
    const result = { captured: reason === null, reason, originalId, paymentId: request.paymentId, knownAt };
    world.agenda.on(dayOf(knownAt), () => execution.done(result));
    return;
  }
  const retries = dayOf(retryAt) - execution.firstDay;
  world.agenda.on(dayOf(retryAt), () => execute(world, { ...execution, retries, originalId }, retryAt));
}

/** Collects a due amount from a mandate, beginning on `day`; `done` is called on the day on which the end is known. */
export function collect(world: World, collection: Collection, day: number, done: Execution['done']): void {
  const atMs = slotOn(world.random.mandates, collection.instrument.method, day);
  execute(world, { collection, firstDay: day, retries: 0, originalId: null, done }, atMs);
}
