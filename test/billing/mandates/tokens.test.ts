import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applySightings } from '../../../billing/payments/apply.js';
import { seededRandom } from '../../../core/random.js';
import { inTransaction } from '../../../core/transaction.js';
import { readSighting } from '../../../ingest/webhooks/sighting.js';
import type { Sighting, TokenEvent } from '../../../ingest/webhooks/sighting.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { CREATED_AT, seenPayment } from '../../support/sightings.js';

const NOW = CREATED_AT + 86_400_000;
const ORDERS = 40;
let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

/** A mandate whose authorisation is `order_<name>`, put before the payer. */
async function pending(name: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO payments (payment_id, order_id, origin, status, amount_paise, currency, payer_id, created_at, changed_at)
     VALUES ('pmt_' || $1::text, 'order_' || $1, 'api', 'created', 100, 'INR', 'payer_1', now(), now())`,
    [name],
  );
  await database.pool.query(
    `INSERT INTO mandates (mandate_id, payer_id, method, status, frequency, max_paise, expires_at, payment_id, created_at, changed_at)
     VALUES ('mdt_' || $1::text, 'payer_1', 'upi', 'pending', 'as_presented', 150000, '2036-01-01', 'pmt_' || $1, now(), now())`,
    [name],
  );
}

const said = (name: string, event: TokenEvent, second: number): Sighting => ({
  occurredAt: CREATED_AT + second * 1000,
  token: { id: `token_${name}`, event, failure: event === 'rejected' ? 'declined' : null, issuer: 'HDFC' },
});
const authorised = (name: string): Sighting => ({
  occurredAt: CREATED_AT,
  payment: seenPayment({
    id: `pay_${name}`,
    status: 'captured',
    orderId: `order_${name}`,
    tokenId: `token_${name}`,
    customerId: 'cust_1',
    amountPaise: 100n,
  }),
});
const apply = (...sightings: Sighting[]): Promise<void> =>
  inTransaction(database.pool, (client) => applySightings(client, sightings, NOW));
const mandate = async (name: string) =>
  (
    await database.pool.query<{ status: string; token_id: string | null }>(
      'SELECT status, token_id, failure, issuer FROM mandates WHERE mandate_id = $1',
      [`mdt_${name}`],
    )
  ).rows[0];

describe('what the gateway says of a mandate', () => {
  it('confirms it, whether the token or the authorisation is heard of first', async () => {
    for (const [name, order] of [
      ['a', [0, 1]],
      ['b', [1, 0]],
    ] as const) {
      await pending(name);
      const heard = [said(name, 'confirmed', 1), authorised(name)];
      for (const i of order) await apply(heard[i]!);
      expect(await mandate(name)).toEqual({
        status: 'active',
        token_id: `token_${name}`,
        failure: null,
        issuer: 'HDFC',
      });
    }
  });

  it('U11: leaves a bank mandate pending until its bank confirms or rejects it', async () => {
    await pending('bank');
    await apply(authorised('bank'));
    expect(await mandate('bank')).toMatchObject({ status: 'pending', token_id: 'token_bank' });
    await apply(said('bank', 'rejected', 90_000));
    expect(await mandate('bank')).toMatchObject({ status: 'rejected', failure: 'declined' });
  });

  it('ends alike whatever the order and the number of its webhooks', async () => {
    const random = seededRandom(3);
    const stories: readonly (readonly [TokenEvent, number][])[] = [
      [
        ['confirmed', 1],
        ['paused', 5],
        ['resumed', 9],
      ],
      [
        ['confirmed', 1],
        ['paused', 5],
        ['resumed', 9],
        ['paused', 12],
      ],
      [
        ['confirmed', 1],
        ['paused', 5],
        ['cancelled', 8],
      ],
      [
        ['rejected', 1],
        ['confirmed', 4],
      ],
      [
        ['confirmed', 1],
        ['paused', 1],
      ],
    ];
    const ends = ['active', 'paused', 'cancelled', 'active', 'paused'];
    for (let n = 0; n < ORDERS; n++) {
      const which = n % stories.length;
      const name = `order${n}`;
      await pending(name);
      const heard = [
        authorised(name),
        ...(stories[which] ?? []).map(([event, second]) => said(name, event, second)),
      ];
      const shuffled = [...heard, ...heard].sort(() => random.unit() - 0.5);
      for (const one of shuffled) await apply(one);
      expect([n, (await mandate(name))?.status]).toEqual([n, ends[which]]);
    }
  });

  it('U10: follows the token and not the UPI id, which may move to another app', async () => {
    await pending('moved');
    await apply(authorised('moved'), said('moved', 'confirmed', 1));
    for (const [event, handle] of [
      ['token.paused', 'okaxis'],
      ['token.resumed', 'ybl'],
    ] as const) {
      const entity = {
        id: 'token_moved',
        method: 'upi',
        vpa: { username: 'asha', handle },
        recurring_details: {},
      };
      const sighting = readSighting(
        event,
        { payload: { token: { entity } } },
        CREATED_AT + (event === 'token.paused' ? 60_000 : 90_000),
      );
      expect(JSON.stringify(sighting)).not.toContain(handle);
      await apply(sighting);
    }
    expect(await mandate('moved')).toMatchObject({ status: 'active', token_id: 'token_moved' });
  });

  it('E8: is not touched by the re-issue of its card', async () => {
    await pending('card');
    await apply(authorised('card'), said('card', 'confirmed', 1));
    for (const event of ['token.expiry_updated', 'token.activated', 'token.suspended']) {
      const entity = { id: 'token_card', method: 'card', card: { expiry_year: 2031 }, recurring: true };
      await apply(readSighting(event, { payload: { token: { entity } } }, CREATED_AT + 90_000));
    }
    expect(await mandate('card')).toMatchObject({ status: 'active' });
  });
});
