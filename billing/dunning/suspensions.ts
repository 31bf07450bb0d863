/**
 * What may be withheld: each subscription for its own debts, announced first and withheld only some days later, so that one child's
 * debt does not stop another's meals unless the campaign says so. Whatever has been paid is not withheld: nothing here outlives its
 * debt.
 */
import { DAY_MS, dayOf, startOfDay } from '../../core/days.js';
import type { Campaign } from './campaign.js';
import type { Debt, Said, Situation } from './situation.js';

export const SUSPENSION_STAGE = 'suspension';
const WEEK_DAYS = 7;

type Key = Pick<Said, 'stage' | 'kind' | 'subscriptionId' | 'invoiceId'>;

/** Within an episode. */
export function stepKey({ stage, kind, subscriptionId, invoiceId }: Key): string {
  return [stage, kind, subscriptionId, invoiceId].join(' ');
}

export function weekBefore(now: number): number {
  return now - WEEK_DAYS * DAY_MS;
}

interface SuspensionStep {
  readonly kind: 'suspension-notice' | 'suspension';
  readonly subscriptionId: string;
  readonly invoiceId: string;
  readonly namedAt: number;
}

interface Suspensions {
  readonly notices: readonly SuspensionStep[];
  readonly suspensions: readonly SuspensionStep[];
}

export function suspensionSteps(
  situation: Situation,
  debts: readonly Debt[],
  rules: Campaign['suspension'],
  now: number,
): Suspensions {
  const { tags, said, refused, withheld } = situation;
  const notices: SuspensionStep[] = [];
  const suspensions: SuspensionStep[] = [];
  if (rules.exemptTags.some((tag) => tags.includes(tag))) return { notices, suspensions };
  for (const { subscriptionId, invoiceId } of overdue(situation, debts, rules, now)) {
    if (withheld.has(subscriptionId)) continue;
    const about = (of: SuspensionStep['kind']): Key => ({
      stage: SUSPENSION_STAGE,
      kind: of,
      subscriptionId,
      invoiceId,
    });
    const notice = said.find(
      (one) => one.isOfEpisode && stepKey(one) === stepKey(about('suspension-notice')),
    );
    const kind: SuspensionStep['kind'] = notice === undefined ? 'suspension-notice' : 'suspension';
    if (refused.has(stepKey(about(kind)))) continue;
    // Whole days between: announced on Monday with two days, withheld from Wednesday on.
    const from = dayOf(notice?.at ?? now) + rules.noticeDays;
    const step: SuspensionStep = { kind, subscriptionId, invoiceId, namedAt: startOfDay(from) };
    if (notice === undefined) notices.push(step);
    else if (dayOf(now) >= from) suspensions.push(step);
  }
  return { notices, suspensions };
}

/** Subscriptions with the debt that stops them: old enough, and enough of it. */
function overdue(
  { running, withheld }: Situation,
  debts: readonly Debt[],
  rules: Campaign['suspension'],
  now: number,
): { subscriptionId: string; invoiceId: string }[] {
  const enough = new Map<string, { invoiceId: string; owedPaise: bigint; ageDays: number }>();
  for (const { subscriptionId, invoiceId, isRunning, owedPaise, dueAt } of debts) {
    if (subscriptionId === null || !(isRunning || withheld.has(subscriptionId))) continue;
    const known = enough.get(subscriptionId);
    // Oldest first: the first one names it.
    enough.set(subscriptionId, {
      invoiceId: known?.invoiceId ?? invoiceId,
      owedPaise: (known?.owedPaise ?? 0n) + owedPaise,
      ageDays: known?.ageDays ?? dayOf(now) - dayOf(dueAt),
    });
  }
  const stopped = [...enough]
    .filter(
      ([, { owedPaise, ageDays }]) =>
        ageDays >= rules.noticeAfterDays && owedPaise >= BigInt(rules.leastOwedPaise),
    )
    .map(([subscriptionId, { invoiceId }]) => ({ subscriptionId, invoiceId }));
  const [first] = stopped;
  if (!rules.blocksSiblings || first === undefined) return stopped;
  const own = new Set(stopped.map(({ subscriptionId }) => subscriptionId));
  const siblings = running.filter((subscriptionId) => !own.has(subscriptionId));
  return [...stopped, ...siblings.map((subscriptionId) => ({ subscriptionId, invoiceId: first.invoiceId }))];
}
