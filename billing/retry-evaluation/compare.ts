/** Chains of the same failed debits under three policies, compared: recovery, money, attempts, and shares with intervals over whole payers. */
import { DAY_MS } from '../../core/days.js';
import { bootstrap, bootstrapDefaults, type Interval } from '../../models/bootstrap.js';
import type { Chain, ChainStep } from './chain.js';

export interface PolicyResult {
  /** Of the failed debits, in the end paid by a retry. */
  readonly recovered: number;
  readonly recoveredPaise: bigint;
  readonly attempts: number;
  /** From the failure being known to the payment; null when nothing was paid. */
  readonly daysToPaid: number | null;
  readonly illegalSlots: number;
}

interface Measured {
  readonly value: number;
  readonly interval: Interval;
}

export const RETRY_POLICIES = ['ladder', 'model', 'oracle'] as const;
export type RetryPolicyName = (typeof RETRY_POLICIES)[number];

export interface RetryComparison {
  readonly judged: number;
  readonly policies: Readonly<Record<RetryPolicyName, PolicyResult>>;
  /** Recovery beyond the ladder's. */
  readonly uplift: Readonly<Record<'model' | 'oracle', Measured>>;
  /** Of the oracle's uplift, what the model reaches; null where the oracle does not beat the ladder. */
  readonly shareOfOracle: Measured | null;
  /** The same in rupees. */
  readonly moneyShareOfOracle: Measured | null;
}

export function compareChains(
  steps: readonly ChainStep[],
  chains: Readonly<Record<RetryPolicyName, readonly Chain[]>>,
  seed: number,
): RetryComparison {
  const results = {
    ladder: resultOf(steps, chains.ladder),
    model: resultOf(steps, chains.model),
    oracle: resultOf(steps, chains.oracle),
  };
  const paise = Float64Array.from(steps, ({ debit }) => debit.amountPaise);
  const count = new Float64Array(steps.length).fill(1);
  const measure = (counts: Int32Array) => {
    const upliftOf = (name: RetryPolicyName, weights: Float64Array): number =>
      gain(chains[name], chains.ladder, weights, counts) / total(weights, counts);
    const [model, oracle] = [upliftOf('model', count), upliftOf('oracle', count)];
    return {
      model,
      oracle,
      share: model / oracle,
      money: upliftOf('model', paise) / upliftOf('oracle', paise),
    };
  };
  const intervals = bootstrap({ y: new Uint8Array(steps.length), cluster: clusters(steps) }, measure, {
    ...bootstrapDefaults,
    draw: 'clusters',
    seed,
  });
  const values = measure(new Int32Array(steps.length).fill(1));
  const measured = (name: keyof typeof values): Measured => ({
    value: values[name],
    interval: intervals[name],
  });
  const beats = values.oracle > 0;
  return {
    judged: steps.length,
    policies: results,
    uplift: { model: measured('model'), oracle: measured('oracle') },
    shareOfOracle: beats ? measured('share') : null,
    moneyShareOfOracle: beats ? measured('money') : null,
  };
}

function resultOf(steps: readonly ChainStep[], chains: readonly Chain[]): PolicyResult {
  let paid = 0;
  let recoveredPaise = 0n;
  let days = 0;
  chains.forEach(({ paidAtMs }, i) => {
    if (paidAtMs === null) return;
    paid++;
    recoveredPaise += steps[i]!.situation.amountPaise;
    days += (paidAtMs - steps[i]!.nowMs) / DAY_MS;
  });
  return {
    recovered: paid / chains.length,
    recoveredPaise,
    attempts: chains.reduce((sum, { tries }) => sum + tries.length, 0),
    daysToPaid: paid === 0 ? null : days / paid,
    illegalSlots: chains.reduce((sum, { illegal }) => sum + illegal, 0),
  };
}

/** Weight of what is paid here and not there. */
function gain(
  here: readonly Chain[],
  there: readonly Chain[],
  weights: Float64Array,
  counts: Int32Array,
): number {
  let sum = 0;
  for (let i = 0; i < here.length; i++)
    sum +=
      counts[i]! * weights[i]! * (Number(here[i]!.paidAtMs !== null) - Number(there[i]!.paidAtMs !== null));
  return sum;
}

function total(weights: Float64Array, counts: Int32Array): number {
  return weights.reduce((sum, weight, i) => sum + weight * counts[i]!, 0);
}

function clusters(steps: readonly ChainStep[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(steps, ({ debit }) => {
    const number = numbers.get(debit.payer.id) ?? numbers.size;
    numbers.set(debit.payer.id, number);
    return number;
  });
}
