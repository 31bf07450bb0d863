/**
 * Somebody at a screen buys something: up to three attempts within minutes, each of its own, with the instrument changed
 * when the first one will not do. Late authorisations and double payments end in a refund of what was paid twice.
 */
import type { Canteen } from './schools.js';
import type { Instrument } from './instruments.js';
import type { Payer } from './payers.js';
import type { PaymentKind } from '../facts.js';
import type { World } from './world.js';
import { addFriction } from './friction.js';
import { chance, clamp, pick } from './chance.js';
import { createInstrument, drawMethod } from './instruments.js';
import { dayOf, MINUTE_MS, startOfDay } from '../../core/days.js';
import { declineReason } from './declines.js';
import { drawLateAuthorisation, record } from './record.js';
import { refundDuplicate } from './refunds.js';
import { whereabouts } from './whereabouts.js';

interface Purchase {
  readonly payer: Payer;
  readonly counterpartyId: string;
  readonly counter: Canteen | null;
  readonly category: string;
  readonly amountPaise: number;
  readonly atMs: number;
  readonly kind?: PaymentKind;
  readonly retryOf?: string;
}

/** Null when the purchase was given up. */
type Receipt = {
  readonly paymentId: string;
  readonly capturedAt: number;
  readonly instrument: Instrument;
} | null;

const MOST_TRIES = 3;
const DOUBLE_SHARE = 0.0015;
/** Share of honest purchases that are later denied, before the payer's own disposition. */
const DENIED_SHARE = { card: 0.0016, upi: 0.0004, netbanking: 0.0003, wallet: 0.0003 } as const;

/** A minute at which this payer is likely to pay, from half past five in the morning to midnight. */
export function attendedAt(world: World, payer: Payer, day: number): number {
  const random = world.random.checkout;
  const [minute, spread] = pick(random, payer.habits);
  const at = clamp(minute + spread * random.normal(), 330 + 30 * random.unit(), 1_438);
  return startOfDay(day) + Math.floor(at * MINUTE_MS);
}

/** The usual instrument, one of the others, or a new one; an expired card is replaced before it is used. */
function choose(world: World, payer: Payer, atMs: number): Instrument {
  const random = world.random.instruments;
  const valid = payer.instruments.filter(({ expiresAt }) => expiresAt > atMs);
  const usual = valid[0];
  if (usual === undefined || chance(random, 0.008)) {
    const method = usual === undefined ? (payer.instruments[0]?.method ?? 'upi') : drawMethod(random);
    const added = createInstrument(world.random, method, atMs);
    payer.instruments.splice(0, payer.instruments.length, ...[added, ...valid].slice(0, 5));
    return added;
  }
  return chance(random, 0.85) ? usual : pick(random, valid);
}

function deny(world: World, purchase: Purchase, instrument: Instrument): boolean {
  if (purchase.kind === 'dunning') return false;
  return chance(world.random.fraud, DENIED_SHARE[instrument.method] * purchase.payer.deniesPurchases);
}

/** One attempt; returns the reason of its failure and when it was late authorised after all. */
function tryOnce(world: World, purchase: Purchase, instrument: Instrument, atMs: number) {
  const { payer, counter, amountPaise } = purchase;
  const reason = declineReason({ payer, instrument, amountPaise, atMs, attended: true }, world);
  const lateMs = reason === null ? null : drawLateAuthorisation(world, reason);
  const attempt = record(world, {
    kind: purchase.kind ?? 'payment',
    retryOf: purchase.retryOf ?? null,
    payerId: payer.id,
    counterpartyId: purchase.counterpartyId,
    instrument,
    origin: whereabouts(world, payer, counter),
    category: purchase.category,
    amountPaise,
    atMs,
    reason,
    lateMs,
    mechanic: reason === null && deny(world, purchase, instrument) ? 'friendly_fraud' : null,
  });
  return { reason, lateMs, paymentId: attempt.request.paymentId, knownAt: atMs + attempt.latencyMs };
}

function payTwice(world: World, purchase: Purchase, instrument: Instrument, atMs: number): void {
  const again = tryOnce(world, purchase, instrument, atMs + MINUTE_MS);
  if (again.reason === null)
    refundDuplicate(world, purchase.payer, { ...purchase, paymentId: again.paymentId }, again.knownAt);
}

export function checkOut(world: World, purchase: Purchase): Receipt {
  const { payer } = purchase;
  const random = world.random.checkout;
  let atMs = purchase.atMs;
  let instrument = choose(world, payer, atMs);
  let late: { paymentId: string; capturedAt: number; instrument: Instrument } | null = null;
  for (let tries = 1; ; tries++) {
    const { reason, lateMs, paymentId, knownAt } = tryOnce(world, purchase, instrument, atMs);
    if (reason === null) {
      if (late !== null)
        refundDuplicate(world, payer, { ...purchase, paymentId: late.paymentId }, late.capturedAt);
      if (chance(random, DOUBLE_SHARE)) payTwice(world, purchase, instrument, knownAt);
      return { paymentId, capturedAt: knownAt, instrument };
    }
    if (lateMs !== null) late = { paymentId, capturedAt: atMs + lateMs, instrument };
    addFriction(payer, dayOf(atMs), 0.5);
    if (tries === MOST_TRIES || !chance(random, payer.patience)) return late;
    atMs = knownAt + Math.floor((0.3 + 5 * random.unit()) * MINUTE_MS);
    if (chance(random, 0.4)) instrument = choose(world, payer, atMs);
  }
}
