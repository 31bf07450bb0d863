import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS } from '../../../core/days.js';
import { retryFrame, rowsOfPayer, type TriedPayment } from '../../../features/retry/rows.js';

const START = Date.UTC(2026, 0, 10, 8);

function tried(paymentId: string, atMs: number, over: Partial<TriedPayment> = {}): TriedPayment {
  return {
    paymentId,
    kind: 'payment',
    retryOf: null,
    method: 'upi',
    issuer: null,
    amountPaise: 200_000n,
    attended: false,
    atMs,
    results: [{ status: 'captured', reason: null, knownAtMs: atMs + HOUR_MS }],
    ...over,
  };
}

function failed(atMs: number, delayMs: number): Pick<TriedPayment, 'results'> {
  return { results: [{ status: 'failed', reason: 'insufficient_funds', knownAtMs: atMs + delayMs }] };
}

describe('rows of debits', () => {
  it('number the attempts of a chain and know why the one before failed', () => {
    const rows = rowsOfPayer('p', [
      tried('a', START, failed(START, HOUR_MS)),
      tried('b', START + DAY_MS, { kind: 'retry', retryOf: 'a', ...failed(START + DAY_MS, HOUR_MS) }),
      tried('c', START + 2 * DAY_MS, { kind: 'retry', retryOf: 'a' }),
    ]);
    expect(rows.map(({ moment }) => moment.attempt)).toEqual([1, 2, 3]);
    expect(rows.map(({ moment }) => moment.declineClass)).toEqual([null, 'funds', 'funds']);
    expect(rows[2]).toMatchObject({ succeeded: true, chosenAtMs: START + DAY_MS + HOUR_MS });
    expect(rows[2]!.moment.past).toHaveLength(2);
  });

  it('leave out what people paid themselves, and debits without a result', () => {
    const rows = rowsOfPayer('p', [
      tried('a', START, { attended: true }),
      tried('b', START + DAY_MS, { kind: 'dunning', retryOf: 'x' }),
      tried('c', START + DAY_MS, {
        results: [{ status: 'attempted', reason: null, knownAtMs: START + DAY_MS }],
      }),
    ]);
    expect(rows).toEqual([]);
  });

  it('never hold what was known only after the choice', () => {
    const payments = fc.array(
      fc.record({
        day: fc.integer({ min: 0, max: 60 }),
        delay: fc.integer({ min: 1, max: 90 }),
        ok: fc.boolean(),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(payments, (drawn) => {
        const list = drawn
          .sort((a, b) => a.day - b.day)
          .map(({ day, delay, ok }, i) => {
            const atMs = START + day * DAY_MS + i;
            return tried(`p${i}`, atMs, ok ? {} : failed(atMs, delay * HOUR_MS));
          });
        for (const { moment, chosenAtMs } of rowsOfPayer('p', list)) {
          const known = list.filter(({ results }) => results[0]!.knownAtMs <= chosenAtMs);
          expect(moment.past).toHaveLength(known.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the frame', () => {
  it('gives each row the counters of results known before its choice', () => {
    const of = (payer: string, atMs: number, delayMs: number) =>
      rowsOfPayer(payer, [tried('a', atMs, failed(atMs, delayMs))]);
    const late = of('late', START, 60 * DAY_MS);
    const early = of('early', START, HOUR_MS);
    const asked = of('asked', START + 10 * DAY_MS, HOUR_MS);
    const rateOf = (rows: ReturnType<typeof of>): number => {
      const { frame, rows: ordered } = retryFrame(rows);
      const column = frame.columns[frame.names.indexOf('classRate')]!;
      return column[ordered.findIndex(({ payer }) => payer === 'asked')]!;
    };
    expect(rateOf([...late, ...asked])).toBe(rateOf(asked));
    expect(rateOf([...early, ...asked])).toBeLessThan(rateOf(asked));
  });

  it('is in the order of the choices, and its counters end with all results', () => {
    const rows = [5, 1, 3].flatMap((day) => rowsOfPayer(`p${day}`, [tried('a', START + day * DAY_MS)]));
    const { rows: ordered, counters, y } = retryFrame(rows);
    expect(ordered.map(({ payer }) => payer)).toEqual(['p1', 'p3', 'p5']);
    expect(counters.toJSON()['all']).toEqual([3, 3]);
    expect([...y]).toEqual([1, 1, 1]);
  });
});
