/**
 * Splits a price that includes tax into its value, its tax and what rounding leaves over. Each head of tax is rounded for itself and
 * never bent to fit (section 170 rounds what is payable, not what is invoiced), so value and heads may miss the price by a paisa: that
 * is the round-off. At 5 % it is 0 for half of all prices and one paisa, up or down, for the others.
 */
import { assert } from '../../core/errors.js';
import { halfUpDivide } from '../../core/money.js';

/** In minor units; the three sum to the price. */
export interface TaxSplit {
  readonly netPaise: bigint;
  readonly taxPaise: bigint;
  readonly roundOffPaise: bigint;
}

const WHOLE = 10_000n;

/** @param rate parts per ten thousand, even. A negative price, a credit, is split like the price that it takes back. */
export function splitTax(grossPaise: bigint, rate: number): TaxSplit {
  assert(Number.isInteger(rate) && rate >= 0 && rate % 2 === 0, `${rate} is no rate with two equal heads`);
  const netPaise = halfUpDivide(grossPaise * WHOLE, WHOLE + BigInt(rate));
  const headPaise = halfUpDivide(netPaise * BigInt(rate / 2), WHOLE);
  const taxPaise = 2n * headPaise;
  return { netPaise, taxPaise, roundOffPaise: grossPaise - netPaise - taxPaise };
}
