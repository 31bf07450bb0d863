import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compose } from '../../../billing/invoices/draft.js';
import type { DraftLine, InvoiceDraft } from '../../../billing/invoices/draft.js';
import { TAX_CLASSES } from '../../../billing/tax/rates.js';
import { parseDay } from '../../../core/days.js';

const DAY = parseDay('2026-03-01') ?? 0;

function lineOf(amountPaise: bigint, given: Partial<DraftLine> = {}): DraftLine {
  return {
    kind: 'plan',
    description: 'Lunch',
    quantity: 1,
    unitPaise: amountPaise,
    amountPaise,
    taxClass: 'school-catering',
    fromDay: null,
    toDay: null,
    ...given,
  };
}

const draftOf = (lines: readonly DraftLine[], subscriptionId: string | null = 'sub_1'): InvoiceDraft => ({
  payerId: 'payer_1',
  counterpartyId: null,
  subscriptionId,
  kind: 'one-off',
  period: null,
  cause: null,
  currency: 'INR',
  lines,
  dueAt: 0,
});

describe('composing an invoice', () => {
  it('adds up whatever is sold and whatever credit there is: total, tax heads and credit', () => {
    const line = fc
      .record({
        amount: fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
        taxClass: fc.constantFrom(null, ...TAX_CLASSES),
      })
      .map(({ amount, taxClass }) => lineOf(amount, { taxClass }));
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 20 }),
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        (lines, credit) => {
          const { totalPaise, netPaise, taxPaise, roundOffPaise, creditPaise, ...made } = compose(
            draftOf(lines),
            credit,
            DAY,
          );
          expect(totalPaise).toBe(netPaise + taxPaise + roundOffPaise - creditPaise);
          expect(totalPaise).toBe(made.lines.reduce((sum, { amountPaise }) => sum + amountPaise, 0n));
          expect(taxPaise).toBe(made.lines.reduce((sum, one) => sum + one.taxPaise, 0n));
          expect(totalPaise >= 0n && creditPaise <= credit).toBe(true);
          // Nothing is both owed and kept.
          expect(totalPaise === 0n || creditPaise >= 0n).toBe(true);
          // G17: within half a rupee.
          expect(roundOffPaise >= -50n && roundOffPaise <= 50n).toBe(true);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('uses credit up to what is sold, as a line without tax', () => {
    const { lines, totalPaise, creditPaise, taxPaise } = compose(draftOf([lineOf(105_00n)]), 200_00n, DAY);
    expect({ totalPaise, creditPaise, taxPaise }).toEqual({
      totalPaise: 0n,
      creditPaise: 105_00n,
      taxPaise: 5_00n,
    });
    expect(lines.at(-1)).toMatchObject({ kind: 'credit-used', amountPaise: -105_00n, taxPaise: 0n });
  });

  it('keeps what is in favour of the payer as credit of the subscription, and refuses it where there is none', () => {
    const lines = [lineOf(-105_00n, { kind: 'proration-credit' })];
    expect(compose(draftOf(lines), 0n, DAY)).toMatchObject({ totalPaise: 0n, creditPaise: -105_00n });
    expect(() => compose(draftOf(lines, null), 0n, DAY)).toThrow(/nothing can keep/);
  });

  it('is bounded in lines, so that rounding stays within half a rupee', () => {
    expect(() => compose(draftOf(Array<DraftLine>(51).fill(lineOf(1n))), 0n, DAY)).toThrow(
      /at most 50 lines/,
    );
  });
});
