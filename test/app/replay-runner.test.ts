import { describe, expect, it } from '@jest/globals';
import { createReplayRunner } from '../../app/replay-runner.js';
import { silentLog } from '../../core/log.js';

/** Beside the sources there is no compiled program to start, so every replay fails. */
const runner = () => createReplayRunner({ log: silentLog, env: {} });

describe('a replay in a program of its own', () => {
  it('is told as unavailable when its program gives no report, and the next one still has its turn', async () => {
    const { replay, close } = runner();
    const both = await Promise.allSettled([replay('dec_1'), replay('dec_2')]);
    expect(both).toMatchObject(
      [1, 2].map((n) => ({
        reason: { code: 'replay-failed', message: expect.stringContaining(`hasivu replay dec_${n}`) },
      })),
    );
    await close();
  });

  it('waits its turn among a few, and then callers are told to come back', async () => {
    const { replay, close } = runner();
    const waiting = [1, 2, 3, 4].map((n) => replay(`dec_${n}`).catch(() => 'failed'));
    await expect(replay('dec_5')).rejects.toMatchObject({ kind: 'unavailable', code: 'replays-busy' });
    await close();
    expect(await Promise.all(waiting)).toEqual(['failed', 'failed', 'failed', 'failed']);
  });
});
