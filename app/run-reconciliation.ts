/** One turn of reconciliation: reads what the gateway settled, where there is a gateway, then compares it with books and bank. */
import type { Pool } from 'pg';
import { pullDays, yesterday } from '../billing/reconciliation/pull.js';
import { reconcile } from '../billing/reconciliation/reconcile.js';
import type { Reconciled } from '../billing/reconciliation/reconcile.js';
import { RECONCILIATION } from '../billing/reconciliation/settings.js';
import type { Clock } from '../core/clock.js';
import type { Gateway } from '../core/ports/gateway.js';

export async function runReconciliation(
  pool: Pool,
  clock: Clock,
  gateway: Pick<Gateway, 'settlements'> | null,
): Promise<Reconciled> {
  const through = yesterday(clock.now());
  if (gateway !== null)
    await pullDays({ pool, clock, settlements: gateway.settlements }, through, RECONCILIATION.reReadDays);
  return reconcile(pool, { now: clock.now() });
}
