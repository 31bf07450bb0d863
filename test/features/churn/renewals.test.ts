import { describe, expect, it } from '@jest/globals';
import type { Duckdb } from '../../../core/duckdb.js';
import { churnRows, CHURN_OUTCOMES } from '../../../features/churn/rows.js';
import { DAY_MS, livesDb, LIVES_FROM, type Happening } from './subscription-lives.js';

const AS_OF = LIVES_FROM + 300 * DAY_MS;
/** The subscriber that each case is about; the others show how long a period is. */
const CASE = 99;

const due = (month: number): number => Date.UTC(2025, month, 5, 4);

function event(subscriber: number, name: string, at: number): Happening {
  return { table: 'subscription_events', subscriber, event: name, at };
}

const OTHERS: readonly Happening[] = Array.from({ length: 10 }, (_, subscriber) => [
  event(subscriber, 'started', due(0)),
  event(subscriber, 'renewed', due(1)),
]).flat();

/** What became of the renewal that the case's subscriber was due to pay on 5 May 2025. */
async function outcomeOf(...next: readonly Happening[]): Promise<string | undefined> {
  const started = event(CASE, 'started', due(3));
  return withRows([...OTHERS, started, ...next], (rows) => rows[0]);
}

async function withRows<T>(happenings: Happening[], read: (outcomes: string[]) => T): Promise<T> {
  const db: Duckdb = await livesDb(happenings.sort((a, b) => a.at - b.at));
  try {
    const rows = await churnRows(db, { asOfMs: AS_OF, leads: [7] });
    const found = Array.from(rows.outcome.keys()).filter(
      (row) => rows.subscriptionId[row] === `sub_${CASE}` && rows.period[row] === 1,
    );
    for (const row of found) expect(rows.dueAt[row]).toBe(Date.UTC(2025, 4, 4, 18, 30));
    return read(found.map((row) => CHURN_OUTCOMES[rows.outcome[row]!]!));
  } finally {
    db.close();
  }
}

const may = (day: number): number => Date.UTC(2025, 4, day, 4);

describe('a renewal', () => {
  const cases: [what: string, next: Happening[], outcome: string | undefined][] = [
    ['paid on the day', [event(CASE, 'renewed', may(5))], 'kept'],
    ['paid late, within thirty days', [event(CASE, 'renewed', may(30))], 'kept'],
    ['paused by agreement', [event(CASE, 'paused', may(4))], 'kept'],
    ['ended by the payer', [event(CASE, 'cancelled', may(3))], 'voluntary'],
    ['lapsed', [event(CASE, 'lapsed', may(12))], 'involuntary'],
    ['never paid, though nobody said so', [], 'involuntary'],
    ['paid after more than thirty days', [event(CASE, 'renewed', Date.UTC(2025, 5, 20))], 'involuntary'],
    ['ended before it was looked at', [event(CASE, 'cancelled', Date.UTC(2025, 3, 20))], undefined],
    [
      'whose price changed first',
      [event(CASE, 'price_changed', may(5) - 1), event(CASE, 'renewed', may(5))],
      'kept',
    ],
  ];
  it.each(cases)('%s', async (_what, next, outcome) => {
    expect(await outcomeOf(...next)).toBe(outcome);
  });

  it('has no outcome before thirty days have passed, and is open until then', async () => {
    const db = await livesDb([...OTHERS, event(CASE, 'started', due(3))]);
    try {
      const soon = may(20);
      const settled = await churnRows(db, { asOfMs: soon, leads: [7] });
      expect(settled.subscriptionId).not.toContain(`sub_${CASE}`);
      const open = await churnRows(db, { asOfMs: soon, leads: [7], open: true });
      const row = open.subscriptionId.indexOf(`sub_${CASE}`);
      expect(open.outcome[row]).toBe(255);
      expect(open.leadDays[row]).toBe(0);
    } finally {
      db.close();
    }
  });

  it('is counted from where the subscription was resumed', async () => {
    const life = [
      event(CASE, 'paused', may(4)),
      event(CASE, 'resumed', Date.UTC(2025, 5, 15, 1)),
      event(CASE, 'renewed', Date.UTC(2025, 5, 16, 4)),
      event(CASE, 'renewed', Date.UTC(2025, 6, 15, 4)),
    ];
    const db = await livesDb([...OTHERS, event(CASE, 'started', due(3)), ...life]);
    try {
      const rows = await churnRows(db, { asOfMs: AS_OF, leads: [7] });
      const row = rows.subscriptionId.findIndex((id, i) => id === `sub_${CASE}` && rows.period[i] === 2);
      expect(new Date(rows.dueAt[row]!).toISOString()).toBe('2025-07-14T18:30:00.000Z');
      expect(rows.frame.columns[rows.frame.names.indexOf('pauses')]![row]).toBe(1);
    } finally {
      db.close();
    }
  });
});
