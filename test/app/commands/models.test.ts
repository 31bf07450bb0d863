import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerModels } from '../../../app/commands/models.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { openRegistry } from '../../../models/registry.js';
import { mixedSample } from '../../models/frames.js';
import type { TestPostgres } from '../../support/postgres.js';
import { testPostgres } from '../../support/postgres.js';
import { testTerminal } from '../../support/terminal.js';

describe('models', () => {
  let database: TestPostgres;
  let dataDir: string;
  let versions: string[];
  const clock = manualClock(Date.UTC(2026, 3, 1));
  beforeAll(async () => {
    database = await testPostgres();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-models-'));
    const registry = openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes: {} });
    const { frame, y } = mixedSample(200, 1);
    versions = [];
    for (const seed of [1, 2]) {
      const model = boostedTrees.fit(frame, y, { settings: { ...boostedTrees.defaults, trees: 3 }, seed });
      const evaluation = {
        metrics: { aucRoc: 0.8 },
        baseline: { aucRoc: 0.5 },
        protocol: 'An invented sample.',
      };
      const common = {
        featureSetHash: 'any',
        policy: null,
        training: { seed },
        evaluation,
        intendedUse: 'Tests only.',
      };
      versions.push((await registry.save({ task: 'demo', model, ...common })).version);
      clock.advance(1000);
    }
  });
  afterAll(async () => {
    await database.close();
    await rm(dataDir, { recursive: true });
  });

  async function models(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
    const terminal = testTerminal();
    const env = { DATA_DIR: dataDir, DATABASE_URL: database.url, USER: 'asha' };
    const code = await runProgram({
      commands: [registerModels],
      argv: ['models', ...argv],
      env,
      clock,
      terminal,
    });
    return { code, output: terminal.output(), errors: terminal.errors() };
  }

  it('forces, proposes, approves, lists, shows and rolls back', async () => {
    const [first, second] = versions as [string, string];
    expect((await models('promote', 'demo', first.slice(0, 8), '--reason', 'first', '--force')).code).toBe(0);
    expect((await models('promote', 'demo', second, '--reason', 'better')).output).toBe(
      `proposed; a second person puts it into production: hasivu models approve demo ${second.slice(0, 12)}\n`,
    );
    const alone = await models('approve', 'demo', second);
    expect([alone.code, alone.errors]).toEqual([1, expect.stringContaining('[same-person]')]);
    expect((await models('approve', 'demo', second, '--actor', 'ravi')).output).toBe(
      `demo now runs ${second}\n`,
    );
    const listed = await models('list');
    expect(listed.output).toMatch(/in production/);
    expect(listed.output).toMatch(/AUC +0\.8000 +baseline 0\.5000/);
    const json = JSON.parse((await models('list', '--json')).output) as {
      version: string;
      production: boolean;
    }[];
    expect(json.map(({ version, production }) => [version, production])).toEqual([
      [second, true],
      [first, false],
    ]);
    expect((await models('rollback', 'demo', '--reason', 'worse')).output).toBe(`demo is back at ${first}\n`);
    const { output } = await models('show', first);
    for (const step of [
      /force \w{12} by asha: first/,
      /propose \w{12} by asha: better/,
      /approve \w{12} by ravi: better/,
      /rollback \w{12} by asha: worse/,
    ])
      expect(output).toMatch(step);
  });

  it('wants a reason, and answers an unknown version with one line', async () => {
    expect((await models('promote', 'demo', versions[0]!)).code).toBe(2);
    const unknown = await models('show', 'abcdef0123');
    expect(unknown.code).toBe(1);
    expect(unknown.errors).toMatch(/^error: no saved model has the version "abcdef0123".*\n$/);
  });
});
