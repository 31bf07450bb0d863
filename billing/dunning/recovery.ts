/**
 * P(pays within the horizon) of a case, left alone and contacted, from what became of earlier cases: counts by class of the decline,
 * age and amount. A cell with few cases leans on the cell above it (class and age, class, all, what we assume), the more the fewer
 * it has: nested beta-binomial shrinkage. Cases of the permanent hold-out, whom nobody contacts, and listed cases that nobody got to
 * are those left alone.
 */
import type { Recovery } from './situation.js';

export const RECOVERY = {
  horizonDays: 21, // Most of what comes at all comes in three weeks.
  contactDays: 7, // A later contact is not what the case owes its payment to.
  strength: 60, // A cell counts as much as the one above it from sixty cases on: uplifts are small beside the noise of fewer.
  assumed: { probability: 0.35, ifContacted: 0.5 }, // Until cases are known; reminders alone recover about a third.
} as const;

export interface RecoveryCase {
  readonly class: string;
  readonly ageDays: number;
  readonly owedPaise: bigint;
}

/** Cases of one kind and what became of them. */
export interface RecoveryCount extends RecoveryCase {
  readonly isContacted: boolean;
  readonly cases: number;
  readonly paid: number;
}

export type EstimateRecovery = (of: RecoveryCase) => Recovery;

export function fitRecovery(counts: readonly RecoveryCount[]): EstimateRecovery {
  const alone = fitArm(counts.filter(({ isContacted }) => !isContacted));
  const contacted = fitArm(counts.filter(({ isContacted }) => isContacted));
  return (of) => ({
    probability: alone(of, RECOVERY.assumed.probability),
    ifContacted: contacted(of, RECOVERY.assumed.ifContacted),
  });
}

interface Tally {
  cases: number;
  paid: number;
}

function fitArm(counts: readonly RecoveryCount[]): (of: RecoveryCase, assumed: number) => number {
  const tallies = new Map<string, Tally>();
  for (const count of counts) {
    for (const cell of cellsOf(count)) {
      const tally = tallies.get(cell) ?? { cases: 0, paid: 0 };
      tally.cases += count.cases;
      tally.paid += count.paid;
      tallies.set(cell, tally);
    }
  }
  const { strength } = RECOVERY;
  return (of, assumed) =>
    cellsOf(of).reduce((above, cell) => {
      const { cases, paid } = tallies.get(cell) ?? { cases: 0, paid: 0 };
      return (paid + strength * above) / (cases + strength);
    }, assumed);
}

const AGES = [8, 15, 31, 61];
const AMOUNTS = [500_00n, 2_000_00n, 5_000_00n];

/** From the widest to the narrowest. */
function cellsOf({ class: cause, ageDays, owedPaise }: RecoveryCase): string[] {
  const age = AGES.filter((from) => ageDays >= from).length;
  const amount = AMOUNTS.filter((from) => owedPaise >= from).length;
  return ['all', cause, `${cause} ${age}`, `${cause} ${age} ${amount}`];
}
