import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUILT_IN } from '../../../billing/dunning/campaign.js';
import { contactWorth, withinBudget } from '../../../billing/dunning/contact-worth.js';
import { fitRecovery } from '../../../billing/dunning/recovery.js';
import type { RecoveryCase, RecoveryCount } from '../../../billing/dunning/recovery.js';
import type { DeclineClass } from '../../../core/decline-reasons.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { bootstrap } from '../../../models/bootstrap.js';

const { contact: RULES } = BUILT_IN;

describe('the worth of a contact', () => {
  const worth = (
    owedPaise: bigint,
    probability: number,
    ifContacted: number,
    cause: DeclineClass = 'funds',
  ) => contactWorth({ class: cause, owedPaise, recovery: { probability, ifContacted } }, RULES);

  it('is what it adds, not what would come anyway', () => {
    expect(worth(1_000_00n, 0.5, 0.7).gainPaise).toBe(200_00n);
    expect(worth(1_000_00n, 0.9, 0.9).gainPaise).toBe(0n);
    expect(worth(1_000_00n, 0.9, 0.8)).toMatchObject({ gainPaise: 0n, isWorthIt: false });
  });

  it('is set against minutes and wage: a new mandate takes longer to explain', () => {
    expect(worth(1_000_00n, 0.5, 0.7).costPaise).toBe(25_00n);
    expect(worth(1_000_00n, 0.5, 0.7, 'mandate').costPaise).toBe(45_00n);
  });

  it('never spends more than the budget, nor passes over what is better and fits', () => {
    const items = fc.array(fc.record({ gainPaise: fc.bigInt(0n, 1_000n), costPaise: fc.bigInt(1n, 50n) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(items, fc.bigInt(0n, 500n), (all, budget) => {
        const taken = withinBudget(all, budget);
        const spent = taken.reduce((sum, { costPaise }) => sum + costPaise, 0n);
        expect(spent <= budget).toBe(true);
        for (const left of all.filter((item) => !taken.includes(item))) {
          const better = taken.filter(
            (item) => item.gainPaise * left.costPaise >= left.gainPaise * item.costPaise,
          );
          const before = better.reduce((sum, { costPaise }) => sum + costPaise, 0n);
          expect(before + left.costPaise > budget).toBe(true);
        }
      }),
    );
  });
});

/**
 * A truth that nobody sees: how likely a case is paid when it is left alone and when somebody calls. Calls help most where the payer could pay
 * but did not get to it, hardly where there is no money or the account is gone; what is old is lost either way.
 */
const ALONE: Readonly<Record<string, number>> = {
  funds: 0.45,
  mandate: 0.15,
  instrument: 0.2,
  limit: 0.5,
  undisclosed: 0.35,
};
const ADDED: Readonly<Record<string, number>> = {
  funds: 0.06,
  mandate: 0.4,
  instrument: 0.35,
  limit: 0.12,
  undisclosed: 0.15,
};

interface KnownCase extends RecoveryCase {
  readonly class: DeclineClass;
  readonly alone: number;
  readonly ifContacted: number;
  /** With and without a call: the same luck decides both. */
  readonly luck: number;
}

function drawCase(random: Random): KnownCase {
  const causes = Object.keys(ALONE) as DeclineClass[];
  const cause = causes[random.below(causes.length)]!;
  const ageDays = 10 + random.below(80);
  const owedPaise = BigInt(Math.round(400_00 * Math.exp(0.8 * random.normal())));
  const fading = Math.exp(-(ageDays - 10) / 60);
  const alone = ALONE[cause]! * fading;
  const ifContacted = alone + ADDED[cause]! * fading;
  return { class: cause, ageDays, owedPaise, alone, ifContacted, luck: random.unit() };
}

describe('at equal budget on cases that it has not seen', () => {
  const random = seededRandom(20260708);
  const draw = (name: string, count: number): KnownCase[] =>
    Array.from({ length: count }, (_, i) => drawCase(random.fork(`${name} ${i}`)));
  // In the past a coin decided who was called, as the draw of the hold-out does.
  const counts = draw('past', 8_000).map((one, i): RecoveryCount => {
    const isContacted = i % 2 === 0;
    const isPaid = one.luck < (isContacted ? one.ifContacted : one.alone);
    return { ...one, isContacted, cases: 1, paid: Number(isPaid) };
  });
  const estimate = fitRecovery(counts);
  const priced = draw('held out', 4_000).map((one) => ({
    ...one,
    ...contactWorth({ class: one.class, owedPaise: one.owedPaise, recovery: estimate(one) }, RULES),
  }));
  type Priced = (typeof priced)[number];
  const budgetPaise = priced.reduce((sum, { costPaise }) => sum + costPaise, 0n) / 5n;

  /** Whom the budget reaches when cases are called in the order of a figure; nothing but the order differs. */
  const called = (figure: (one: Priced) => number): ReadonlySet<Priced> => {
    const scaled = (one: Priced): bigint => BigInt(Math.round(figure(one) * 1_000)) * one.costPaise;
    const ordered = priced.map((one) => ({ one, costPaise: one.costPaise, gainPaise: scaled(one) }));
    return new Set(withinBudget(ordered, budgetPaise).map(({ one }) => one));
  };
  const rupees = ({ owedPaise }: Priced): number => Number(owedPaise) / 100;
  /** What calling these adds, by the truth. */
  const added = (to: ReadonlySet<Priced>): number =>
    [...to].reduce((sum, one) => sum + (one.ifContacted - one.alone) * rupees(one), 0);
  const byWorth = new Set(withinBudget(priced, budgetPaise));
  const byAge = called(({ ageDays }) => ageDays);
  const byAmount = called(rupees);
  const byTruth = called((one) => ((one.ifContacted - one.alone) * rupees(one)) / Number(one.costPaise));

  it('the work list recovers more rupees than calling the oldest first, with 95 % confidence', () => {
    const recovered = (reached: ReadonlySet<Priced>, one: Priced): number =>
      one.luck < (reached.has(one) ? one.ifContacted : one.alone) ? rupees(one) : 0;
    const difference = priced.map((one) => recovered(byWorth, one) - recovered(byAge, one));
    const { gained } = bootstrap({ y: new Uint8Array(difference.length) }, (times) => ({
      gained: difference.reduce((total, one, i) => total + one * times[i]!, 0),
    }));
    expect(gained.low).toBeGreaterThan(0);
    expect(added(byWorth)).toBeGreaterThan(3 * added(byAge));
  });

  it('and more than calling who owes most, most of what one could who knew the truth', () => {
    expect(added(byWorth)).toBeGreaterThan(1.05 * added(byAmount));
    expect(added(byWorth)).toBeGreaterThan(0.9 * added(byTruth));
  });
});
