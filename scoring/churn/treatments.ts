/**
 * What was done to keep a payer: recorded once under the caller's key, never changed, withdrawn when it was a mistake. A payer of the
 * hold-out is refused, whoever asks: one call to him and the uplift report would measure something else than treatment.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { isHeldOut } from '../../models/uplift.js';
import { makeChange } from '../changes.js';
import { idSchema, instantSchema, nullable, occurredBy, printable, toInstant } from '../request.js';

/** A word rather than a list: whoever treats knows best what a treatment is. */
export const KindSchema = Type.String({
  minLength: 1,
  maxLength: 40,
  pattern: '^[a-z][a-z0-9-]*$',
  description: 'For instance `call`, `message`, `discount` or `new-mandate`.',
});

const Paise = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What it cost, in minor units of the currency: the discount given, the minutes of a call.',
});

export const TreatmentBody = Type.Object(
  {
    payerId: idSchema('Who was treated.'),
    subscriptionId: Type.Optional(idSchema('About which subscription; all of the payer if absent.')),
    kind: KindSchema,
    costPaise: Paise,
    treatedAt: Type.Optional(instantSchema('When, with a zone; the present if absent.')),
    actor: idSchema('Who treated.'),
    note: Type.Optional(printable(500, 'For people.')),
  },
  { additionalProperties: false },
);
type TreatmentBody = Static<typeof TreatmentBody>;

const Instant = Type.String({ format: 'date-time' });

export const Treatment = Type.Object({
  treatmentId: Type.String(),
  payerId: Type.String(),
  subscriptionId: nullable(Type.String()),
  kind: Type.String(),
  costPaise: Paise,
  currency: Type.String(),
  treatedAt: Instant,
  scoredAt: Type.String({ format: 'date-time', description: 'The newest night before it.' }),
  actor: Type.String(),
  note: nullable(Type.String()),
  recordedAt: Instant,
  withdrawn: nullable(Type.Object({ at: Instant, by: Type.String(), reason: Type.String() })),
});
type Treatment = Static<typeof Treatment>;

interface TreatmentDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/**
 * @throws AppError `held-out` for a payer who is to be left alone, `not-scored` for a payer or subscription that no night knows,
 * `treated-before-score` for a time before the first, `idempotency-key-reused`.
 */
export function recordTreatment(
  deps: TreatmentDeps,
  body: TreatmentBody,
  key: string | null,
): Promise<Treatment> {
  return makeChange(deps, { key, request: ['churn-treatment', body] }, async (client, now) => {
    const { payerId, subscriptionId = null, kind, costPaise, actor, note = null } = body;
    if (isHeldOut(payerId))
      throw new AppError(
        'conflict',
        'held-out',
        `${payerId} is in the permanent hold-out: leave the payer alone, or the worth of treatments cannot be measured`,
      );
    const treatedAt = occurredBy(toInstant(body.treatedAt, 'treatedAt'), now, 'treatedAt');
    const { scoredAt, currency } = await nightBefore(client, { payerId, subscriptionId, treatedAt });
    const treatmentId = newId('ctr', { now: () => now });
    await client.query(
      `INSERT INTO churn_treatments (treatment_id, payer_id, subscription_id, kind, treated_at, cost_paise, currency, scored_at,
         actor, note, recorded_at)
       VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6, $7, $8, $9, $10, to_timestamp($11 / 1000.0))`,
      [
        treatmentId,
        payerId,
        subscriptionId,
        kind,
        treatedAt,
        costPaise,
        currency,
        new Date(scoredAt),
        actor,
        note,
        now,
      ],
    );
    return {
      treatmentId,
      payerId,
      subscriptionId,
      kind,
      costPaise,
      currency,
      treatedAt: new Date(treatedAt).toISOString(),
      scoredAt: new Date(scoredAt).toISOString(),
      actor,
      note,
      recordedAt: new Date(now).toISOString(),
      withdrawn: null,
    };
  });
}

interface Scored {
  readonly payerId: string;
  readonly subscriptionId: string | null;
  readonly treatedAt: number;
}

/** The newest night that scored the payer, not after the treatment. */
async function nightBefore(
  client: PoolClient,
  { payerId, subscriptionId, treatedAt }: Scored,
): Promise<{ readonly scoredAt: number; readonly currency: string }> {
  const { rows } = await client.query<{ scoredAt: number; currency: string }>(
    `SELECT scored_at AS "scoredAt", currency FROM churn_scores
     WHERE payer_id = $1 AND coalesce($2, subscription_id) = subscription_id
     ORDER BY scored_at <= to_timestamp($3 / 1000.0) DESC, CASE WHEN scored_at <= to_timestamp($3 / 1000.0) THEN scored_at END DESC,
       scored_at, priority_paise DESC LIMIT 1`,
    [payerId, subscriptionId, treatedAt],
  );
  const night = rows[0];
  if (night === undefined) {
    const whose = subscriptionId === null ? payerId : `subscription ${subscriptionId} of ${payerId}`;
    throw new AppError(
      'not-found',
      'not-scored',
      `no night has scored ${whose}: look at GET /v1/reports/churn for who has been`,
    );
  }
  if (night.scoredAt <= treatedAt) return night;
  throw new AppError(
    'bad-input',
    'treated-before-score',
    `${payerId} was scored first at ${new Date(night.scoredAt).toISOString()}: a treatment before that answers no score`,
  );
}

export const WithdrawalBody = Type.Object(
  { actor: idSchema('Who withdraws it.'), reason: printable(500, 'Why it does not count.') },
  { additionalProperties: false },
);

/** It stays on record and counts no longer. Doing so again changes nothing. @throws AppError `no-such-treatment`. */
export function withdrawTreatment(
  deps: TreatmentDeps,
  { treatmentId, actor, reason }: Static<typeof WithdrawalBody> & { readonly treatmentId: string },
  key: string | null,
): Promise<Treatment> {
  const request = ['churn-withdrawal', treatmentId, actor, reason];
  return makeChange(deps, { key, request }, async (client, now) => {
    await client.query(
      `UPDATE churn_treatments SET withdrawn_at = to_timestamp($2 / 1000.0), withdrawn_by = $3, withdrawn_reason = $4
       WHERE treatment_id = $1 AND withdrawn_at IS NULL`,
      [treatmentId, now, actor, reason],
    );
    const [found] = await read(client, 'WHERE treatment_id = $1', [treatmentId]);
    if (found !== undefined) return found;
    throw new AppError('not-found', 'no-such-treatment', `there is no treatment ${treatmentId}`);
  });
}

export interface TreatmentQuery {
  readonly payerId: string | null;
  /** The last one of the page before. */
  readonly before: string | null;
  readonly limit: number;
}

/** As they were recorded, newest first, withdrawn ones too. */
export function treatments(pool: Pool, { payerId, before, limit }: TreatmentQuery): Promise<Treatment[]> {
  const where = `WHERE ($1::text IS NULL OR payer_id = $1) AND ($2::text IS NULL OR treatment_id < $2)
    ORDER BY treatment_id DESC LIMIT $3`;
  return read(pool, where, [payerId, before, limit]);
}

type Row = Omit<Treatment, 'treatedAt' | 'scoredAt' | 'recordedAt' | 'withdrawn'> & {
  readonly treatedAt: number;
  readonly scoredAt: number;
  readonly recordedAt: number;
  readonly withdrawnAt: number | null;
  readonly by: string;
  readonly reason: string;
};

async function read(db: Pool | PoolClient, where: string, parameters: unknown[]): Promise<Treatment[]> {
  const { rows } = await db.query<Row>(
    `SELECT treatment_id AS "treatmentId", payer_id AS "payerId", subscription_id AS "subscriptionId", kind,
       cost_paise::float8 AS "costPaise", currency, treated_at AS "treatedAt", scored_at AS "scoredAt", actor, note,
       recorded_at AS "recordedAt", withdrawn_at AS "withdrawnAt", withdrawn_by AS by, withdrawn_reason AS reason
     FROM churn_treatments ${where}`,
    parameters,
  );
  const iso = (at: number): string => new Date(at).toISOString();
  return rows.map(({ withdrawnAt, by, reason, ...row }) => ({
    ...row,
    treatedAt: iso(row.treatedAt),
    scoredAt: iso(row.scoredAt),
    recordedAt: iso(row.recordedAt),
    withdrawn: withdrawnAt === null ? null : { at: iso(withdrawnAt), by, reason },
  }));
}
