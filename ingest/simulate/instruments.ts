/**
 * What is debited: a hashed UPI id, a card token, a net-banking account or a wallet, each at an issuer. Only opaque
 * tokens exist; there is no card number to leak.
 */
import type { Method } from '../facts.js';
import type { Random } from '../../core/random.js';
import type { Streams, Weighted } from './chance.js';
import { between, chance, mintId, pickWeighted } from './chance.js';
import { ISSUER_SHARES } from './issuers.js';
import { DAY_MS } from '../../core/days.js';

export type PaidBy = Extract<Method, 'upi' | 'card' | 'netbanking' | 'wallet'>;

export interface Instrument {
  readonly id: string;
  readonly method: PaidBy;
  /** Index of the issuer. */
  readonly issuer: number;
  readonly credit: boolean;
  /** Cards only; Infinity for the rest. */
  readonly expiresAt: number;
  /** Largest single payment that the issuer lets through. */
  readonly limitPaise: number;
}

const PREFIX = { upi: 'vpa', card: 'token', netbanking: 'account', wallet: 'wallet' } as const;

const FIRST_METHODS: Weighted<PaidBy> = [
  ['upi', 62],
  ['card', 22],
  ['netbanking', 7],
  ['wallet', 9],
];

const LIMITS_PAISE: Weighted<number> = [
  [200_000, 2],
  [500_000, 8],
  [2_500_000, 20],
  [10_000_000, 70],
];

export function drawMethod(random: Random): PaidBy {
  return pickWeighted(random, FIRST_METHODS);
}

export function createInstrument(streams: Streams, method: PaidBy, atMs: number): Instrument {
  const random = streams.instruments;
  return {
    id: mintId(streams.ids, PREFIX[method]),
    method,
    issuer: pickWeighted(random, ISSUER_SHARES),
    credit: method === 'card' && chance(random, 0.45),
    expiresAt: method === 'card' ? atMs + between(random, 60, 1500) * DAY_MS : Infinity,
    limitPaise: pickWeighted(random, LIMITS_PAISE),
  };
}
