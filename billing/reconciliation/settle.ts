/**
 * Carries out plans: reads what stands for the subjects, writes what changes, posts entries and reversing entries, in the
 * caller's transaction and for all subjects at once. The keys of entries name subject, part and version: posting again
 * what was posted changes nothing.
 */
import type { PoolClient } from 'pg';
import { jsonRows } from '../../core/json-rows.js';
import { postEntries } from '../ledger/post.js';
import { entryOf } from '../ledger/templates.js';
import type { Entry, EntryKind } from '../ledger/templates.js';
import type { Part } from './compare.js';
import { holdBack, NOTHING_STANDS, plan } from './plan.js';
import type { Adjustment, Finding, Standing, StandingException } from './plan.js';

export type Standings = ReadonlyMap<string, Standing>;

interface AdjustmentRow {
  subject: string;
  name: Part['name'];
  version: number;
  kind: EntryKind;
  amounts: Record<string, string>;
  currency: string;
  party: string;
  occurred_at: number;
  is_reversed: boolean;
}

/** Locks the subjects' exceptions, so that a person who resolves one and a run wait for each other. */
export async function readStandings(client: PoolClient, subjects: readonly string[]): Promise<Standings> {
  const exceptions = await client.query<StandingException & { subject: string }>(
    `SELECT subject, status, reason, difference_paise AS "differencePaise", is_held AS "isHeld"
     FROM recon_exceptions WHERE subject = ANY($1) ORDER BY subject FOR UPDATE`,
    [subjects],
  );
  const adjustments = await client.query<AdjustmentRow>(
    `SELECT subject, part AS name, version, kind, amounts, currency, party, occurred_at, reversed_at IS NOT NULL AS is_reversed
     FROM recon_adjustments WHERE subject = ANY($1) ORDER BY adjustment_id`,
    [subjects],
  );
  const standings = new Map<string, Standing>();
  const change = (subject: string, by: (standing: Standing) => Standing): void =>
    void standings.set(subject, by(standings.get(subject) ?? NOTHING_STANDS));
  for (const { subject, ...exception } of exceptions.rows)
    change(subject, (standing) => ({ ...standing, exception }));
  for (const row of adjustments.rows)
    change(row.subject, ({ versions, adjustments: standing, exception }) => ({
      exception,
      versions: { ...versions, [row.name]: row.version },
      adjustments: row.is_reversed ? standing : [...standing, toAdjustment(row)],
    }));
  return standings;
}

function toAdjustment({ occurred_at, amounts, is_reversed: _, ...row }: AdjustmentRow): Adjustment {
  const paise = Object.entries(amounts).map(([name, amount]) => [name, BigInt(amount)]);
  return { ...row, occurredAt: occurred_at, amounts: Object.fromEntries(paise) as Part['amounts'] };
}

export interface Settled {
  readonly posted: number;
  readonly reversed: number;
  readonly opened: number;
  readonly cleared: number;
}

export const NOTHING_SETTLED: Settled = { posted: 0, reversed: 0, opened: 0, cleared: 0 };

export function addSettled(one: Settled, other: Settled): Settled {
  return {
    posted: one.posted + other.posted,
    reversed: one.reversed + other.reversed,
    opened: one.opened + other.opened,
    cleared: one.cleared + other.cleared,
  };
}

/** Each subject once. Posts last: it holds the end of the ledger's chain until the transaction ends. */
export async function settle(
  client: PoolClient,
  findings: readonly Finding[],
  standings: Standings,
  now: number,
): Promise<Settled> {
  const plans = findings.map((raw) => {
    const standing = standings.get(raw.subject) ?? NOTHING_STANDS;
    const finding = holdBack(raw, standing);
    return { finding, ...plan(finding, standing) };
  });
  const reverse = plans.flatMap((one) => one.reverse);
  const post = plans.flatMap((one) => one.post);
  const opened = plans.filter(({ exception }) => exception === 'open').map(({ finding }) => finding);
  const cleared = plans.filter(({ exception }) => exception === 'clear').map(({ finding }) => finding);
  if (reverse.length > 0) await markReversed(client, reverse, now);
  if (post.length > 0) await insertAdjustments(client, post, now);
  if (opened.length > 0) await openExceptions(client, opened, now);
  if (cleared.length > 0) await clearExceptions(client, cleared, now);
  await postEntries(client, [...reverse.map(reversalOf), ...post.map(toEntry)], now);
  return { posted: post.length, reversed: reverse.length, opened: opened.length, cleared: cleared.length };
}

function keyOf({ subject, name, version }: Adjustment): string {
  return `recon:${subject}:${name}:${version}`;
}

function toEntry(adjustment: Adjustment): Entry {
  return entryOf({ ...adjustment, key: keyOf(adjustment) });
}

/** The same accounts with the sides changed. */
function reversalOf(adjustment: Adjustment): Entry {
  const negated = Object.entries(adjustment.amounts).map(([name, amount]) => [name, -amount]);
  const amounts = Object.fromEntries(negated) as Part['amounts'];
  return entryOf({ ...adjustment, key: `${keyOf(adjustment)}:reversed`, amounts });
}

async function markReversed(client: PoolClient, reversed: readonly Adjustment[], now: number): Promise<void> {
  await client.query(
    'UPDATE recon_adjustments SET reversed_at = to_timestamp($2 / 1000.0) WHERE entry_key = ANY($1)',
    [reversed.map(keyOf), now],
  );
}

async function insertAdjustments(
  client: PoolClient,
  posted: readonly Adjustment[],
  now: number,
): Promise<void> {
  await client.query(
    `INSERT INTO recon_adjustments (subject, part, version, kind, amounts, currency, party, occurred_at, entry_key, posted_at)
     SELECT subject, name, version, kind, amounts, currency, party, to_timestamp("occurredAt" / 1000.0), key,
       to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(subject text, name text, version integer, kind text, amounts jsonb, currency text,
       party text, "occurredAt" float8, key text)`,
    [now, jsonRows(posted.map((adjustment) => ({ ...adjustment, key: keyOf(adjustment) })))],
  );
}

/** One that was resolved and differs now is open again, with its history. A link stays: it is an identifier. */
async function openExceptions(client: PoolClient, findings: readonly Finding[], now: number): Promise<void> {
  const size = (paise: bigint): bigint => (paise < 0n ? -paise : paise);
  await client.query(
    `INSERT INTO recon_exceptions AS kept (subject, reason, difference_paise, stake_paise, currency, payment_id, happened_on,
       occurred_at, status, opened_at, changed_at)
     SELECT subject, reason, "differencePaise", stake, currency, "paymentId", "happenedOn",
       to_timestamp("occurredAt" / 1000.0), 'open', to_timestamp($1 / 1000.0), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(subject text, reason text, "differencePaise" bigint, stake bigint, currency text,
       "paymentId" text, "happenedOn" date, "occurredAt" float8)
     ON CONFLICT (subject) DO UPDATE SET reason = excluded.reason, difference_paise = excluded.difference_paise,
       stake_paise = excluded.stake_paise, payment_id = excluded.payment_id, status = 'open',
       opened_at = CASE WHEN kept.status = 'open' THEN kept.opened_at ELSE excluded.opened_at END,
       changed_at = excluded.changed_at`,
    [now, jsonRows(findings.map((finding) => ({ ...finding, stake: size(finding.differencePaise) })))],
  );
}

async function clearExceptions(client: PoolClient, findings: readonly Finding[], now: number): Promise<void> {
  await client.query(
    `UPDATE recon_exceptions SET status = CASE WHEN linked_to IS NULL THEN 'cleared' ELSE 'linked' END,
       changed_at = to_timestamp($2 / 1000.0) WHERE subject = ANY($1)`,
    [findings.map(({ subject }) => subject), now],
  );
}
