import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHURN_FEATURES, CHURN_SOURCES } from '../../../features/churn/definitions.js';
import { churnRows, type ChurnRows } from '../../../features/churn/rows.js';
import { DAY_MS, drawLives, livesDb, LIVES_FROM, type Happening } from './subscription-lives.js';

const MONTHS = 9;
const END = LIVES_FROM + 330 * DAY_MS;
const RUNS = 6;

async function rowsOf(happenings: readonly Happening[], asOfMs = END): Promise<ChurnRows> {
  const db = await livesDb(happenings);
  try {
    return await churnRows(db, { asOfMs, leads: [7, 28] });
  } finally {
    db.close();
  }
}

/** What a row saw, by what it is about; rows after `untilMs` left out. */
function seen(rows: ChurnRows, untilMs: number): Map<string, number[]> {
  const found = new Map<string, number[]>();
  rows.asOf.forEach((asOf, row) => {
    if (asOf > untilMs) return;
    const name = `${rows.subscriptionId[row]!} ${rows.period[row]!} ${rows.leadDays[row]!}`;
    found.set(name, [...rows.frame.columns.map((column) => column[row]!), rows.dueAt[row]!]);
  });
  return found;
}

describe('rows of renewals', () => {
  it('see nothing that was known at their instant or later, whatever it is', async () => {
    const { happenings } = drawLives({ subscriptions: 60, months: MONTHS, seed: 3 });
    const whole = await rowsOf(happenings);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 100, max: 300 }),
        fc.constantFrom('cancelled', 'renewed', 'paused', 'price_changed', 'failed'),
        async (day, event) => {
          const borderMs = LIVES_FROM + day * DAY_MS;
          // Known an hour later, thus exactly at the border: no longer seen.
          const at = borderMs - 3_600_000;
          const before = happenings.filter((one) => one.at < at);
          const table = event === 'failed' ? 'payments' : 'subscription_events';
          const others = Array.from(
            { length: 60 },
            (_, subscriber) => ({ table, subscriber, event, at }) as const,
          );
          const changed = await rowsOf([...before, ...others]);
          const expected = seen(whole, borderMs);
          expect(expected.size).toBeGreaterThan(20);
          expect(seen(changed, borderMs)).toEqual(expected);
        },
      ),
      { numRuns: RUNS },
    );
  }, 60_000);

  it('are the same when the history ends sooner, as far as they were settled by then', async () => {
    const { happenings } = drawLives({ subscriptions: 40, months: MONTHS, seed: 4 });
    const sooner = END - 90 * DAY_MS;
    const whole = await rowsOf(happenings);
    const short = await rowsOf(happenings, sooner);
    const all = seen(whole, END);
    const settled = [...seen(short, END)];
    expect(settled.length).toBeGreaterThan(50);
    for (const [name, values] of settled) expect(all.get(name)).toEqual(values);
    expect(Math.max(...short.settledAt)).toBeLessThanOrEqual(sooner);
  });

  it('count failures of the payer in the days before, and come in the order of their instants', async () => {
    const { happenings } = drawLives({ subscriptions: 30, months: MONTHS, seed: 5 });
    const rows = await rowsOf(happenings);
    const failures = rows.frame.columns[rows.frame.names.indexOf('failures30d')]!;
    rows.asOf.forEach((asOf, row) => {
      const subscriber = Number(rows.payerId[row]!.slice('payer_'.length));
      const counted = happenings.filter(
        (one) =>
          one.event === 'failed' &&
          one.subscriber === subscriber &&
          one.at + 3_600_000 < asOf &&
          one.at + 3_600_000 > asOf - 30 * DAY_MS,
      );
      expect(failures[row]).toBe(counted.length);
      expect(asOf).toBeGreaterThanOrEqual(rows.asOf[row - 1] ?? 0);
    });
  });
});

describe('churn features', () => {
  it('are made of payers, subscriptions and totals of counterparties alone', () => {
    expect(CHURN_SOURCES).toEqual(['renewal', 'history', 'results', 'refunds', 'disputes', 'counterparty']);
    for (const { name, sql, meaning } of CHURN_FEATURES) {
      expect(meaning).not.toBe('');
      expect(`${name} ${sql} ${meaning}`).not.toMatch(/child|pupil|student|ip\b|latitude|device_id/i);
    }
    expect(new Set(CHURN_FEATURES.map(({ name }) => name)).size).toBe(CHURN_FEATURES.length);
  });
});
