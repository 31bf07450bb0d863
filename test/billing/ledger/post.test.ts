import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { postEntries } from '../../../billing/ledger/post.js';
import { entryOf } from '../../../billing/ledger/templates.js';
import type { Entry, EntryKind } from '../../../billing/ledger/templates.js';
import { inTransaction } from '../../../core/transaction.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const AT = Date.UTC(2026, 5, 1);
const HISTORIES = 25;

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

const post = (...entries: Entry[]): Promise<number> =>
  inTransaction(database.pool, (client) => postEntries(client, entries, AT));

const captured = (key: string, amount: bigint): Entry =>
  entryOf({
    key,
    kind: 'payment-captured',
    occurredAt: AT,
    currency: 'INR',
    party: 'payer_1',
    amounts: { amount },
  });

describe('posting', () => {
  it('is idempotent by key: the same content is the first entry, another is refused and changes nothing', async () => {
    expect(await post(captured('once', 100n))).toBe(1);
    expect(await post(captured('once', 100n))).toBe(0);
    await expect(post(captured('beside', 7n), captured('once', 200n))).rejects.toMatchObject({
      kind: 'conflict',
      code: 'ledger-conflict',
    });
    const { rows } = await database.pool.query(
      "SELECT key FROM ledger_entries WHERE key IN ('once', 'beside')",
    );
    expect(rows).toEqual([{ key: 'once' }]);
  });

  it('takes what is new beside what is known and what it repeats, in one call', async () => {
    await post(captured('known', 3n));
    const given = [captured('known', 3n), captured('new', 4n), captured('new', 4n), captured('newer', 5n)];
    expect(await post(...given)).toBe(2);
    await expect(post(captured('twice', 1n), captured('twice', 2n))).rejects.toMatchObject({
      code: 'ledger-conflict',
    });
    const { rows } = await database.pool.query(
      `SELECT key, amount_paise FROM ledger_entries JOIN ledger_postings ON entry_number = number
       WHERE key IN ('new', 'newer', 'twice') AND amount_paise > 0 ORDER BY number`,
    );
    expect(rows).toEqual([
      { key: 'new', amount_paise: 4n },
      { key: 'newer', amount_paise: 5n },
    ]);
    await requireSoundLedger(database.pool);
  });

  it('keeps one chain without gaps while many write, some of whom fail', async () => {
    const before = (await requireSoundLedger(database.pool)).entries;
    const writers = Array.from({ length: 40 }, async (_, n) =>
      inTransaction(database.pool, async (client) => {
        await postEntries(client, [captured(`many:${n % 30}`, 1n)], AT);
        if (n % 10 === 9) throw new Error('gives up');
      }),
    );
    await Promise.allSettled(writers);
    const { entries } = await requireSoundLedger(database.pool);
    expect(entries - before).toBeGreaterThanOrEqual(27);
    expect(entries - before).toBeLessThanOrEqual(30);
  });

  it.each([
    ['an update', 'UPDATE ledger_postings SET amount_paise = 1'],
    ['a deletion', 'DELETE FROM ledger_entries'],
    ['a truncation', 'TRUNCATE ledger_postings'],
  ])('is for ever: the database refuses %s', async (_what, sql) => {
    await expect(database.pool.query(sql)).rejects.toThrow('the ledger is append-only');
  });

  it('is balanced: the database refuses a line alone, whoever writes it', async () => {
    await post(captured('balanced', 5n));
    const line = `INSERT INTO ledger_postings (entry_number, line, account, currency, amount_paise)
      SELECT number, 3, 'bank', 'INR', 5 FROM ledger_entries WHERE key = 'balanced'`;
    await expect(database.pool.query(line)).rejects.toThrow('a ledger entry does not sum to zero');
  });

  it('refuses amounts that do not balance and an event without amounts before the database sees them', () => {
    const fee = { key: 'f', kind: 'payment-fee', occurredAt: AT, currency: 'INR' } as const;
    expect(() => entryOf({ ...fee, amounts: { fee: 10n, tax: 2n, total: 11n } })).toThrow(
      'f does not balance',
    );
    expect(() => entryOf({ ...fee, amounts: { fee: 10n, tax: 2n } })).toThrow(
      'payment-fee needs the amount total',
    );
    expect(() => captured('zero', 0n)).toThrow('zero does not balance');
  });
});

/** One posting order's balances by hand: a list of lines, added up the slow way. */
function oracle(entries: readonly Entry[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  const done = new Set<string>();
  for (const { key, postings } of entries) {
    if (done.has(key)) continue;
    done.add(key);
    for (const { account, currency, amountPaise } of postings) {
      sums[`${account} ${currency}`] = (sums[`${account} ${currency}`] ?? 0n) + amountPaise;
    }
  }
  return sums;
}

const KINDS: Readonly<Record<EntryKind, true>> = {
  'payment-captured': true,
  'payment-fee': true,
  'refund-sent': true,
  'refund-returned': true,
  'dispute-lost': true,
  'settlement-sent': true,
  'bank-credited': true,
  'invoice-issued': true,
  'invoice-voided': true,
  'invoice-given-up': true,
  'invoice-settled': true,
  'rounding-difference': true,
  'unexplained-difference': true,
  'unexplained-transit': true,
  'unexplained-bank-credit': true,
};

/** Amounts that balance whatever the template. */
const someEntry = (history: number) =>
  fc
    .record({
      n: fc.nat({ max: 30 }),
      kind: fc.constantFrom(...(Object.keys(KINDS) as EntryKind[])),
      currency: fc.constantFrom('INR', 'USD'),
      party: fc.constantFrom('', 'payer:1', 'पालक'),
      net: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      tax: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    })
    .map(({ n, kind, currency, party, net, tax }) =>
      entryOf({
        key: `history:${history}:${kind}:${n}:${currency}:${party}:${net}:${tax}`,
        kind,
        occurredAt: AT + n,
        currency,
        party,
        amounts: { amount: net, net, fee: net, tax, total: net + tax, credit: 0n, roundOff: 0n },
      }),
    );

describe('a random history', () => {
  it('gives the balances that adding up by hand gives, in a sound chain', async () => {
    let history = 0;
    const expected = (await requireSoundLedger(database.pool)).balances as Record<string, bigint>;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(someEntry(history), { minLength: 1, maxLength: 8 }), { maxLength: 6 }),
        fc.infiniteStream(fc.boolean()),
        async (transactions, repeats) => {
          history += 1;
          const entries = transactions
            .map((one) => one.map((entry) => ({ ...entry, key: `${history}${entry.key}` })))
            .flatMap((one) => (repeats.next().value === true ? [one, one] : [one]));
          for (const one of entries) await post(...one);
          for (const [name, sum] of Object.entries(oracle(entries.flat())))
            expected[name] = (expected[name] ?? 0n) + sum;
          const { rows } = await database.pool.query<{ name: string; balance_paise: bigint }>(
            "SELECT account || ' ' || currency AS name, balance_paise FROM ledger_balances",
          );
          expect(Object.fromEntries(rows.map((row) => [row.name, row.balance_paise]))).toEqual(expected);
        },
      ),
      { numRuns: HISTORIES, seed: 7 },
    );
    await requireSoundLedger(database.pool);
  });
});

describe('the check', () => {
  // Each leaves its mark for the next, the loudest last.
  const tampering: [what: string, sql: string, fault: RegExp][] = [
    ['another end', 'UPDATE ledger_head SET number = number + 1', /the head is not the last entry/],
    [
      'a changed amount on both sides',
      `UPDATE ledger_postings SET amount_paise = amount_paise * 2
       WHERE entry_number = (SELECT number FROM ledger_entries WHERE key = 'once')`,
      /was changed/,
    ],
    ['a changed key', "UPDATE ledger_entries SET key = 'twice' WHERE key = 'once'", /was changed/],
    [
      'a missing entry',
      `DELETE FROM ledger_postings WHERE entry_number = 2; DELETE FROM ledger_entries WHERE number = 2`,
      /entry 2 is missing/,
    ],
    ['a changed balance', 'UPDATE ledger_balances SET balance_paise = balance_paise + 1', /the balance of/],
  ];
  it.each(tampering)('finds %s', async (_what, sql, fault) => {
    const client = await database.pool.connect();
    try {
      // Triggers off, as only the database's owner can.
      await client.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
      await expect(requireSoundLedger(database.pool)).rejects.toThrow(fault);
    } finally {
      client.release();
    }
  });
});
