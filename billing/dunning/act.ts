/**
 * Takes the steps that are due, each once: the gate decides (only what it allows is a step; the rest is kept with its reasons),
 * then, under the payer's lock, the situation is looked at again and the step is taken only if it is still called for: the message
 * is posted and what is withheld is withheld in the transaction that marks the step. A crash anywhere leaves the step due, and the
 * gate answers a repeat as it did before.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { DAY_MS, dayOf } from '../../core/days.js';
import { errorText } from '../../core/error-text.js';
import { AppError } from '../../core/errors.js';
import { jsonRows } from '../../core/json-rows.js';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import type { Decide } from '../../scoring/decide.js';
import type { Answer, DecisionBody } from '../../scoring/request.js';
import { postNotice } from '../notices/post.js';
import { moveSubscription } from '../subscriptions/move.js';
import { lockSubscription } from '../subscriptions/subscription.js';
import { canMove } from '../subscriptions/states.js';
import type { Campaign, Channel, Tone } from './campaign.js';
import { activeCampaign } from './campaigns.js';
import { learnRecovery } from './learn-recovery.js';
import { messageOf, wantsLink } from './message.js';
import { partsOf } from './parts.js';
import type { Part } from './parts.js';
import { lockPayers, readSituations } from './read.js';
import type { EstimateRecovery } from './recovery.js';
import type { Debt, Situation } from './situation.js';
import { chased, dunningState } from './state.js';
import type { StepKind } from './state.js';
import { stepKey } from './suspensions.js';

/** What a link is for. */
export interface PayLink {
  readonly payerId: string;
  readonly invoiceId: string;
  readonly owedPaise: bigint;
  readonly currency: string;
}

export interface ActDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly decide: Decide;
  /** Where the payer can pay the invoice, the same for the same debt; null when nobody takes payments in this run. */
  readonly linkTo: ((debt: PayLink) => Promise<string | null>) | null;
}

/** Steps of one turn: the next turn goes on. */
const STEPS_AT_ONCE = 500;

/** Answers how many steps were taken, blocked or withdrawn. One that fails stays due and does not stop the others. */
export async function takeSteps(deps: ActDeps): Promise<number> {
  const { rows } = await deps.pool.query<{ step_id: string }>(
    `SELECT step_id FROM dunning_steps WHERE status = 'due' ORDER BY step_id LIMIT ${STEPS_AT_ONCE}`,
  );
  if (rows.length === 0) return 0;
  const { campaign } = await activeCampaign(deps.pool);
  const estimate = await learnRecovery(deps.pool, deps.clock.now());
  let done = 0;
  for (const { step_id: stepId } of rows) {
    try {
      if (await takeStep(deps, stepId, { campaign, estimate })) done += 1;
    } catch (error) {
      deps.log.warn({
        event: 'dunning-step-failed',
        stepId,
        reason: errorText(error),
      });
    }
  }
  return done;
}

interface Rules {
  readonly campaign: Campaign;
  readonly estimate: EstimateRecovery;
}

interface StepRow {
  readonly stepId: string;
  readonly episodeId: string;
  readonly payerId: string;
  readonly stage: string;
  readonly kind: StepKind;
  readonly subscriptionId: string;
  readonly invoiceId: string;
  readonly channels: readonly Channel[];
  readonly tone: Tone;
  readonly owedPaise: bigint;
  readonly currency: string;
  readonly retryOf: string | null;
  readonly namedAt: number | null;
}

const SELECT = `
  SELECT step_id AS "stepId", episode_id AS "episodeId", payer_id AS "payerId", stage, kind, subscription_id AS "subscriptionId",
    invoice_id AS "invoiceId", channels, tone, owed_paise AS "owedPaise", currency, retry_of AS "retryOf", named_at AS "namedAt"
  FROM dunning_steps WHERE step_id = $1 AND status = 'due'`;

/** False when somebody else has taken it. */
async function takeStep(deps: ActDeps, stepId: string, rules: Rules): Promise<boolean> {
  const { rows } = await deps.pool.query<StepRow>(SELECT, [stepId]);
  const [step] = rows;
  if (step === undefined) return false;
  const answer = await deps.decide(decisionBody(step), null);
  const payUrl = answer.action !== 'allow' ? null : await payUrlOf(deps, step, rules);
  const now = deps.clock.now();
  return inTransaction(deps.pool, async (client) => {
    await lockPayers(client, [step.payerId]);
    const { rowCount } = await client.query(SELECT, [stepId]);
    if (rowCount === 0) return false;
    if (answer.action !== 'allow') {
      await close(client, step, { status: 'blocked', answer, note: null }, now);
      return true;
    }
    const situation = await situationOf(client, step, rules, now);
    if (situation === null || !isStillDue(situation, step, rules, now)) {
      await close(client, step, { status: 'withdrawn', answer, note: 'no longer called for' }, now);
      return true;
    }
    const isDone = await perform(client, { step, situation, payUrl, campaign: rules.campaign }, now);
    const end = isDone
      ? { status: 'sent' as const, note: null }
      : { status: 'withdrawn' as const, note: 'nothing to withhold' };
    await close(client, step, { ...end, answer }, now);
    return true;
  });
}

/** The same for the same step, so that the gate knows it again. */
function decisionBody({ stepId, payerId, owedPaise, currency, retryOf }: StepRow): DecisionBody {
  return {
    paymentId: stepId,
    kind: 'dunning',
    ...(retryOf === null ? {} : { retryOf }),
    payerId,
    amountPaise: Number(owedPaise),
    currency,
  };
}

async function situationOf(
  db: Pool | PoolClient,
  { payerId, currency, episodeId }: StepRow,
  { estimate }: Rules,
  now: number,
): Promise<Situation | null> {
  const known = await readSituations(db, [payerId], estimate, now);
  const own = known.find(
    ({ situation, episode }) => situation.currency === currency && episode?.episodeId === episodeId,
  );
  return own?.situation ?? null;
}

function isStillDue(situation: Situation, step: StepRow, { campaign }: Rules, now: number): boolean {
  return dunningState(situation, campaign, now).steps.some((wanted) => stepKey(wanted) === stepKey(step));
}

function oldestDebt({ debts }: Situation): Debt | undefined {
  return chased(debts)[0];
}

/** A link that cannot be had for good (paid meanwhile, refused) is left out; one that cannot be had now makes the step wait. */
async function payUrlOf(
  { linkTo, pool, clock }: ActDeps,
  step: StepRow,
  rules: Rules,
): Promise<string | null> {
  if (linkTo === null || !wantsLink(step.kind)) return null;
  const situation = await situationOf(pool, step, rules, clock.now());
  const debt = situation === null ? undefined : oldestDebt(situation);
  if (debt === undefined) return null;
  const { payerId, currency } = step;
  try {
    return await linkTo({ payerId, currency, invoiceId: debt.invoiceId, owedPaise: debt.owedPaise });
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return null;
    throw error;
  }
}

interface Performance {
  readonly step: StepRow;
  readonly situation: Situation;
  readonly payUrl: string | null;
  readonly campaign: Campaign;
}

/** False when there was nothing to do. */
async function perform(
  client: PoolClient,
  { step, situation, payUrl, campaign }: Performance,
  now: number,
): Promise<boolean> {
  if (step.kind === 'suspension' && !(await suspend(client, step, now))) return false;
  const offer =
    step.kind === 'plan-offer' ? await makeOffer(client, step, { situation, campaign }, now) : null;
  const dueAt = oldestDebt(situation)?.dueAt ?? now;
  const message = messageOf({ ...step, dueAt, payUrl }, offer);
  for (const channel of step.channels)
    await postNotice(
      client,
      {
        key: `dunning:${step.stepId}:${channel}`,
        payerId: step.payerId,
        channel,
        topic: 'dunning',
        ...message,
      },
      now,
    );
  return true;
}

/** False when there is nothing to withhold any more. Whom it is for is only written down, never told or scored. */
async function suspend(client: PoolClient, step: StepRow, now: number): Promise<boolean> {
  let subscription = await lockSubscription(client, step.subscriptionId);
  const move = (event: 'fall-due' | 'suspend') => ({
    event,
    actor: 'dunning',
    detail: { invoiceId: step.invoiceId, stepId: step.stepId },
    occurredAt: now,
  });
  // One that is stopped for a sibling's debt owes nothing itself.
  if (canMove(subscription, 'fall-due'))
    subscription = await moveSubscription(client, subscription, move('fall-due'), now);
  if (!canMove(subscription, 'suspend')) return false;
  await moveSubscription(client, subscription, move('suspend'), now);
  await client.query(
    `INSERT INTO dunning_effects (step_id, subscription_id, payer_id, beneficiary, suspended_at)
     SELECT $1, subscription_id, payer_id, beneficiary, to_timestamp($3 / 1000.0) FROM subscriptions WHERE subscription_id = $2`,
    [step.stepId, step.subscriptionId, now],
  );
  return true;
}

async function makeOffer(
  client: PoolClient,
  step: StepRow,
  { situation, campaign: { plan } }: Pick<Performance, 'situation' | 'campaign'>,
  now: number,
): Promise<{ readonly parts: readonly Part[]; readonly lapsesAt: number }> {
  const debts = chased(situation.debts);
  const totalPaise = debts.reduce((sum, { owedPaise }) => sum + owedPaise, 0n);
  const parts = partsOf(totalPaise, plan, dayOf(now));
  const lapsesAt = now + plan.openDays * DAY_MS;
  await client.query(
    `INSERT INTO dunning_offers (offer_id, episode_id, payer_id, currency, status, total_paise, invoice_ids, parts, offered_at,
       lapses_at, changed_at)
     VALUES ($1, $2, $3, $4, 'offered', $5, $6, $7, to_timestamp($8 / 1000.0), to_timestamp($9 / 1000.0), to_timestamp($8 / 1000.0))`,
    [
      step.stepId,
      step.episodeId,
      step.payerId,
      step.currency,
      totalPaise,
      debts.map(({ invoiceId }) => invoiceId),
      jsonRows(parts),
      now,
      lapsesAt,
    ],
  );
  return { parts, lapsesAt };
}

interface End {
  readonly status: 'sent' | 'blocked' | 'withdrawn';
  readonly answer: Answer;
  readonly note: string | null;
}

async function close(
  client: PoolClient,
  { stepId }: StepRow,
  { status, answer, note }: End,
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE dunning_steps SET status = $2, decision_id = $3, action = $4, gate_reasons = $5, note = $6,
       done_at = to_timestamp($7 / 1000.0)
     WHERE step_id = $1`,
    [stepId, status, answer.decisionId, answer.action, JSON.stringify(answer.reasons), note, now],
  );
}
