/**
 * What people did about a case and were told. A promise keeps everything still until its day is over; a dispute leaves the payer to
 * people until somebody takes the tag away. Recording twice under one key records once.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { dayOf, parseDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, idSchema, printable } from '../../scoring/request.js';
import { claimCommand } from '../payments/commands.js';
import { lockPayers } from './read.js';

const CONTACT_OUTCOMES = ['reached', 'no-answer', 'promised', 'disputed', 'refused', 'wrong-number'] as const;

/** A promise further ahead is a payment plan. */
const LONGEST_PROMISE_DAYS = 31;

export const ContactBody = Type.Object(
  {
    payerId: idSchema('Of the payer.'),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    actor: idSchema('Who got in touch.'),
    outcome: Type.Enum(CONTACT_OUTCOMES),
    promisedOn: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
        description: 'With `promised`: the last day, in India.',
      }),
    ),
    note: Type.Optional(printable(500, 'For people.')),
  },
  { additionalProperties: false },
);
export type ContactBody = Static<typeof ContactBody>;

const DISPUTED = 'disputed';

/** Answers the contact's id. @throws AppError `no-arrears`, `bad-promise`, `idempotency-key-reused`. */
export async function recordContact(
  pool: Pool,
  body: ContactBody,
  key: string,
  now: number,
): Promise<string> {
  requirePromise(body, now);
  return inTransaction(pool, async (client) => {
    await lockPayers(client, [body.payerId]);
    const contact = {
      kind: 'dunning-contact',
      key,
      bodyHash: bodyHash(body),
      subject: newId('dct', { now: () => now }),
    } as const;
    const { subject, isNew } = await claimCommand(client, contact, now);
    if (!isNew) return subject;
    const { rowCount } = await client.query(
      `INSERT INTO dunning_contacts (contact_id, episode_id, payer_id, actor, outcome, promised_on, note, contacted_at)
       SELECT $1, episode_id, payer_id, $4, $5, $6, $7, to_timestamp($8 / 1000.0) FROM dunning_episodes
       WHERE payer_id = $2 AND currency = $3 AND cleared_at IS NULL`,
      [
        subject,
        body.payerId,
        body.currency ?? 'INR',
        body.actor,
        body.outcome,
        body.promisedOn ?? null,
        body.note ?? null,
        now,
      ],
    );
    if (rowCount === 0)
      throw new AppError('not-found', 'no-arrears', `${body.payerId} is not in arrears: nothing to record`);
    if (body.outcome === DISPUTED)
      await client.query(
        `INSERT INTO dunning_payers AS p (payer_id, tags, changed_by, changed_at) VALUES ($1, ARRAY[$2], $3, to_timestamp($4 / 1000.0))
         ON CONFLICT (payer_id) DO UPDATE SET tags = array_append(array_remove(p.tags, $2), $2), changed_by = $3,
           changed_at = excluded.changed_at`,
        [body.payerId, DISPUTED, body.actor, now],
      );
    return subject;
  });
}

function requirePromise({ outcome, promisedOn }: ContactBody, now: number): void {
  const bad = (message: string): AppError => new AppError('bad-input', 'bad-promise', message);
  if ((outcome === 'promised') !== (promisedOn !== undefined))
    throw bad('promisedOn belongs to `promised`, and only there');
  if (promisedOn === undefined) return;
  const day = parseDay(promisedOn);
  const today = dayOf(now);
  if (day === null || day < today || day > today + LONGEST_PROMISE_DAYS)
    throw bad(`promisedOn must be a day from today on, at most ${LONGEST_PROMISE_DAYS} days ahead`);
}
