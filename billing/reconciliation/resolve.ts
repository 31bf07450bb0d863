/**
 * What a person may do: accept a difference (it goes to suspense until somebody explains it), link a row to a payment of ours or a
 * bank credit to a settlement, take an adjustment back, or open a case again. Everything is a balanced entry or its
 * reversal, takes effect at once, and is kept with who did it and why. Repeating an action changes nothing.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { lockSubjects } from '../payments/apply.js';
import { matchCredits } from './credits.js';
import type { Finding } from './plan.js';
import type { Reason } from './reasons.js';
import { compareRow } from './reconcile.js';
import { readStandings, settle } from './settle.js';
import { RECONCILIATION } from './settings.js';

export interface Resolution {
  readonly actor: string;
  /** Why. */
  readonly note: string;
}

interface ExceptionRow {
  exception_id: bigint;
  subject: string;
  status: string;
  reason: Reason;
  difference: bigint;
  currency: string;
  at: number;
  happened_on: string;
  payment_id: string | null;
  linked_to: string | null;
}

const LINKABLE: ReadonlySet<string> = new Set<Reason>([
  'payment-unknown',
  'capture-unknown',
  'refund-unknown',
  'bank-credit-unknown',
]);

export function acceptException(
  pool: Pool,
  exceptionId: bigint,
  resolution: Resolution,
  now: number,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    const exception = await lockException(client, exceptionId);
    if (exception.status === 'accepted') return;
    if (exception.status !== 'open') throw conflict(exception, 'accepted');
    await change(client, exception, "status = 'accepted'", resolution, now);
    await record(client, exception, { action: 'accept', ...resolution }, now);
    await settleException(client, exception, now);
  });
}

/** @param linkedTo a payment of ours, or for a bank credit a settlement. */
export async function linkException(
  pool: Pool,
  exceptionId: bigint,
  linkedTo: string,
  resolution: Resolution,
  now: number,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const exception = await lockException(client, exceptionId);
    if (exception.linked_to === linkedTo) return;
    if (exception.status !== 'open' || !LINKABLE.has(exception.reason)) throw conflict(exception, 'linked');
    await requireTarget(client, exception, linkedTo);
    await setLink(client, exception, linkedTo);
    await change(client, exception, '', resolution, now);
    await record(client, exception, { action: 'link', linkedTo, ...resolution }, now);
    await compareSubject(client, exception, now);
  });
  await matchCredits(pool, RECONCILIATION.gatewayName, now);
}

/** Takes acceptance, link and hold back; what reconciliation would do by itself it does again. */
export async function reopenException(
  pool: Pool,
  exceptionId: bigint,
  resolution: Resolution,
  now: number,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const exception = await lockException(client, exceptionId);
    await setLink(client, exception, null);
    // A cleared one stays cleared unless the comparison below finds it again.
    const status = exception.status === 'cleared' ? 'cleared' : 'open';
    await change(client, exception, `is_held = false, status = '${status}'`, resolution, now);
    await record(client, exception, { action: 'reopen', ...resolution }, now);
    if (status === 'open') await settleException(client, exception, now);
    await compareSubject(client, exception, now);
  });
  await matchCredits(pool, RECONCILIATION.gatewayName, now);
}

/** Takes back all parts of the row's adjustment, for a person to look at what it explained. */
export function reverseAdjustment(
  pool: Pool,
  adjustmentId: bigint,
  resolution: Resolution,
  now: number,
): Promise<void> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ subject: string; is_reversed: boolean }>(
      'SELECT subject, reversed_at IS NOT NULL AS is_reversed FROM recon_adjustments WHERE adjustment_id = $1',
      [adjustmentId],
    );
    const [found] = rows;
    if (found === undefined)
      throw new AppError('not-found', 'adjustment-not-found', 'no adjustment has this id');
    if (found.is_reversed) return;
    await lockRow(client, found.subject);
    const key = rowKey(found.subject);
    if (key === null)
      throw new AppError('conflict', 'adjustment-not-reversible', 'reopen the exception that it belongs to');
    const held = await client.query<ExceptionRow>(
      `INSERT INTO recon_exceptions AS kept (subject, reason, difference_paise, stake_paise, currency, happened_on, occurred_at,
         status, is_held, opened_at, changed_at)
       SELECT $1, 'adjustment-reversed', difference_paise, abs(difference_paise), currency, settled_on, settled_at, 'open',
         true, to_timestamp($4 / 1000.0), to_timestamp($4 / 1000.0)
       FROM settlement_rows WHERE settlement_id = $2 AND entity_id = $3
       ON CONFLICT (subject) DO UPDATE SET is_held = true, changed_at = excluded.changed_at
       RETURNING exception_id, subject, status, reason`,
      [found.subject, key.settlementId, key.entityId, now],
    );
    const [exception] = held.rows;
    if (exception !== undefined) await record(client, exception, { action: 'reverse', ...resolution }, now);
    await compareRow(client, key, now);
  });
}

/** Locks in the order of a run: the attempt, then the exception. */
async function lockException(client: PoolClient, exceptionId: bigint): Promise<ExceptionRow> {
  const found = await client.query<{ subject: string }>(
    'SELECT subject FROM recon_exceptions WHERE exception_id = $1',
    [exceptionId],
  );
  await lockRow(client, found.rows[0]?.subject ?? '');
  const { rows } = await client.query<ExceptionRow>(
    `SELECT exception_id, subject, status, reason, difference_paise AS difference, currency, occurred_at AS at, happened_on,
       payment_id, linked_to FROM recon_exceptions WHERE exception_id = $1 FOR UPDATE`,
    [exceptionId],
  );
  const [exception] = rows;
  if (exception === undefined)
    throw new AppError('not-found', 'exception-not-found', 'no exception of reconciliation has this id');
  return exception;
}

async function lockRow(client: PoolClient, subject: string): Promise<void> {
  const key = rowKey(subject);
  if (key === null) return;
  const { rows } = await client.query<{ attempt_id: string }>(
    'SELECT coalesce(payment_id, entity_id) AS attempt_id FROM settlement_rows WHERE settlement_id = $1 AND entity_id = $2',
    [key.settlementId, key.entityId],
  );
  await lockSubjects(
    client,
    rows.map(({ attempt_id }) => attempt_id),
  );
}

function conflict({ status, reason }: ExceptionRow, wanted: string): AppError {
  const message = `a case that is ${status} (${reason}) cannot be ${wanted}: look at it again`;
  return new AppError('conflict', 'exception-not-resolvable', message, { retryable: false });
}

async function requireTarget(client: PoolClient, { subject }: ExceptionRow, target: string): Promise<void> {
  const sql = subject.startsWith('credit:')
    ? 'SELECT FROM settlements WHERE settlement_id = $1'
    : 'SELECT FROM payments WHERE payment_id = $1';
  const { rowCount } = await client.query(sql, [target]);
  if (rowCount === 0)
    throw new AppError('bad-input', 'link-target-unknown', `there is no ${target} to link to`);
}

async function setLink(
  client: PoolClient,
  { subject }: ExceptionRow,
  linkedTo: string | null,
): Promise<void> {
  await client.query('UPDATE recon_exceptions SET linked_to = $2 WHERE subject = $1', [subject, linkedTo]);
  await client.query("UPDATE bank_credits SET linked_to = $2 WHERE 'credit:' || credit_id = $1", [
    subject,
    linkedTo,
  ]);
}

async function change(
  client: PoolClient,
  { exception_id }: ExceptionRow,
  assignment: string,
  { actor, note }: Resolution,
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE recon_exceptions SET actor = $2, note = $3, changed_at = to_timestamp($4 / 1000.0)
       ${assignment === '' ? '' : `, ${assignment}`} WHERE exception_id = $1`,
    [exception_id, actor, note, now],
  );
}

interface Action extends Resolution {
  readonly action: 'accept' | 'link' | 'reopen' | 'reverse';
  readonly linkedTo?: string;
}

async function record(
  client: PoolClient,
  { exception_id }: ExceptionRow,
  { action, actor, note, linkedTo = '' }: Action,
  now: number,
): Promise<void> {
  await client.query(
    `INSERT INTO recon_actions (exception_id, action, actor, note, linked_to, acted_at)
     VALUES ($1, $2, $3, $4, nullif($5, ''), to_timestamp($6 / 1000.0))`,
    [exception_id, action, actor, note, linkedTo, now],
  );
}

async function settleException(client: PoolClient, exception: ExceptionRow, now: number): Promise<void> {
  const finding: Finding = {
    subject: exception.subject,
    reason: exception.reason,
    differencePaise: exception.difference,
    currency: exception.currency,
    party: '',
    occurredAt: exception.at,
    happenedOn: exception.happened_on,
    paymentId: exception.payment_id,
    parts: [],
  };
  await settle(client, [finding], await readStandings(client, [exception.subject]), now);
}

async function compareSubject(client: PoolClient, { subject }: ExceptionRow, now: number): Promise<void> {
  const key = rowKey(subject);
  if (key !== null) await compareRow(client, key, now);
}

function rowKey(subject: string): { settlementId: string; entityId: string } | null {
  const [, settlementId, entityId] = /^row:([^/]+)\/(.+)$/.exec(subject) ?? [];
  return settlementId === undefined || entityId === undefined ? null : { settlementId, entityId };
}
