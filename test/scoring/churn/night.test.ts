import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readNight } from '../../../scoring/churn/night.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { saveNight } from './nights.js';

const NIGHT = Date.UTC(2026, 0, 5, 20);
const scoredAt = '2026-01-05T20:00:00.000Z';
/** More than one page. */
const PAYERS = 2500;

let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
});

afterAll(() => database.close());

describe('a night of churn scores', () => {
  it('adds up the subscriptions of a payer in each currency, in whole paise', async () => {
    await saveNight(database.pool, NIGHT, [
      { payerId: 'asha', valuePaise: 100_001, leaves: 0.3 },
      { payerId: 'asha', valuePaise: 50_000, leaves: 0.1 },
      { payerId: 'asha', valuePaise: 900, leaves: 0.5, currency: 'USD' },
      { payerId: 'bela', valuePaise: 0, leaves: 0.9 },
    ]);
    const night = (await readNight(database.pool, NIGHT))!;
    const of = (payerId: string, currency: string) => night.of({ payerId, currency });
    expect(night.scoredAtMs).toBe(NIGHT);
    expect(of('asha', 'INR')).toEqual({ scoredAt, valuePaise: 150_001, expectedLossPaise: 35_000 });
    expect(of('asha', 'USD')).toEqual({ scoredAt, valuePaise: 900, expectedLossPaise: 450 });
  });

  it('has nothing at stake where it knew of nothing', async () => {
    const night = (await readNight(database.pool, NIGHT))!;
    const nothing = { scoredAt, valuePaise: 0, expectedLossPaise: 0 };
    expect(night.of({ payerId: 'bela', currency: 'INR' })).toEqual(nothing);
    expect(night.of({ payerId: 'nobody', currency: 'INR' })).toEqual(nothing);
    expect(night.of({ payerId: 'asha', currency: 'EUR' })).toEqual(nothing);
  });

  it('is read to its end, and is none at an instant without scores', async () => {
    const later = NIGHT + 86_400_000;
    expect(await readNight(database.pool, later)).toBeNull();
    await saveNight(
      database.pool,
      later,
      Array.from({ length: PAYERS }, (_, i) => ({
        payerId: `payer-${i}`,
        valuePaise: 1 + i,
        leaves: i / PAYERS,
      })),
    );
    const night = (await readNight(database.pool, later))!;
    const values = Array.from(
      { length: PAYERS },
      (_, i) => night.of({ payerId: `payer-${i}`, currency: 'INR' }).valuePaise,
    );
    expect(values).toEqual(Array.from({ length: PAYERS }, (_, i) => 1 + i));
  });
});
