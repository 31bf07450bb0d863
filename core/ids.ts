/**
 * Ids: a prefix that says of what, then a UUID version 7 (RFC 9562) without dashes, so that ids sort by the millisecond
 * of their making. The only user of operating-system randomness.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';

const ID_BYTES = 16;
/** Randomness for so many ids is asked for at once: the system call costs more than the rest of an id. */
const POOLED_IDS = 256;
const pool = Buffer.alloc(POOLED_IDS * ID_BYTES);
let taken = pool.length;

/** For instance `newId('dec')` gives `dec_018f3a…` (32 hexadecimal digits). */
export function newId(prefix: string, clock: Clock = systemClock): string {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const bytes = pool.subarray(taken, (taken += ID_BYTES));
  bytes.writeUIntBE(clock.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `${prefix}_${bytes.toString('hex')}`;
}

/** 256 bits of randomness, safe in a URL: a password or token. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
