/**
 * The one place where an attempt becomes facts: the payment, its later result, its fraud report and its dispute.
 * The mechanic goes to the truth only.
 */
import type { Attempt, Later } from './journal.js';
import type { Mechanic } from './truth.js';
import type { PaymentKind } from '../facts.js';
import type { PaidBy } from './instruments.js';
import type { World } from './world.js';
import { chance, clamp, logNormal, mintId } from './chance.js';
import { CURRENCY } from './world.js';
import { disputeFraud, maybeComplain } from './disputes.js';
import { drawMistake, drawReport } from './reports.js';
import { MINUTE_MS } from '../../core/days.js';

/** Where an attempt comes from; all null when the merchant executes a mandate. */
export interface Origin {
  readonly deviceId: string | null;
  readonly ip: string | null;
  readonly country: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

interface Try {
  readonly kind?: PaymentKind;
  readonly retryOf?: string | null;
  readonly payerId: string;
  readonly counterpartyId: string;
  readonly instrument: { readonly id: string; readonly method: PaidBy };
  readonly origin: Origin;
  readonly category: string;
  readonly amountPaise: number;
  readonly atMs: number;
  readonly reason: string | null;
  /** The result of a mandate's debit arrives this much later; null when it is known at once. */
  readonly resultDelayMs?: number | null;
  /** Failed first, authorised by the bank this much later. */
  readonly lateMs?: number | null;
  readonly mechanic?: Mechanic | null;
}

/** Seconds for a result at the screen; a request that nobody answers stays open for minutes. */
function latencyMs(world: World, reason: string | null): number {
  const random = world.random.checkout;
  if (reason !== null && /timed_out|expired$/.test(reason))
    return Math.floor((5 + 7 * random.unit()) * MINUTE_MS);
  return Math.floor(clamp(logNormal(random, 6_000, 0.7), 800, 120_000));
}

function laterResult({ reason, resultDelayMs, lateMs }: Try): Later | null {
  if (typeof resultDelayMs === 'number') {
    return { status: reason === null ? 'captured' : 'failed', failureReason: reason, delayMs: resultDelayMs };
  }
  return typeof lateMs === 'number' ? { status: 'captured', failureReason: null, delayMs: lateMs } : null;
}

function request(world: World, tried: Try): Attempt['request'] {
  const { payerId, counterpartyId, instrument, origin, category, amountPaise } = tried;
  return {
    paymentId: mintId(world.random.ids, 'pay'),
    kind: tried.kind ?? 'payment',
    retryOf: tried.retryOf ?? null,
    payerId,
    counterpartyId,
    instrumentId: instrument.id,
    deviceId: origin.deviceId,
    ip: origin.ip,
    method: instrument.method,
    category,
    country: origin.country,
    latitude: origin.latitude,
    longitude: origin.longitude,
    amountPaise: BigInt(Math.round(amountPaise)),
    currency: CURRENCY,
  };
}

function report(world: World, attempt: Attempt, mechanic: Mechanic): void {
  const { request, occurredAt } = attempt;
  world.truth?.payment(request.paymentId, occurredAt, mechanic);
  if (attempt.report === null) return;
  const { source, delayMs } = attempt.report;
  const { paymentId } = request;
  world.journal.fact({
    fact: 'label',
    paymentId,
    fraud: true,
    source,
    occurredAt,
    knownAt: occurredAt + delayMs,
  });
  if (source === 'chargeback') disputeFraud(world, attempt, delayMs);
}

function maybeMistaken(world: World, { request, occurredAt }: Attempt): void {
  const mistake = drawMistake(world.random.labels);
  if (mistake === null) return;
  const label = { fact: 'label', paymentId: request.paymentId, occurredAt } as const;
  world.journal.fact({ ...label, fraud: true, source: 'chargeback', knownAt: occurredAt + mistake.reportMs });
  world.journal.fact({ ...label, fraud: false, source: 'review', knownAt: occurredAt + mistake.reversalMs });
}

export function record(world: World, tried: Try): Attempt {
  const { reason, mechanic = null } = tried;
  const pending = typeof tried.resultDelayMs === 'number';
  const captured = reason === null;
  const attempt: Attempt = {
    request: request(world, tried),
    occurredAt: tried.atMs,
    latencyMs: pending ? 900 : latencyMs(world, reason),
    status: pending ? 'attempted' : captured ? 'captured' : 'failed',
    failureReason: pending ? null : reason,
    later: laterResult(tried),
    report: mechanic === null ? null : drawReport(world.random.labels, mechanic, captured),
  };
  world.journal.attempt(attempt);
  if (mechanic !== null) report(world, attempt, mechanic);
  else if (captured) {
    maybeComplain(world, attempt);
    maybeMistaken(world, attempt);
  }
  return attempt;
}

/** A bank that answers too late: about one in twenty of the requests that ran out of time. */
const LATE_SHARE = 0.05;

export function drawLateAuthorisation(world: World, reason: string): number | null {
  const random = world.random.checkout;
  if (!/timed_out$/.test(reason) || !chance(random, LATE_SHARE)) return null;
  return Math.floor(clamp(logNormal(random, 180, 1.3), 15, 3 * 24 * 60) * MINUTE_MS);
}
