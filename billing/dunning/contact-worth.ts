/**
 * What a contact by a person is expected to bring in against what it costs: owed x (P(pays | contacted) - P(pays | left alone)), and
 * minutes x wage. The work list is in the order of their ratio, which spends any budget best as long as one contact is small
 * beside it (Dantzig 1957). Amounts are minor units.
 */
import type { DeclineClass } from '../../core/decline-reasons.js';
import type { Campaign } from './campaign.js';
import type { Recovery } from './situation.js';

interface Contact {
  readonly class: DeclineClass;
  readonly owedPaise: bigint;
  readonly recovery: Recovery;
}

interface Worth {
  readonly gainPaise: bigint;
  readonly costPaise: bigint;
  readonly isWorthIt: boolean;
}

/** Probabilities as whole parts of a million: amounts do not pass through a float. */
const MILLION = 1_000_000;

export function contactWorth(contact: Contact, rules: Campaign['contact']): Worth {
  const { probability, ifContacted } = contact.recovery;
  const uplift = BigInt(Math.round(Math.max(0, ifContacted - probability) * MILLION));
  const gainPaise = (contact.owedPaise * uplift) / BigInt(MILLION);
  const minutes = rules.minutes[contact.class] ?? rules.minutes['other'] ?? 1;
  const costPaise = BigInt(Math.max(1, Math.round(minutes * rules.paisePerMinute)));
  const least = BigInt(Math.round(rules.leastGainRatio * MILLION));
  return { gainPaise, costPaise, isWorthIt: gainPaise * BigInt(MILLION) >= costPaise * least };
}

interface Priced {
  readonly gainPaise: bigint;
  readonly costPaise: bigint;
}

/** The most promising first, as far as the budget goes; what does not fit any more is passed over. */
export function withinBudget<Item extends Priced>(items: readonly Item[], budgetPaise: bigint): Item[] {
  const byRatio = [...items].sort((a, b) => {
    const [left, right] = [b.gainPaise * a.costPaise, a.gainPaise * b.costPaise];
    return left < right ? -1 : left > right ? 1 : 0;
  });
  let left = budgetPaise;
  return byRatio.filter(({ costPaise }) => {
    if (costPaise > left) return false;
    left -= costPaise;
    return true;
  });
}
