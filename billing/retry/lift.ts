/**
 * What the model's slots recover beside the ladder's. Payers are drawn, and a payer may fail many times, so the shares are ratios of
 * sums over payers with the variance of a ratio (Deng, Knoblich and Lu 2018, section 3; Cochran 1977, chapter 6). Everybody counts in
 * the arm that was drawn for them, whatever was done: a slot not taken is part of the treatment.
 */
import { halfUpDivide } from '../../core/money.js';
import { LEAST_PAYERS } from '../../models/uplift.js';

/** One payer's debits whose first attempt failed for a cause that may be retried. */
export interface PayerOutcome {
  readonly failed: number;
  readonly recovered: number;
  readonly failedPaise: bigint;
  readonly recoveredPaise: bigint;
}

export interface ArmTotal extends PayerOutcome {
  readonly payers: number;
  /** Of the failed debits, and of their amounts; null without any. */
  readonly share: number | null;
  readonly paiseShare: number | null;
}

/** Model less ladder, with its 95 % interval. */
export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Lift {
  readonly model: ArmTotal;
  readonly holdOut: ArmTotal;
  /** Of an arm: with fewer, nothing is compared. */
  readonly leastPayers: number;
  /** Null while an arm is too small. */
  readonly share: Difference | null;
  readonly paise: Difference | null;
  /** Recovered in the model's arm beyond what the ladder's share would have been. */
  readonly gainedPaise: bigint | null;
}

const Z95 = 1.959964;

export function liftOf(model: readonly PayerOutcome[], holdOut: readonly PayerOutcome[]): Lift {
  const totals = { model: totalOf(model), holdOut: totalOf(holdOut) };
  const isComparable = Math.min(model.length, holdOut.length) >= LEAST_PAYERS;
  const expected = totals.holdOut.failedPaise;
  return {
    ...totals,
    leastPayers: LEAST_PAYERS,
    share: isComparable ? difference(model.map(counts), holdOut.map(counts)) : null,
    paise: isComparable ? difference(model.map(amounts), holdOut.map(amounts)) : null,
    gainedPaise: isComparable
      ? totals.model.recoveredPaise -
        halfUpDivide(totals.model.failedPaise * totals.holdOut.recoveredPaise, expected)
      : null,
  };
}

function totalOf(payers: readonly PayerOutcome[]): ArmTotal {
  const total = { failed: 0, recovered: 0, failedPaise: 0n, recoveredPaise: 0n };
  for (const payer of payers) {
    total.failed += payer.failed;
    total.recovered += payer.recovered;
    total.failedPaise += payer.failedPaise;
    total.recoveredPaise += payer.recoveredPaise;
  }
  return {
    ...total,
    payers: payers.length,
    share: total.failed === 0 ? null : total.recovered / total.failed,
    paiseShare: total.failed === 0 ? null : Number(total.recoveredPaise) / Number(total.failedPaise),
  };
}

interface Part {
  readonly part: number;
  readonly whole: number;
}

const counts = ({ failed, recovered }: PayerOutcome): Part => ({ part: recovered, whole: failed });
const amounts = ({ failedPaise, recoveredPaise }: PayerOutcome): Part => ({
  part: Number(recoveredPaise),
  whole: Number(failedPaise),
});

function difference(model: readonly Part[], holdOut: readonly Part[]): Difference {
  const [a, b] = [ratio(model), ratio(holdOut)];
  const value = a.ratio - b.ratio;
  const half = Z95 * Math.sqrt(a.variance + b.variance);
  return { value, low: value - half, high: value + half };
}

/** Of the sums, with its variance by linearisation over payers. */
function ratio(payers: readonly Part[]): { readonly ratio: number; readonly variance: number } {
  const n = payers.length;
  const whole = payers.reduce((sum, payer) => sum + payer.whole, 0);
  const found = payers.reduce((sum, payer) => sum + payer.part, 0) / whole;
  const squares = payers.reduce((sum, payer) => sum + (payer.part - found * payer.whole) ** 2, 0);
  return { ratio: found, variance: (squares * n) / ((n - 1) * whole * whole) };
}
