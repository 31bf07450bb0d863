/**
 * The first debit of an invoice, planned in the transaction that issues it: nobody is called and nothing is charged here. What the
 * payer must approve is planned too and becomes a payment link at its first step (by-link.ts).
 */
import type { PoolClient } from 'pg';
import { firstSlot } from './calendar.js';
import { insertDebits } from './plan.js';
import type { PlannedDebit } from './plan.js';
import { needsPayer, obstacle, standingsToPlan } from './standing.js';
import type { Standing } from './standing.js';

/** `none` says why nothing is debited: the invoice is then paid by the payer. `link`: above what may be debited unasked. */
export type FirstDebit =
  | { readonly kind: 'planned' | 'link'; readonly debitId: string; readonly slotAt: number }
  | { readonly kind: 'none'; readonly reason: string };

/** Idempotent: an invoice has one first debit on a mandate. */
export async function planFirstDebit(
  client: PoolClient,
  { invoiceId }: { readonly invoiceId: string },
  now: number,
): Promise<FirstDebit> {
  const debits = await planFirstDebits(client, [invoiceId], now);
  return debits.get(invoiceId) ?? NO_MANDATE;
}

const NO_MANDATE = { kind: 'none', reason: 'no mandate pays this invoice' } as const;

/** Many in two statements. An invoice that is missing in the answer is paid without a mandate. */
export async function planFirstDebits(
  client: PoolClient,
  invoiceIds: readonly string[],
  now: number,
): Promise<Map<string, FirstDebit>> {
  const answers = new Map<string, FirstDebit>();
  const planned: PlannedDebit[] = [];
  for (const standing of await standingsToPlan(client, invoiceIds)) {
    const first = planOf(standing, now);
    if (typeof first === 'string') answers.set(standing.invoiceId, { kind: 'none', reason: first });
    else planned.push(first);
  }
  const made = await insertDebits(client, planned, now);
  for (const { standing, slotAt } of planned) {
    const debitId = made.get(standing.invoiceId);
    const kind = needsPayer(standing, standing.owedPaise, slotAt) ? 'link' : 'planned';
    answers.set(
      standing.invoiceId,
      debitId === undefined
        ? { kind: 'none', reason: 'its first debit is planned already' }
        : { kind, debitId, slotAt },
    );
  }
  return answers;
}

/** The first debit from now on, or why there is none. Also of one whose notice failed or whose slot was missed. */
export function planOf(standing: Standing, now: number): PlannedDebit | string {
  const { method, dueAt, cycle, expiresAt } = standing;
  const inTheWay = obstacle(standing);
  if (inTheWay !== null) return inTheWay;
  const validFrom = standing.startsAt ?? standing.confirmedAt ?? now;
  const slot = firstSlot({ method, dueAt, cycle, validFrom, expiresAt }, now);
  if (slot === null) return 'no lawful slot is left in its cycle';
  // The payer who must approve it anyway is asked at once.
  const noticeDueAt = needsPayer(standing, standing.owedPaise, slot.slotAt) ? now : slot.noticeDueAt;
  return {
    standing,
    attempt: 1,
    slotAt: slot.slotAt,
    noticeDueAt,
    chosenBy: 'first',
    arm: 'model',
    successProbability: null,
    propensity: null,
    modelVersion: null,
    choice: null,
  };
}
