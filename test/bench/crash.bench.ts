/**
 * The server killed twenty times (SIGKILL) under the load of concurrent callers, every fifth time with its PostgreSQL: what was
 * lost, doubled or changed, and how long a start takes. HASIVU_KILLS asks for another number of kills.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemEnvironment } from '../../core/config.js';
import { crashRounds } from '../support/crash-rounds.js';
import type { Figure } from './measure.js';
import { quantile } from './measure.js';

const KILLS = Number(systemEnvironment['HASIVU_KILLS'] ?? 20);

export async function benchCrash(): Promise<Figure[]> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-crash-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  try {
    const cli = fileURLToPath(new URL('../../app/cli.js', import.meta.url));
    const outcome = await crashRounds({
      cli,
      dataDir,
      kills: KILLS,
      postgresEvery: 5,
      answers: 500,
      callers: 64,
      seed: 1,
      stopwatch: () => performance.now() / 1000,
    });
    const count = (name: string, value: number, note = ''): Figure => ({ name, value, unit: '', note });
    const seconds = (name: string, share: number): Figure => ({
      name: `from start to address after a kill, ${name}`,
      value: quantile(outcome.startSeconds, share),
      unit: 's',
    });
    return [
      count('kills under load', outcome.kills, `${outcome.postgresKills} of them with PostgreSQL`),
      count('answered decisions and reports', outcome.answered),
      count('asked when killed, answered by the next server', outcome.cutOff),
      count('answered otherwise when asked again', outcome.changed, 'goal 0'),
      count('answered and not in the log exactly once', outcome.notOnce, 'goal 0'),
      count('decisions replayed', outcome.replayed),
      count('of them with a difference', outcome.replayedUnequal, 'goal 0'),
      count('vectors of the served fold beside a replay from scratch', outcome.probes),
      count('of them with a difference', outcome.probesUnequal, 'goal 0'),
      count('starts from a snapshot', outcome.startsFromSnapshot),
      seconds('median', 0.5),
      seconds('longest', 1),
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
