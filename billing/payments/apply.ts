/**
 * The one way in which what the gateway says changes our rows and books: webhooks, the sweep and the answers to our own calls all
 * come here, in the caller's transaction. Locks are taken in one order everywhere (attempts and settlements by id, then
 * payments by id, then the ledger's end), so that writers wait for each other and never in a circle.
 */
import type { PoolClient } from 'pg';
import type { Sighting } from '../../ingest/webhooks/sighting.js';
import { applyMandates } from '../mandates/tokens.js';
import { applyDisputes, applyRefunds, applySettlements } from './afterlife.js';
import { applyPayments, bindOrders } from './attempts.js';
import { bookChanges } from './bookings.js';
import { queueFacts } from './facts.js';
import type { KnownSince } from './facts.js';

/** Repeating a sighting, or applying sightings in another order, ends in the same rows and balances. */
export async function applySightings(
  client: PoolClient,
  sightings: readonly Sighting[],
  now: number,
  knownSince: KnownSince = 'now',
): Promise<void> {
  const attemptIds = distinct(
    sightings.flatMap(({ payment, refund, dispute }) => [payment?.id, refund?.paymentId, dispute?.paymentId]),
  );
  const settlementIds = distinct(sightings.map(({ settlement }) => settlement?.id));
  await lockSubjects(client, [...attemptIds, ...settlementIds]);
  await bindOrders(
    client,
    sightings.flatMap(({ order }) => order ?? []),
  );
  await applyPayments(
    client,
    sightings.flatMap(({ payment }) => payment ?? []),
    now,
  );
  await applyRefunds(
    client,
    sightings.flatMap(({ refund }) => refund ?? []),
    now,
  );
  await applyDisputes(client, sightings, now);
  await applySettlements(
    client,
    sightings.flatMap(({ settlement }) => settlement ?? []),
    now,
  );
  await applyMandates(client, sightings, attemptIds, now);
  await queueFacts(client, { attemptIds, settlementIds }, now, knownSince);
  await bookChanges(client, attemptIds, settlementIds, now);
}

function distinct(ids: readonly (string | undefined)[]): string[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** Locks of ids rather than of rows: a row that is not there yet cannot be locked. Sorted by PostgreSQL, held to the end. */
export async function lockSubjects(client: PoolClient, ids: readonly string[]): Promise<void> {
  await client.query(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT hashtextextended(id, 0) AS key FROM unnest($1::text[]) AS id ORDER BY key) AS keys`,
    [ids],
  );
}
