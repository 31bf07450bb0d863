/**
 * The situations of some payers, read in a few statements whatever their number. Only what was known at the instant counts where
 * that can be told apart: invoices due, scores made, steps sent by then. Whoever acts on them holds the payers' locks.
 */
import type { Pool, PoolClient } from 'pg';
import { declineCause } from '../../core/decline-reasons.js';
import type { PaymentMethod } from '../../core/decline-reasons.js';
import { DAY_MS, dayOf, parseDay } from '../../core/days.js';
import type { EstimateRecovery, RecoveryCase } from './recovery.js';
import { armOf } from './hold-out.js';
import { readDebts } from './read-debts.js';
import type { DebtRow } from './read-debts.js';
import type { Arm, Debt, Said, Situation } from './situation.js';
import { stepKey, weekBefore } from './suspensions.js';

/** An open episode. */
export interface Episode {
  readonly episodeId: string;
  readonly arm: Arm;
  readonly listedAt: number | null;
}

export interface Known {
  readonly episode: Episode | null;
  readonly situation: Situation;
}

/** Scores older than this say nothing of today. */
const SCORE_DAYS = 45;

/** Holds the payers until the transaction ends; whoever else plans or acts for them waits. */
export async function lockPayers(client: PoolClient, payerIds: readonly string[]): Promise<void> {
  await client.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('dunning ' || payer, 0))
     FROM (SELECT payer FROM unnest($1::text[]) AS given(payer) ORDER BY payer) AS ordered`,
    [payerIds],
  );
}

/** One for each payer and currency with an overdue debt or an open episode, by payer, then currency. */
export async function readSituations(
  db: Pool | PoolClient,
  payerIds: readonly string[],
  estimate: EstimateRecovery,
  now: number,
): Promise<Known[]> {
  // One after the other: a transaction has one connection.
  const debts = await readDebts(db, payerIds, now);
  const episodes = await readEpisodes(db, payerIds);
  const steps = await readSteps(db, payerIds, now);
  const payers = await readPayers(db, payerIds, now);
  const keys = new Map(
    [...debts, ...episodes].map(({ payerId, currency }) => [`${payerId} ${currency}`, { payerId, currency }]),
  );
  return [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { payerId, currency }]): Known => {
      const isOf = (row: { payerId: string; currency: string }) =>
        row.payerId === payerId && row.currency === currency;
      const episode = episodes.find(isOf) ?? null;
      const payer = payers.get(payerId);
      const own = steps.filter((step) => step.payerId === payerId);
      const isOfEpisode = (step: StepRow): boolean =>
        episode !== null && step.episodeId === episode.episodeId;
      const owed = debts.filter(isOf).map(toDebt);
      return {
        episode,
        situation: {
          payerId,
          currency,
          // An episode stays in the arm that it began in.
          arm: episode?.arm ?? armOf(payerId),
          tags: payer?.tags ?? [],
          debts: owed,
          churnProbability: payer?.churn ?? null,
          valuePaise: payer?.valuePaise ?? null,
          recovery: estimate(recoveryCase(owed, now)),
          said: own
            .filter(({ status }) => status === 'sent')
            .map((step): Said => ({ ...step, isOfEpisode: isOfEpisode(step) })),
          refused: new Set(own.filter((step) => step.status === 'blocked' && isOfEpisode(step)).map(stepKey)),
          withheld: new Set(payer?.withheld ?? []),
          running: payer?.running ?? [],
          promisedDay: parseDay(episode?.promisedOn ?? ''),
          lastContactAt: episode?.lastContactAt ?? null,
          plan: episode?.plan ?? 'none',
        },
      };
    });
}

function toDebt({ declineReason, declinedAt, declineMethod, ...row }: DebtRow): Debt {
  const context = {
    method: (declineMethod ?? 'unknown') as PaymentMethod | 'unknown',
    isRecurring: row.isDebited,
  };
  return {
    ...row,
    decline:
      declineReason === null
        ? null
        : { reason: declineReason, class: declineCause(declineReason, context).class, at: declinedAt ?? 0 },
  };
}

function recoveryCase(debts: readonly Debt[], now: number): RecoveryCase {
  const declines = debts.flatMap(({ decline }) => decline ?? []).sort((a, b) => b.at - a.at);
  return {
    class: declines[0]?.class ?? 'none',
    ageDays: debts[0] === undefined ? 0 : dayOf(now) - dayOf(debts[0].dueAt),
    owedPaise: debts.reduce((sum, { owedPaise }) => sum + owedPaise, 0n),
  };
}

interface EpisodeRow extends Episode {
  readonly payerId: string;
  readonly currency: string;
  readonly promisedOn: string | null;
  readonly lastContactAt: number | null;
  readonly plan: Situation['plan'];
}

async function readEpisodes(db: Pool | PoolClient, payerIds: readonly string[]): Promise<EpisodeRow[]> {
  const { rows } = await db.query<EpisodeRow>(
    `SELECT e.episode_id AS "episodeId", e.payer_id AS "payerId", e.currency, e.arm, e.listed_at AS "listedAt",
       (SELECT c.promised_on FROM dunning_contacts c WHERE c.episode_id = e.episode_id AND c.outcome = 'promised'
        ORDER BY c.contacted_at DESC, c.contact_id DESC LIMIT 1) AS "promisedOn",
       (SELECT max(c.contacted_at) FROM dunning_contacts c WHERE c.episode_id = e.episode_id) AS "lastContactAt",
       coalesce((SELECT CASE WHEN o.status = 'accepted' THEN 'kept' ELSE 'offered-before' END
        FROM dunning_offers o WHERE o.episode_id = e.episode_id), 'none') AS plan
     FROM dunning_episodes e WHERE e.payer_id = ANY($1) AND e.cleared_at IS NULL`,
    [payerIds],
  );
  return rows;
}

interface StepRow extends Omit<Said, 'isOfEpisode'> {
  readonly payerId: string;
  readonly episodeId: string;
  readonly status: 'sent' | 'blocked';
}

async function readSteps(
  db: Pool | PoolClient,
  payerIds: readonly string[],
  now: number,
): Promise<StepRow[]> {
  const { rows } = await db.query<StepRow>(
    `SELECT payer_id AS "payerId", episode_id AS "episodeId", s.stage, kind, subscription_id AS "subscriptionId",
       invoice_id AS "invoiceId", s.status, done_at AS at
     FROM dunning_steps s JOIN dunning_episodes e USING (episode_id, payer_id)
     WHERE payer_id = ANY($1) AND s.status IN ('sent', 'blocked')
       AND (e.cleared_at IS NULL OR done_at > to_timestamp($2 / 1000.0))`,
    [payerIds, weekBefore(now)],
  );
  return rows;
}

interface PayerRow {
  readonly payerId: string;
  readonly tags: string[] | null;
  readonly churn: number | null;
  readonly valuePaise: bigint | null;
  readonly withheld: string[];
  readonly running: string[];
}

/** Of churn the voluntary part: who lapses for want of money is whom dunning is for. */
async function readPayers(
  db: Pool | PoolClient,
  payerIds: readonly string[],
  now: number,
): Promise<Map<string, PayerRow>> {
  const { rows } = await db.query<PayerRow>(
    `SELECT given.payer_id AS "payerId", p.tags, night.churn, night.value::bigint AS "valuePaise",
       ARRAY(SELECT subscription_id FROM dunning_effects WHERE payer_id = given.payer_id AND lifted_at IS NULL) AS withheld,
       ARRAY(SELECT subscription_id FROM subscriptions WHERE payer_id = given.payer_id AND status IN ('active', 'past_due')
         ORDER BY subscription_id) AS running
     FROM unnest($1::text[]) AS given(payer_id) LEFT JOIN dunning_payers p USING (payer_id)
     LEFT JOIN LATERAL (
       SELECT max(voluntary) AS churn, sum(value_paise) AS value FROM churn_scores c
       WHERE c.payer_id = given.payer_id AND scored_at = (
         SELECT max(scored_at) FROM churn_scores n WHERE n.payer_id = given.payer_id
           AND scored_at BETWEEN to_timestamp($2 / 1000.0) AND to_timestamp($3 / 1000.0))) AS night ON true`,
    [payerIds, now - SCORE_DAYS * DAY_MS, now],
  );
  return new Map(rows.map((row) => [row.payerId, row]));
}
