/**
 * One look at everybody in arrears: the state of each payer is computed anew and written to the episode, what has become due is
 * written down as steps that others take (act.ts), what is no longer called for is withdrawn. Payers are taken in batches by id, each
 * batch in one transaction under the payers' locks, so a run that dies is simply run again and two at once do no harm.
 */
import type { Pool, PoolClient } from 'pg';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import { inTransaction } from '../../core/transaction.js';
import { publishEvent } from '../notices/publish.js';
import { activeCampaign } from './campaigns.js';
import type { NumberedCampaign } from './campaigns.js';
import { liftSettled } from './lift.js';
import { settlePlans } from './offers.js';
import { lockPayers, readSituations } from './read.js';
import type { Episode, Known } from './read.js';
import { learnRecovery } from './learn-recovery.js';
import type { EstimateRecovery } from './recovery.js';
import type { Situation } from './situation.js';
import { dunningState } from './state.js';
import type { DunningState, StepDue } from './state.js';
import { stepKey } from './suspensions.js';

export interface DunningRun {
  /** Payers and currencies looked at. */
  readonly looked: number;
  readonly cleared: number;
  /** New steps, by kind. */
  readonly steps: Readonly<Record<string, number>>;
  readonly stages: Readonly<Record<string, number>>;
  readonly waits: Readonly<Record<string, number>>;
  readonly listed: number;
}

export interface PlanSettings {
  /** The instant that counts as the present, UTC epoch milliseconds. */
  readonly at: number;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

const PAYERS_AT_ONCE = 200;

export async function planDunning(pool: Pool, settings: PlanSettings): Promise<DunningRun> {
  const tally = newTally();
  const campaign = await activeCampaign(pool);
  const estimate = await learnRecovery(pool, settings.at);
  const total = settings.onProgress === undefined ? 0 : await countPayers(pool, settings.at);
  let [after, done] = ['', 0];
  for (;;) {
    const payerIds = await nextPayers(pool, after, settings.at);
    const last = payerIds.at(-1);
    if (last === undefined) return tally.run();
    await planPayers(pool, payerIds, { ...settings, campaign, estimate, tally });
    done += payerIds.length;
    settings.onProgress?.(done, Math.max(done, total));
    after = last;
  }
}

/** Those in arrears and those with an open episode, by id. */
async function nextPayers(pool: Pool, after: string, at: number): Promise<string[]> {
  const { rows } = await pool.query<{ payer_id: string }>(
    `(SELECT DISTINCT payer_id FROM invoices WHERE status = 'open' AND payer_id > $1 AND due_at <= to_timestamp($2 / 1000.0)
       ORDER BY payer_id LIMIT $3)
     UNION
     (SELECT DISTINCT payer_id FROM dunning_episodes WHERE cleared_at IS NULL AND payer_id > $1 ORDER BY payer_id LIMIT $3)
     ORDER BY payer_id LIMIT $3`,
    [after, at, PAYERS_AT_ONCE],
  );
  return rows.map((row) => row.payer_id);
}

async function countPayers(pool: Pool, at: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT payer_id FROM invoices WHERE status = 'open' AND due_at <= to_timestamp($1 / 1000.0)
       UNION SELECT payer_id FROM dunning_episodes WHERE cleared_at IS NULL) AS payers`,
    [at],
  );
  return rows[0]?.count ?? 0;
}

interface Planning extends PlanSettings {
  readonly campaign: NumberedCampaign;
  readonly estimate: EstimateRecovery;
  readonly tally: Tally;
}

/** Looks at these alone, for instance when they have paid. */
export async function replan(pool: Pool, payerIds: readonly string[], at: number): Promise<DunningRun> {
  const tally = newTally();
  const campaign = await activeCampaign(pool);
  const estimate = await learnRecovery(pool, at);
  await planPayers(pool, payerIds, { at, dryRun: false, campaign, estimate, tally });
  return tally.run();
}

async function planPayers(pool: Pool, payerIds: readonly string[], planning: Planning): Promise<void> {
  const { at, dryRun, campaign, estimate, tally } = planning;
  const look = (known: readonly Known[]): Looked[] =>
    known.map(({ episode, situation }) => ({
      episodeId: episode?.episodeId ?? newId('dun', { now: () => at }),
      episode,
      situation,
      state: dunningState(situation, campaign.campaign, at),
    }));
  if (dryRun) {
    for (const looked of look(await readSituations(pool, payerIds, estimate, at)))
      tally.add(looked, looked.state.steps);
    return;
  }
  const counted = await inTransaction(pool, async (client) => {
    await lockPayers(client, payerIds);
    await settlePlans(client, payerIds, campaign.campaign.plan.graceDays, at);
    const looked = look(await readSituations(client, payerIds, estimate, at));
    await writeEpisodes(client, looked, campaign.version, at);
    await clearEpisodes(client, looked, at);
    await liftSettled(client, payerIds, at);
    return writeSteps(client, looked, campaign.version, at);
  });
  for (const { looked, steps } of counted) tally.add(looked, steps);
}

interface Looked {
  readonly episodeId: string;
  readonly episode: Episode | null;
  readonly situation: Situation;
  readonly state: DunningState;
}

function isClear({ state }: Looked): boolean {
  return state.stage === 'clear';
}

async function writeEpisodes(
  client: PoolClient,
  all: readonly Looked[],
  version: number,
  at: number,
): Promise<void> {
  const rows = all.filter((looked) => !isClear(looked)).map(episodeRow);
  const { rows: changed } = await client.query<{
    episode_id: string;
    payer_id: string;
    stage: string;
    owed_paise: bigint;
  }>(
    `WITH given AS (
       SELECT g.*, to_timestamp(oldest_due / 1000.0) AS oldest_due_at FROM json_to_recordset($1) AS g(episode_id text, payer_id text,
         currency text, arm text, stage text, waits_for text, reasons json, oldest_due float8, owed_paise bigint, invoices integer,
         decline_reason text, decline_class text, churn float8, value_paise bigint, recovery float8, if_contacted float8,
         gain_paise bigint, cost_paise bigint, is_listed boolean, age_days integer)),
     before AS (SELECT episode_id, stage FROM dunning_episodes WHERE episode_id IN (SELECT episode_id FROM given)),
     written AS (
       INSERT INTO dunning_episodes AS kept (episode_id, payer_id, currency, arm, started_at, first_owed_paise, opened_at, computed_at,
         campaign, stage, waits_for, reasons, oldest_due_at, owed_paise, invoices, decline_reason, decline_class, churn_probability,
         value_paise, recovery, recovery_if_contacted, gain_paise, cost_paise, is_listed, listed_at, listed_class, listed_age_days,
         listed_owed_paise)
       SELECT episode_id, payer_id, currency, arm, oldest_due_at, owed_paise, to_timestamp($3 / 1000.0), to_timestamp($3 / 1000.0),
         $2, stage, waits_for, reasons, oldest_due_at, owed_paise, invoices, decline_reason, decline_class, churn, value_paise,
         recovery, if_contacted, gain_paise, cost_paise, is_listed, ${LISTED.map((value) => `CASE WHEN is_listed THEN ${value} END`).join(', ')}
       FROM given
       ON CONFLICT (episode_id) DO UPDATE SET computed_at = excluded.computed_at, campaign = excluded.campaign, stage = excluded.stage,
         waits_for = excluded.waits_for, reasons = excluded.reasons, oldest_due_at = excluded.oldest_due_at,
         owed_paise = excluded.owed_paise, invoices = excluded.invoices, decline_reason = excluded.decline_reason,
         decline_class = excluded.decline_class, churn_probability = excluded.churn_probability, value_paise = excluded.value_paise,
         recovery = excluded.recovery, recovery_if_contacted = excluded.recovery_if_contacted, gain_paise = excluded.gain_paise,
         cost_paise = excluded.cost_paise, is_listed = excluded.is_listed,
         listed_at = coalesce(kept.listed_at, excluded.listed_at), listed_class = coalesce(kept.listed_class, excluded.listed_class),
         listed_age_days = coalesce(kept.listed_age_days, excluded.listed_age_days),
         listed_owed_paise = coalesce(kept.listed_owed_paise, excluded.listed_owed_paise)
       RETURNING episode_id, payer_id, stage, owed_paise)
     SELECT w.* FROM written w LEFT JOIN before b USING (episode_id) WHERE b.stage IS DISTINCT FROM w.stage`,
    [jsonRows(rows), version, at],
  );
  for (const { episode_id: episodeId, payer_id: payerId, stage, owed_paise: owedPaise } of changed)
    await publishStage(client, { episodeId, payerId, stage, owedPaise }, at);
}

/** What a case was like when a contact first became due. */
const LISTED = ['to_timestamp($3 / 1000.0)', 'decline_class', 'age_days', 'owed_paise'];

function episodeRow({ episodeId, situation, state }: Looked) {
  return {
    episode_id: episodeId,
    payer_id: situation.payerId,
    currency: situation.currency,
    arm: situation.arm,
    stage: state.stage,
    waits_for: state.waitsFor,
    reasons: state.reasons,
    oldest_due: state.oldestDueAt,
    owed_paise: state.owedPaise,
    invoices: state.invoices,
    decline_reason: state.declineReason,
    decline_class: state.declineClass,
    churn: situation.churnProbability,
    value_paise: situation.valuePaise,
    recovery: situation.recovery.probability,
    if_contacted: situation.recovery.ifContacted,
    gain_paise: state.gainPaise,
    cost_paise: state.costPaise,
    is_listed: state.isListed,
    age_days: state.ageDays,
  };
}

interface StageChange {
  readonly episodeId: string;
  readonly payerId: string;
  readonly stage: string;
  readonly owedPaise: bigint;
}

async function publishStage(client: PoolClient, change: StageChange, at: number): Promise<void> {
  const key = `dunning:${change.episodeId}:${change.stage}:${at}`;
  await publishEvent(client, { key, topic: 'dunning.changed', payload: { ...change } }, at);
}

/** In one hop from whatever stage: nothing is owed any more, or nobody asks for it. */
async function clearEpisodes(client: PoolClient, all: readonly Looked[], at: number): Promise<void> {
  const ids = all
    .filter((looked) => looked.episode !== null && isClear(looked))
    .map(({ episodeId }) => episodeId);
  if (ids.length === 0) return;
  const { rows } = await client.query<{ episodeId: string; payerId: string }>(
    `UPDATE dunning_episodes e SET cleared_at = to_timestamp($2 / 1000.0), computed_at = to_timestamp($2 / 1000.0), stage = 'clear',
       waits_for = NULL, owed_paise = 0, invoices = 0, is_listed = false,
       cleared_by = CASE WHEN EXISTS (SELECT FROM invoices i WHERE i.payer_id = e.payer_id AND i.currency = e.currency
         AND i.paid_at >= e.started_at) THEN 'paid' ELSE 'set-aside' END
     WHERE episode_id = ANY($1) RETURNING episode_id AS "episodeId", payer_id AS "payerId"`,
    [ids, at],
  );
  for (const one of rows) await publishStage(client, { ...one, stage: 'clear', owedPaise: 0n }, at);
}

/** Withdraws what waits and is not called for any more; answers what is new. */
async function writeSteps(client: PoolClient, all: readonly Looked[], version: number, at: number) {
  const wanted = all.flatMap(({ episodeId, situation, state }) =>
    state.steps.map((step) => stepRow({ episodeId, situation, state, step, at })),
  );
  await client.query(
    `UPDATE dunning_steps s SET status = 'withdrawn', note = 'no longer called for', done_at = to_timestamp($3 / 1000.0)
     WHERE status = 'due' AND episode_id = ANY($1) AND NOT EXISTS (
       SELECT FROM json_to_recordset($2) AS w(episode_id text, stage text, kind text, subscription_id text, invoice_id text)
       WHERE w.episode_id = s.episode_id AND w.stage = s.stage AND w.kind = s.kind
         AND w.subscription_id = s.subscription_id AND w.invoice_id = s.invoice_id)`,
    [all.map(({ episodeId }) => episodeId), jsonRows(wanted), at],
  );
  const { rows } = await client.query<Parameters<typeof stepKey>[0] & { episodeId: string }>(
    `INSERT INTO dunning_steps (step_id, episode_id, payer_id, stage, kind, subscription_id, invoice_id, status, channels, tone,
       campaign, arm, owed_paise, currency, retry_of, named_at, created_at)
     SELECT step_id, episode_id, payer_id, stage, kind, subscription_id, invoice_id, 'due', channels, tone, $2, arm, owed_paise,
       currency, retry_of, to_timestamp(named / 1000.0), to_timestamp($3 / 1000.0)
     FROM json_to_recordset($1) AS w(step_id text, episode_id text, payer_id text, stage text, kind text, subscription_id text,
       invoice_id text, channels text[], tone text, arm text, owed_paise bigint, currency text, retry_of text, named float8)
     ON CONFLICT DO NOTHING
     RETURNING episode_id AS "episodeId", stage, kind, subscription_id AS "subscriptionId", invoice_id AS "invoiceId"`,
    [jsonRows(wanted), version, at],
  );
  return all.map((looked) => {
    const isNew = (step: StepDue): boolean =>
      rows.some((row) => row.episodeId === looked.episodeId && stepKey(row) === stepKey(step));
    return { looked, steps: looked.state.steps.filter(isNew) };
  });
}

function stepRow({
  episodeId,
  situation,
  state,
  step,
  at,
}: Omit<Looked, 'episode'> & { step: StepDue; at: number }) {
  return {
    step_id: newId('dst', { now: () => at }),
    episode_id: episodeId,
    payer_id: situation.payerId,
    stage: step.stage,
    kind: step.kind,
    subscription_id: step.subscriptionId,
    invoice_id: step.invoiceId,
    channels: step.channels,
    tone: step.tone,
    arm: situation.arm,
    owed_paise: state.owedPaise,
    currency: situation.currency,
    retry_of: state.firstPaymentId,
    named: step.namedAt,
  };
}

interface Tally {
  add(looked: Looked, steps: readonly StepDue[]): void;
  run(): DunningRun;
}

function newTally(): Tally {
  const counts = {
    steps: new Map<string, number>(),
    stages: new Map<string, number>(),
    waits: new Map<string, number>(),
  };
  let [looked, cleared, listed] = [0, 0, 0];
  const count = (of: keyof typeof counts, name: string): void => {
    counts[of].set(name, (counts[of].get(name) ?? 0) + 1);
  };
  return {
    add: (one, steps) => {
      looked += 1;
      if (isClear(one)) cleared += 1;
      else count('stages', one.state.stage);
      if (one.state.isListed && one.situation.arm === 'campaign') listed += 1;
      if (one.state.waitsFor !== null) count('waits', one.state.waitsFor);
      for (const { kind } of steps) count('steps', kind);
    },
    run: () => ({
      looked,
      cleared,
      steps: Object.fromEntries(counts.steps),
      stages: Object.fromEntries(counts.stages),
      waits: Object.fromEntries(counts.waits),
      listed,
    }),
  };
}
