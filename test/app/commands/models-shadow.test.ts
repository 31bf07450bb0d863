import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerJobs } from '../../../app/commands/jobs.js';
import { registerModels } from '../../../app/commands/models.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { createFold } from '../../../features/fold.js';
import { logistic } from '../../../models/logistic.js';
import { openRegistry } from '../../../models/registry.js';
import { latestComparison } from '../../../reporting/comparison-store.js';
import { mixedSample } from '../../models/frames.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

const NOW = Date.UTC(2026, 3, 1);

let database: TestPostgres;
let dataDir: string;
let champion: string;
let challenger: string;

async function hasivu(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const terminal = testTerminal();
  const code = await runProgram({
    commands: [registerModels, registerJobs],
    argv,
    env: { DATA_DIR: dataDir, DATABASE_URL: database.url, LOG_LEVEL: 'silent', USER: 'asha' },
    clock: manualClock(NOW),
    terminal,
  });
  return { code, output: terminal.output(), errors: terminal.errors() };
}

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-shadow-'));
  const clock = manualClock(NOW - 1000);
  const registry = openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes: {} });
  const { frame, y } = mixedSample(200, 1);
  const save = async (seed: number): Promise<string> => {
    const { version } = await registry.save({
      task: 'fraud',
      featureSetHash: createFold().featureSetHash,
      model: logistic.fit(frame, y, { settings: logistic.defaults, seed }),
      policy: null,
      training: { seed },
      evaluation: { metrics: {}, baseline: {}, protocol: '' },
      intendedUse: 'Tests only.',
    });
    return version;
  };
  [champion, challenger] = [await save(1), await save(2)];
  await registry.force('fraud', champion, { actor: 'asha', reason: 'first' });
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

/** One payment that both scored. */
async function scored(): Promise<void> {
  await database.pool.query(
    `INSERT INTO decisions (decision_id, body_hash, sequence, payment_id, decided_at, request, action, decided_by,
       fraud_probability, reasons, model_version, feature_set_hash, latency_ms, vector)
     VALUES ('dec_1', '', 1, 'pay_1', $1, '{"payerId":"p","amountPaise":"250000","currency":"INR"}', 'allow', 'nothing',
       0.1, '[]', $2, 'any', 1, '')`,
    [new Date(NOW - 500), champion],
  );
  await database.pool.query(
    `INSERT INTO challenger_scores (challenge_id, sequence, fraud_probability, action, decided_by, elapsed_ms)
     SELECT challenge_id, 1, 0.9, 'block', 'model-block', 0.1 FROM model_challenges ORDER BY challenge_id DESC LIMIT 1`,
  );
}

describe('models challenge and compare', () => {
  it('compare nothing without a challenger, and say what to do', async () => {
    const { code, errors } = await hasivu('models', 'compare');
    expect(code).toBe(1);
    expect(errors).toMatch(/^error: no fraud model is in shadow.*models challenge.*\n$/);
    expect((await hasivu('jobs', 'run', 'compare-models')).code).toBe(0);
    expect((await hasivu('models', 'challenge')).errors).toContain('[no-version]');
  });

  it('name a challenger, compare what both scored, and end it', async () => {
    const named = await hasivu('models', 'challenge', challenger.slice(0, 12));
    expect([named.code, named.output]).toEqual([
      0,
      expect.stringContaining('scores live payments in shadow'),
    ]);
    expect((await hasivu('models', 'compare')).errors).toContain('[nothing-to-compare]');
    await scored();
    const { output } = await hasivu('models', 'compare');
    expect(output).toContain(`champion ${champion.slice(0, 12)}, challenger ${challenger.slice(0, 12)}`);
    expect(output).toMatch(/only the challenger +1 +₹2,500\.00 +0 \(₹0\.00\)/);
    expect(output).toContain('not judged: no payment with a result is older than the 30 days');
    const asked = ['models', 'compare', champion.slice(0, 8), challenger.slice(0, 8), '--json'];
    const report: unknown = JSON.parse((await hasivu(...asked)).output);
    expect(report).toMatchObject({ champion, challenger, agreement: 0, decisions: { compared: 1 } });
    expect((await hasivu(...asked, '--to', '2026-03-01')).code).toBe(1);
    await hasivu('jobs', 'run', 'compare-models');
    expect(await latestComparison(database.pool)).toEqual(report);
    expect((await hasivu('models', 'challenge', '--stop')).output).toContain('no longer scores in shadow');
    expect((await hasivu('models', 'challenge', '--stop')).errors).toContain('[not-the-challenger]');
  });

  it('look at the champion with the guardrails', async () => {
    expect(await hasivu('jobs', 'run', 'guardrails')).toMatchObject({
      code: 0,
      output: 'guardrails: done\n',
    });
    const { rows } = await database.pool.query(
      "SELECT report ->> 'standing' AS standing FROM guardrail_checks",
    );
    expect(rows).toEqual([{ standing: 'too-few' }]);
  });
});
