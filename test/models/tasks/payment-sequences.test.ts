import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CATEGORICAL_FEATURES, FEATURE_NAMES } from '../../../features/definitions.js';
import type { TrainingRows } from '../../../features/training-rows.js';
import { withSequences } from '../../../models/tasks/payment-sequences.js';

const HOUR_MS = 3_600_000;

interface Payment {
  readonly hour: number;
  readonly payer: number;
  readonly amount: number;
  /** Hours since the payer last met the counterparty, NaN for never. */
  readonly sinceMet?: number;
}

function rowsOf(payments: readonly Payment[]): TrainingRows {
  const n = payments.length;
  const filled: Record<string, (payment: Payment) => number> = {
    amount: ({ amount }) => amount,
    hourIst: ({ hour }) => hour % 24,
    payerCounterpartyHoursSinceMet: ({ sinceMet }) => sinceMet ?? NaN,
  };
  return {
    frame: {
      rows: n,
      names: FEATURE_NAMES,
      columns: FEATURE_NAMES.map((name) => Float32Array.from(payments, filled[name] ?? (() => NaN))),
      categorical: CATEGORICAL_FEATURES,
    },
    occurredAt: Float64Array.from(payments, ({ hour }) => hour * HOUR_MS),
    sequence: Float64Array.from(payments, (_, row) => row),
    payer: Int32Array.from(payments, ({ payer }) => payer),
    amountPaise: Float64Array.from(payments, ({ amount }) => amount),
    fraudKnownAt: new Float64Array(n).fill(NaN),
  };
}

function read(rows: TrainingRows, name: string): number[] {
  const column = rows.frame.columns[rows.frame.names.indexOf(name)];
  return [...column!];
}

describe('sequences of payments', () => {
  const rows = withSequences(
    rowsOf([
      { hour: 0, payer: 1, amount: 100 },
      { hour: 1, payer: 2, amount: 200 },
      { hour: 6, payer: 1, amount: 300 },
      { hour: 6, payer: 1, amount: 400 },
      { hour: 9, payer: 1, amount: 500, sinceMet: 3 },
    ]),
    2,
  );

  it('hold the payments of the same payer, the newest first, and nothing where there were fewer', () => {
    expect(read(rows, 'logAmount[-1]')).toEqual([
      NaN,
      NaN,
      ...[100, 300, 400].map((x) => Math.fround(Math.log1p(x))),
    ]);
    expect(read(rows, 'logAmount[-2]')).toEqual([
      NaN,
      NaN,
      NaN,
      ...[100, 300].map((x) => Math.fround(Math.log1p(x))),
    ]);
  });

  it('tell how long ago a step was and at which hour', () => {
    expect(read(rows, 'logHoursAgo[-1]')).toEqual([
      NaN,
      NaN,
      Math.fround(Math.log1p(6)),
      0,
      Math.fround(Math.log1p(3)),
    ]);
    expect(read(rows, 'hourSin[-1]')[4]).toBeCloseTo(1, 6);
    expect(read(rows, 'hourCos[-1]')[2]).toBeCloseTo(1, 6);
  });

  it('mark the step at which the payer last met the counterparty', () => {
    expect(read(rows, 'lastMet[-1]').slice(2)).toEqual([0, 0, 1]);
  });

  it('leave the vectors as they were', () => {
    const plain = rowsOf([{ hour: 0, payer: 1, amount: 100 }]);
    const wide = withSequences(plain, 3);
    expect(wide.frame.columns.slice(0, FEATURE_NAMES.length)).toEqual(plain.frame.columns);
    expect(wide.frame.names.length).toBe(wide.frame.columns.length);
  });

  it('never tell of a payment that was not earlier', () => {
    const payment = fc.record({ gap: fc.integer({ min: 0, max: 3 }), payer: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(payment, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (payments, steps) => {
        let hour = 0;
        // Each amount is the payment's number, so a step says which payment it is.
        const numbered = payments.map(({ gap, payer }, k) => ({ hour: (hour += gap), payer, amount: k }));
        const wide = withSequences(rowsOf(numbered), steps);
        numbered.forEach(({ payer }, row) => {
          const expected = numbered
            .filter((other, k) => k < row && other.payer === payer)
            .reverse()
            .slice(0, steps);
          for (let lag = 1; lag <= steps; lag++) {
            const found = Math.round(Math.expm1(read(wide, `logAmount[-${lag}]`)[row]!));
            expect(found).toBe(expected[lag - 1]?.amount ?? NaN);
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('need rows in the order of time', () => {
    expect(() =>
      withSequences(
        rowsOf([
          { hour: 2, payer: 1, amount: 1 },
          { hour: 1, payer: 1, amount: 1 },
        ]),
      ),
    ).toThrow(/ascend/);
  });
});
