/**
 * Everything the double knows, in memory: entities by id in order of making, what will happen to them, its randomness and its sender
 * of webhooks. The same seed, clock and calls give the same world, ids included.
 */
import type { Clock } from '../../../core/clock.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { createAgenda } from './agenda.js';
import type { Agenda } from './agenda.js';
import type { PlannedFault } from './faults.js';
import type {
  Json,
  Stamp,
  WireCustomer,
  WireInvoice,
  WireLink,
  WireNotes,
  WireOrder,
  WirePayment,
  WireRefund,
  WireToken,
} from './wire.js';
import type { Verdict } from './verdicts.js';

export interface DoubleSettings {
  readonly keyId: string;
  readonly keySecret: string;
  readonly seed: number;
  /** How long until a debit on a mandate has its result. */
  readonly debitResultMs: number;
  /** How long after its capture a payment is settled. */
  readonly settleAfterMs: number;
  /** What a second order with the receipt of a first one gets without `unique_receipt`: accounts differ. */
  readonly receiptReuse: 'refuse' | 'accept';
  /** Fee in hundredths of a percent of the amount; GST of 18 % comes on top. */
  readonly feeBasisPoints: number;
}

/** One movement to be settled, and the settlement once there is one. */
export interface Movement {
  readonly row: Json & { readonly debit: number; readonly credit: number };
  readonly settleableAt: number;
  settlement: { readonly id: string; readonly settledAt: number; readonly utr: string } | null;
}

/** What happens to an entity later, as data, so that it can outlive a restart (keep.ts). */
export interface Later {
  readonly dueAt: number;
  readonly kind: LaterKind;
  /** The entity's. */
  readonly id: string;
}
export type LaterKind =
  | 'debit-result'
  | 'late-yes'
  | 'time-out'
  | 'capture-deadline'
  | 'refund-result'
  | 'token-cancellation'
  | 'notice-result'
  | 'link-expiry'
  | 'daily-settlement';
export type Outcomes = Readonly<Record<LaterKind, (world: World, id: string) => void>>;

export interface World {
  readonly settings: DoubleSettings;
  readonly agenda: Agenda;
  readonly random: Random;
  /** Where the double listens; known once it does. */
  baseUrl: string;
  /** Unix seconds. */
  seconds(): number;
  /** 14 letters and digits after the prefix, as Razorpay makes them. */
  newId(prefix: string): string;
  stamp(prefix: string): Stamp;
  emit(event: string, payload: Readonly<Record<string, unknown>>): void;
  later(delayMs: number, kind: LaterKind, id: string): void;
  /** What `later` was asked for and has not happened. */
  readonly waiting: Set<Later>;
  readonly orders: Map<string, WireOrder>;
  /** What the order's maker wants done with its payments. */
  readonly plans: Map<string, OrderPlan>;
  readonly payments: Map<string, WirePayment>;
  readonly refunds: Map<string, WireRefund>;
  /** Refund idempotency keys: what was asked and what came of it. */
  readonly refundKeys: Map<string, { readonly asked: string; readonly refundId: string }>;
  readonly customers: Map<string, WireCustomer>;
  readonly tokens: Map<string, WireToken>;
  readonly invoices: Map<string, WireInvoice>;
  readonly links: Map<string, WireLink>;
  readonly movements: Movement[];
  readonly settlements: Map<string, Json>;
  readonly disputes: Map<string, WireDispute>;
  readonly downtimes: Map<string, Json>;
  /** Faults that wait for their call, and verdicts for their payment. */
  readonly faults: PlannedFault[];
  readonly verdicts: Map<string, Verdict[]>;
}

export interface OrderPlan {
  readonly capture: 'automatic' | 'manual';
  /** A payment authorised later than this after its making is not captured by itself. */
  readonly automaticExpiryMs: number;
  /** A payment not captured by then goes back to the payer. */
  readonly manualExpiryMs: number;
  readonly customerId?: string;
  readonly linkId?: string;
  readonly invoiceId?: string;
}

export interface WireDispute {
  readonly id: string;
  readonly entity: string;
  readonly payment_id: string;
  readonly amount: number;
  readonly currency: string;
  amount_deducted: number;
  readonly reason_code: string;
  readonly respond_by: number;
  status: 'open' | 'under_review' | 'won' | 'lost' | 'closed';
  readonly phase: string;
  readonly created_at: number;
  evidence: Json;
}

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function createWorld(
  settings: DoubleSettings,
  clock: Clock,
  { emit, outcomes }: { readonly emit: World['emit']; readonly outcomes: Outcomes },
): World {
  const agenda = createAgenda(clock);
  const random = seededRandom(settings.seed);
  const ids = random.fork('ids');
  const seconds = (): number => Math.floor(agenda.now() / 1000);
  const newId = (prefix: string): string =>
    `${prefix}_${Array.from({ length: 14 }, () => LETTERS.charAt(ids.below(LETTERS.length))).join('')}`;
  const world: World = {
    settings,
    agenda,
    random,
    baseUrl: '',
    seconds,
    newId,
    stamp: (prefix) => ({ id: newId(prefix), createdAt: seconds() }),
    emit,
    later: (delayMs, kind, id) => {
      const later = { dueAt: agenda.now() + delayMs, kind, id };
      world.waiting.add(later);
      agenda.after(delayMs, () => {
        world.waiting.delete(later);
        outcomes[kind](world, id);
      });
    },
    waiting: new Set(),
    orders: new Map(),
    plans: new Map(),
    payments: new Map(),
    refunds: new Map(),
    refundKeys: new Map(),
    customers: new Map(),
    tokens: new Map(),
    invoices: new Map(),
    links: new Map(),
    movements: [],
    settlements: new Map(),
    disputes: new Map(),
    downtimes: new Map(),
    faults: [],
    verdicts: new Map(),
  };
  return world;
}

/** Empty notes come back as a list. */
export function wireNotes(value: unknown): WireNotes {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [];
  return value as Json;
}
