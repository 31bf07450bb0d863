import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { crashRounds } from '../support/crash-rounds.js';
import { otherPrograms, removeFolder } from '../support/other-program.js';
import type { OtherPrograms } from '../support/other-program.js';

/** The long run of twenty is `npm run bench -- crash`. */
const KILLS = 2;

let programs: OtherPrograms;
let dataDir: string;

beforeAll(async () => {
  programs = await otherPrograms();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-crash-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
}, 60_000);

afterAll(async () => {
  await programs.close();
  await removeFolder(dataDir);
});

describe('a server that is killed under load', () => {
  it('says again what it has answered, has it in its log once, and serves the fold of a replay from scratch', async () => {
    const cli = path.join(programs.folder, 'app', 'cli.js');
    const outcome = await crashRounds({
      cli,
      dataDir,
      kills: KILLS,
      postgresEvery: KILLS,
      answers: 60,
      callers: 16,
      seed: 1,
      stopwatch: () => 0,
    });
    expect(outcome).toMatchObject({
      kills: KILLS,
      postgresKills: 1,
      changed: 0,
      notOnce: 0,
      startsFromSnapshot: KILLS,
      replayedUnequal: 0,
      probesUnequal: 0,
    });
    expect(outcome.answered).toBeGreaterThan(KILLS * 60);
    expect(outcome.replayed).toBeGreaterThan(0);
  }, 180_000);
});
