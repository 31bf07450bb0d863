/**
 * Which kinds of treatment are dealt out among listed payers, so that their worth can be compared: the next night says for each payer
 * which. Without kinds whoever treats chooses, and only treating at all is measured.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { makeChange } from '../changes.js';
import { idSchema } from '../request.js';
import { KindSchema } from './treatments.js';

/** More arms than that and none has enough payers. */
const MOST_KINDS = 5;

export const AssignmentBody = Type.Object(
  {
    kinds: Type.Array(KindSchema, {
      maxItems: MOST_KINDS,
      uniqueItems: true,
      description: 'In equal parts; empty: nothing is dealt out.',
    }),
    actor: idSchema('Who decides so.'),
  },
  { additionalProperties: false },
);

/** Holds from the next night on; payers keep what earlier nights dealt them in the report. */
export function assignKinds(
  deps: { readonly pool: Pool; readonly clock: Clock },
  body: Static<typeof AssignmentBody>,
  key: string | null,
): Promise<{ kinds: string[] }> {
  return makeChange(deps, { key, request: ['churn-assignment', body] }, async (client, now) => {
    // In one order, whatever the caller's: the order decides who gets what.
    const kinds = [...body.kinds].sort();
    await client.query(
      'INSERT INTO churn_assignments (kinds, actor, at) VALUES ($1, $2, to_timestamp($3 / 1000.0))',
      [kinds, body.actor, now],
    );
    return { kinds };
  });
}

/** What the next night deals out. */
export async function assignedKinds(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ kinds: string[] }>(
    'SELECT kinds FROM churn_assignments ORDER BY assignment_id DESC LIMIT 1',
  );
  return rows[0]?.kinds ?? [];
}
