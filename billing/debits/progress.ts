/**
 * Moves every debit that is due by one step. Whoever takes a debit first moves its next turn ahead, so that two programs do not take
 * the same one, and one that dies leaves it to a later turn; each step is safe to repeat. One that fails holds up nobody.
 */
import type { Pool } from 'pg';
import { MINUTE_MS } from '../../core/days.js';
import { errorText } from '../../core/error-text.js';
import { inTransaction } from '../../core/transaction.js';
import { refreshMandates } from '../mandates/refresh.js';
import { announceDebit, followNotice } from './announce.js';
import { findCharge, makeDebit } from './charge.js';
import { DEBIT_COLUMNS, lockDebit, moveDebit } from './debit.js';
import type { Debit } from './debit.js';
import type { DebitDeps } from './hand-over.js';
import { planResumed } from './resume.js';
import { askForResult, resolveDebits } from './resolve.js';

/** Longer than any step takes with all its calls. */
const LEASE_MS = 5 * MINUTE_MS;
const BATCH = 200;
/** A turn ends here at the latest; the next one goes on. */
const MOST_BATCHES = 50;

/** Answers how many mandates and debits were looked at. */
export async function progressDebits(deps: DebitDeps): Promise<number> {
  let looked = await refreshMandates(deps);
  await withdrawStopped(deps);
  await planResumed(deps);
  await wakeNoticed(deps.pool, deps.clock.now());
  looked += await resolveDebits(deps);
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    const due = await takeDue(deps.pool, deps.clock.now());
    for (const debit of due) await attempt(deps, debit);
    looked += due.length;
    if (due.length < BATCH) break;
  }
  return looked + (await resolveDebits(deps));
}

async function takeDue(pool: Pool, now: number): Promise<Debit[]> {
  const { rows } = await pool.query<Debit>(
    `UPDATE debits d SET due_at = to_timestamp($1::float8 / 1000) + $2 * interval '1 millisecond' WHERE d.debit_id IN (
       SELECT debit_id FROM debits WHERE status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved')
         AND due_at <= to_timestamp($1::float8 / 1000) ORDER BY due_at, debit_id LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING ${DEBIT_COLUMNS}`,
    [now, LEASE_MS, BATCH],
  );
  return rows;
}

async function attempt(deps: DebitDeps, debit: Debit): Promise<void> {
  try {
    await step(deps, debit);
  } catch (error) {
    const reason = errorText(error);
    deps.log.error({ event: 'debit-step-failed', debitId: debit.debitId, status: debit.status, reason });
  }
}

async function step(deps: DebitDeps, debit: Debit): Promise<void> {
  switch (debit.status) {
    case 'planned':
      return announceDebit(deps, debit.debitId);
    case 'announcing':
      return followNotice(deps, debit);
    case 'announced':
      return makeDebit(deps, debit);
    case 'charging':
      return findCharge(deps, debit);
    case 'unresolved':
      return askForResult(deps, debit);
    default:
      return undefined;
  }
}

/** The payer has paused or ended the mandate: what was not made yet is not made (India rules U8, E5). */
async function withdrawStopped({ pool, clock }: DebitDeps): Promise<void> {
  const { rows } = await pool.query<{ debit_id: string; status: string }>(
    `SELECT d.debit_id, m.status FROM mandates m JOIN debits d USING (mandate_id)
     WHERE m.status IN ('paused', 'cancelled', 'expired') AND d.status IN ('planned', 'announcing', 'announced')
       AND m.changed_at > to_timestamp($1::float8 / 1000) - interval '10 days'
     ORDER BY d.debit_id LIMIT $2`,
    [clock.now(), BATCH * MOST_BATCHES],
  );
  for (const { debit_id, status } of rows)
    await inTransaction(pool, async (client) => {
      const debit = await lockDebit(client, debit_id);
      if (debit.status !== 'charging' && debit.status !== 'unresolved')
        await moveDebit(client, debit, 'withdraw', clock.now(), { note: `the mandate is ${status}` });
    });
}

/** A notice has a result: no need to wait for the next look. */
async function wakeNoticed(pool: Pool, now: number): Promise<void> {
  await pool.query(
    `UPDATE debits d SET due_at = to_timestamp($1::float8 / 1000) FROM order_notices n
     WHERE n.order_id = d.order_id AND d.status = 'announcing' AND d.due_at > to_timestamp($1::float8 / 1000)`,
    [now],
  );
}
