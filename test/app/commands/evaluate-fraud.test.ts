import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerEvaluateFraud } from '../../../app/commands/evaluate-fraud.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { openDuckdb } from '../../../core/duckdb.js';
import { quoteText } from '../../../ingest/sql-quote.js';
import { compromisedCounters, emptyTables } from '../../models/tasks/compromised-counters.js';
import { testTerminal } from '../../support/terminal.js';

const MAP = {
  paymentId: 'payment_id',
  occurredAt: 'occurred_at',
  payerId: 'payer_id',
  counterpartyId: 'counterparty_id',
  amount: 'amount_paise',
  amountUnit: 'minor',
  fraud: 'fraud',
};

describe('evaluate fraud', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-evaluate-fraud-'));
    await writeFile(path.join(folder, 'map.json'), JSON.stringify(MAP));
    const db = await openDuckdb(':memory:');
    await emptyTables(db);
    await compromisedCounters(db, { days: 40, paymentsPerDay: 100, delayDays: 4 });
    await db.run(`COPY (SELECT p.payment_id, p.occurred_at, p.payer_id, p.counterparty_id, p.amount_paise,
        payment_id IN (SELECT payment_id FROM labels) AS fraud FROM payments p ORDER BY sequence)
      TO ${quoteText(path.join(folder, 'payments.parquet'))} (FORMAT parquet)`);
    db.close();
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function evaluate(...options: string[]): Promise<{ code: number; output: string; errors: string }> {
    const terminal = testTerminal();
    const files = ['--data', path.join(folder, 'payments.parquet'), '--map', path.join(folder, 'map.json')];
    const days = ['--train-start', '2026-01-20', '--delay-days', '4', '--test-days', '5'];
    const code = await runProgram({
      commands: [(program, cli) => registerEvaluateFraud(program.command('evaluate'), cli)],
      argv: ['evaluate', 'fraud', ...files, ...days, ...options],
      env: { LOG_LEVEL: 'silent' },
      clock: manualClock(0),
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  it('prints one JSON document with whatever was asked for', async () => {
    const { code, output } = await evaluate('--label-delay-curve', '1,4', '--drift', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(output) as Record<string, unknown>;
    expect(result['labelDelayCurve']).toMatchObject(
      [1, 4].map((delayDays) => ({
        delayDays,
        recallAtFpr005: expect.any(Number),
        averagePrecision: expect.any(Number),
        aucRoc: expect.any(Number),
        interval: { recallAtFpr005: { low: expect.any(Number), high: expect.any(Number) } },
      })),
    );
    expect(result['drift']).toMatchObject({ aucRoc: expect.any(Number), features: expect.any(Array) });
    expect(result).not.toHaveProperty('importance');
    expect(result).not.toHaveProperty('learningCurve');
  }, 120_000);

  it.each([
    [['--label-delay-curve', '1,soon'], /whole number of at least 0/],
    [['--learner', 'oracle'], /Allowed choices are trees/],
    [['--history-days', '3'], /shorter than --train-days/],
  ])('calls %j bad usage', async (options, message) => {
    const { code, errors } = await evaluate(...options);
    expect(code).toBe(2);
    expect(errors).toMatch(message);
  });
});
