/**
 * The parts of an accepted offer, collected: dunning agrees with the payer on parts of all that is owed, and each invoice gets an instalment
 * plan with its share of them, the oldest invoice first. Dunning has the invoices on hold and says when the agreement is over.
 */
import { parseDay } from '../../core/days.js';
import { newId } from '../../core/ids.js';
import type { BeginInstalments } from '../dunning/offers.js';
import { GRACE_DAYS, insertPlan } from './create.js';
import { allot } from './schedule.js';
import type { Debt } from './schedule.js';

export const beginInstalments: BeginInstalments = async (client, offer, now) => {
  const { rows } = await client.query<Debt>(
    `SELECT invoice_id AS reference, total_paise - paid_paise AS "owedPaise" FROM invoices
     WHERE invoice_id = ANY($1) AND status = 'open' ORDER BY due_at, invoice_id`,
    [offer.invoiceIds],
  );
  const parts = offer.parts.map(({ dueOn, amountPaise }) => ({ dueDay: parseDay(dueOn) ?? 0, amountPaise }));
  for (const [reference, share] of allot(parts, rows)) {
    if (share.length === 0) continue;
    const amountPaise = Number(share.reduce((sum, part) => sum + part.amountPaise, 0n));
    const { payerId, currency } = offer;
    const debt = { reference, payerId, currency, amountPaise, graceDays: GRACE_DAYS };
    await insertPlan(client, { planId: newId('ipl', { now: () => now }), debt, parts: share }, now);
  }
};
