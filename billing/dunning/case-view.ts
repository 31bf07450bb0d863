/** One payer's case as people see it: where it stands, what was said and refused, what is withheld, offered and noted. */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { nullable } from '../../scoring/request.js';
import { offersOf } from './offers.js';
import type { Offer } from './offers.js';

const Instant = Type.String({ format: 'date-time' });
const Paise = Type.Integer({ description: 'Minor units of the currency.' });

export const OfferView = Type.Object({
  offerId: Type.String(),
  payerId: Type.String(),
  currency: Type.String(),
  status: Type.String(),
  totalPaise: Paise,
  invoiceIds: Type.Array(Type.String()),
  parts: Type.Array(Type.Object({ dueOn: Type.String(), amountPaise: Paise })),
  offeredAt: Instant,
  lapsesAt: Instant,
});
type OfferView = Static<typeof OfferView>;

const EpisodeView = Type.Object({
  episodeId: Type.String(),
  currency: Type.String(),
  arm: Type.String(),
  stage: Type.String(),
  waitsFor: nullable(Type.String()),
  reasons: Type.Array(Type.String()),
  owedPaise: Paise,
  invoices: Type.Integer(),
  declineReason: nullable(Type.String()),
  recovery: Type.Number(),
  recoveryIfContacted: Type.Number(),
  isListed: Type.Boolean(),
  openedAt: Instant,
  clearedAt: nullable(Instant),
  clearedBy: nullable(Type.String()),
});

const StepView = Type.Object({
  stepId: Type.String(),
  stage: Type.String(),
  kind: Type.String(),
  subscriptionId: Type.String(),
  status: Type.String(),
  tone: Type.String(),
  channels: Type.Array(Type.String()),
  decisionId: nullable(Type.String()),
  action: nullable(Type.String()),
  gateReasons: Type.Unknown({ description: 'What the gate said.' }),
  note: nullable(Type.String()),
  createdAt: Instant,
  doneAt: nullable(Instant),
});

export const CaseView = Type.Object({
  payerId: Type.String(),
  tags: Type.Array(Type.String()),
  episodes: Type.Array(EpisodeView, { description: 'Newest first.' }),
  steps: Type.Array(StepView, { description: 'Newest first.' }),
  withheld: Type.Array(Type.Object({ subscriptionId: Type.String(), suspendedAt: Instant })),
  offers: Type.Array(OfferView),
});
export type CaseView = Static<typeof CaseView>;

const MOST_EPISODES = 20;
const MOST_STEPS = 100;

export async function readCase(pool: Pool, payerId: string): Promise<CaseView> {
  const [payer, episodes, steps, withheld, offers] = await Promise.all([
    pool.query<{ tags: string[] }>('SELECT tags FROM dunning_payers WHERE payer_id = $1', [payerId]),
    pool.query(
      `SELECT episode_id AS "episodeId", currency, arm, stage, waits_for AS "waitsFor", reasons, owed_paise::float8 AS "owedPaise",
         invoices, decline_reason AS "declineReason", recovery, recovery_if_contacted AS "recoveryIfContacted",
         is_listed AS "isListed", opened_at AS "openedAt", cleared_at AS "clearedAt", cleared_by AS "clearedBy"
       FROM dunning_episodes WHERE payer_id = $1 ORDER BY opened_at DESC, episode_id LIMIT ${MOST_EPISODES}`,
      [payerId],
    ),
    pool.query(
      `SELECT step_id AS "stepId", stage, kind, subscription_id AS "subscriptionId", status, tone, channels,
         decision_id AS "decisionId", action, gate_reasons AS "gateReasons", note, created_at AS "createdAt", done_at AS "doneAt"
       FROM dunning_steps WHERE payer_id = $1 ORDER BY created_at DESC, step_id DESC LIMIT ${MOST_STEPS}`,
      [payerId],
    ),
    pool.query(
      `SELECT subscription_id AS "subscriptionId", suspended_at AS "suspendedAt" FROM dunning_effects
       WHERE payer_id = $1 AND lifted_at IS NULL ORDER BY subscription_id`,
      [payerId],
    ),
    offersOf(pool, payerId),
  ]);
  return {
    payerId,
    tags: payer.rows[0]?.tags ?? [],
    episodes: episodes.rows.map(withInstants) as CaseView['episodes'],
    steps: steps.rows.map(withInstants) as CaseView['steps'],
    withheld: withheld.rows.map(withInstants) as CaseView['withheld'],
    offers: offers.map(viewOffer),
  };
}

export function viewOffer({ decidedAt: _decided, ...offer }: Offer): OfferView {
  return {
    ...offer,
    totalPaise: Number(offer.totalPaise),
    invoiceIds: [...offer.invoiceIds],
    parts: offer.parts.map(({ dueOn, amountPaise }) => ({ dueOn, amountPaise: Number(amountPaise) })),
    offeredAt: new Date(offer.offeredAt).toISOString(),
    lapsesAt: new Date(offer.lapsesAt).toISOString(),
  };
}

/** Instants arrive as epoch milliseconds and leave as text. */
function withInstants(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name.endsWith('At') && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  );
}
