/** Our own steps of a mandate, through its table; what the gateway says moves it in tokens.ts. */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import { MANDATE } from './states.js';
import type { MandateEvent, MandateStatus } from './states.js';
import { tellMandateChange } from './tell.js';

/** The status afterwards; unchanged where the event is stale. @throws AppError `mandate-not-found`. */
export async function moveMandate(
  client: PoolClient,
  mandateId: string,
  event: MandateEvent,
  now: number,
): Promise<MandateStatus> {
  const { rows } = await client.query<{ status: MandateStatus }>(
    'SELECT status FROM mandates WHERE mandate_id = $1 FOR UPDATE',
    [mandateId],
  );
  if (rows[0] === undefined) throw noMandate(mandateId);
  const next = advance<MandateStatus, MandateEvent>(MANDATE, rows[0].status, event);
  if (next === null) return rows[0].status;
  await client.query(
    `UPDATE mandates SET status = $2, changed_at = to_timestamp($3 / 1000.0),
       ended_at = CASE WHEN $2 IN ('rejected', 'cancelled', 'expired') THEN coalesce(ended_at, to_timestamp($3 / 1000.0)) END
     WHERE mandate_id = $1`,
    [mandateId, next, now],
  );
  await tellMandateChange(client, { mandateId, fromStatus: rows[0].status, status: next }, now);
  return next;
}

export function noMandate(mandateId: string): AppError {
  return new AppError('not-found', 'mandate-not-found', `there is no mandate ${mandateId}`);
}
