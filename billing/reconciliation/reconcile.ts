/**
 * One run: settled rows against the books, then what is missing on either side, then the bank. Safe beside webhooks and other
 * runs: what is to be adjusted is read again under the locks that whoever changes payments takes. A run that broke off is
 * begun again; one after which nothing happened changes nothing.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { istDay } from '../../features/calendar.js';
import { lockSubjects } from '../payments/apply.js';
import { findAbsences } from './absences.js';
import { compare } from './compare.js';
import type { Verdict } from './compare.js';
import { matchCredits } from './credits.js';
import { readDay, readRows, subjectOf, writeVerdicts } from './pairs.js';
import type { PageKey, Pair } from './pairs.js';
import type { Finding } from './plan.js';
import { REASONS } from './reasons.js';
import type { Reason } from './reasons.js';
import { addSettled, NOTHING_SETTLED, readStandings, settle } from './settle.js';
import type { Settled } from './settle.js';
import { RECONCILIATION } from './settings.js';
import type { ReconciliationSettings } from './settings.js';

export interface Reconciled extends Settled {
  readonly rows: number;
  readonly matched: number;
  readonly adjusted: number;
  readonly exceptions: number;
}

interface RunOptions {
  readonly now: number;
  /** Rows settled since; by default as far back as books still move. */
  readonly from?: string;
  readonly settings?: ReconciliationSettings;
  readonly onProgress?: (rows: number) => void;
}

/** Rows of one transaction: bounded by the locks that one may hold. */
const PAGE = 2000;

export async function reconcile(pool: Pool, options: RunOptions): Promise<Reconciled> {
  const { now, settings = RECONCILIATION, onProgress } = options;
  const from = options.from ?? istDay(now - settings.compareDays * DAY_MS);
  let total: Reconciled = { rows: 0, matched: 0, adjusted: 0, exceptions: 0, ...NOTHING_SETTLED };
  for (const day of await daysToCompare(pool, from)) {
    for (let after: PageKey | null = null; ;) {
      const key = after;
      const page: Page = await inTransaction(pool, (client) => comparePage(client, day, key, settings, now));
      total = addPage(total, page);
      onProgress?.(total.rows);
      after = page.last;
      if (after === null) break;
    }
  }
  // Credits first: a payout that the bank has seen is not missing.
  const credits = await matchCredits(pool, settings.gatewayName, now);
  const absences = await findAbsences(pool, settings, now);
  return { ...total, ...addSettled(addSettled(total, credits), absences) };
}

/** And every day with a row that waits for somebody. */
async function daysToCompare(pool: Pool, from: string): Promise<string[]> {
  const { rows } = await pool.query<{ day: string }>(
    `SELECT settled_on AS day FROM settlement_days WHERE settled_on >= $1
     UNION SELECT happened_on FROM recon_exceptions WHERE status = 'open' AND starts_with(subject, 'row:')
     ORDER BY day`,
    [from],
  );
  return rows.map(({ day }) => day);
}

interface Judged {
  readonly pair: Pair;
  readonly verdict: Verdict;
}

interface Page {
  readonly judged: readonly Judged[];
  readonly settled: Settled;
  readonly last: PageKey | null;
}

async function comparePage(
  client: PoolClient,
  day: string,
  after: PageKey | null,
  settings: ReconciliationSettings,
  now: number,
): Promise<Page> {
  const read = judge(await readDay(client, day, after, PAGE), settings);
  const moving = read.filter(({ verdict }) => verdict.parts.length > 0).map(({ pair }) => pair);
  const locked = new Map<string, Judged>();
  if (moving.length > 0) {
    await lockSubjects(
      client,
      moving.flatMap(({ attemptId }) => attemptId ?? []),
    );
    for (const one of judge(await readRows(client, moving.map(keyOf)), settings))
      locked.set(subjectOf(one.pair), one);
  }
  const judged = read.map((one) => locked.get(subjectOf(one.pair)) ?? one);
  const settled = await settleJudged(client, judged, now);
  const end = read.at(-1)?.pair;
  return { judged, settled, last: end === undefined || read.length < PAGE ? null : keyOf(end) };
}

/** One row, after a person said something of it; the caller has locked it. */
export async function compareRow(client: PoolClient, key: PageKey, now: number): Promise<void> {
  await settleJudged(client, judge(await readRows(client, [key]), RECONCILIATION), now);
}

async function settleJudged(client: PoolClient, judged: readonly Judged[], now: number): Promise<Settled> {
  await writeVerdicts(client, judged);
  const findings = judged.map(toFinding);
  const subjects = findings.map(({ subject }) => subject);
  return settle(client, findings, await readStandings(client, subjects), now);
}

function judge(pairs: readonly Pair[], settings: ReconciliationSettings): Judged[] {
  return pairs.map((pair) => ({ pair, verdict: compare(pair.row, pair.books, settings) }));
}

function keyOf({ settlementId, row: { entityId } }: Pair): PageKey {
  return { settlementId, entityId };
}

function toFinding({ pair, verdict }: Judged): Finding {
  return {
    subject: subjectOf(pair),
    reason: verdict.outcome === 'exception' && isReason(verdict.reason) ? verdict.reason : null,
    differencePaise: verdict.differencePaise,
    currency: pair.row.currency,
    party: pair.party,
    occurredAt: pair.settledAt,
    happenedOn: pair.settledOn,
    paymentId: verdict.paymentId,
    parts: verdict.parts,
  };
}

function isReason(reason: string | null): reason is Reason {
  return reason !== null && reason in REASONS;
}

function addPage(total: Reconciled, { judged, settled }: Page): Reconciled {
  const count = (outcome: Verdict['outcome']): number =>
    judged.filter(({ verdict }) => verdict.outcome === outcome).length;
  return {
    ...addSettled(total, settled),
    rows: total.rows + judged.length,
    matched: total.matched + count('matched'),
    adjusted: total.adjusted + count('adjusted'),
    exceptions: total.exceptions + count('exception'),
  };
}
