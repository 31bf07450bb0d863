import { describe, expect, it } from '@jest/globals';
import { ATTEMPT, DISPUTE, PAYMENT, REFUND, SETTLEMENT } from '../../../billing/payments/states.js';
import type { PaymentEvent } from '../../../billing/payments/states.js';
import { advance } from '../../../core/state.js';
import type { StateTable } from '../../../core/state.js';

/** Every pair, written out: a row for each state, a column for each event, `.` for no step. */
function walk<S extends string, E extends string>(
  table: StateTable<S, E>,
  states: readonly S[],
  events: readonly E[],
): string {
  const rows = states.map((state) => [state, ...events.map((event) => advance(table, state, event) ?? '.')]);
  return [['', ...events], ...rows].map((row) => row.join(' ').trim()).join('\n');
}

const statesOf = <S extends string>(table: Readonly<Record<S, unknown>>): S[] => Object.keys(table) as S[];

const EVENTS: readonly PaymentEvent[] = ['attempted', 'authorized', 'paid', 'refunded', 'cancel'];

const text = (table: string): string =>
  table
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .join('\n');

describe('every step of', () => {
  it('an attempt: never down, and a failure may still be authorised late', () => {
    expect(walk(ATTEMPT, statesOf(ATTEMPT), statesOf(ATTEMPT))).toBe(
      text(`
                   created failed authorized captured refunded
        created    .       failed authorized captured refunded
        failed     .       .      authorized captured refunded
        authorized .       .      .          captured refunded
        captured   .       .      .          .        refunded
        refunded   .       .      .          .        .`),
    );
  });

  it('a payment: money that comes is always taken note of', () => {
    expect(walk(PAYMENT, statesOf(PAYMENT), EVENTS)).toBe(
      text(`
                   attempted authorized paid refunded cancel
        created    attempted authorized paid refunded cancelled
        attempted  .         authorized paid refunded cancelled
        authorized .         .          paid refunded cancelled
        paid       .         .          .    refunded .
        refunded   .         authorized paid .        .
        cancelled  .         authorized paid refunded .`),
    );
  });

  it('a refund: failing is the last word', () => {
    expect(walk(REFUND, statesOf(REFUND), statesOf(REFUND))).toBe(
      text(`
                  pending processed failed
        pending   .       processed failed
        processed .       .         failed
        failed    .       .         .`),
    );
  });

  it('a dispute: open and under review alternate, the end is the end', () => {
    expect(walk(DISPUTE, statesOf(DISPUTE), statesOf(DISPUTE))).toBe(
      text(`
                     open under_review won lost closed
        open         .    under_review won lost closed
        under_review open .            won lost closed
        won          .    .            .   lost .
        lost         .    .            .   .    .
        closed       .    .            won lost .`),
    );
  });

  it('a settlement: a failed one is sent again', () => {
    expect(walk(SETTLEMENT, statesOf(SETTLEMENT), statesOf(SETTLEMENT))).toBe(
      text(`
                  created failed processed
        created   .       failed processed
        failed    .       .      processed
        processed .       .      .`),
    );
  });
});
