import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { openRedisMemory } from '../../../adapters/redis/shared-memory.js';
import { newId } from '../../../core/ids.js';
import { silentLog } from '../../../core/log.js';
import type { RecordSpace, SharedMemory, SpaceChange } from '../../../core/ports/record-space.js';
import { testRedis } from '../../support/redis.js';
import type { TestRedis } from '../../support/redis.js';
import { describeIf, hasProgram } from '../../support/skip.js';

const WRITERS = 8;
const ADDITIONS = 40;

const NO_CHANGE: SpaceChange = { floor: 0, claims: [], checked: [], unchecked: [], entries: [] };
const ABSENT = Buffer.alloc(0);

/** Eight bytes of version, then the value. */
function record(version: number, value: number): Buffer {
  return Buffer.from(Float64Array.of(version, value).buffer);
}

describeIf(hasProgram('redis-server'), 'redis-server is not installed', 'the shared memory in Redis', () => {
  let redis: TestRedis;
  let memory: SharedMemory;
  let space: RecordSpace;

  beforeAll(async () => {
    redis = await testRedis();
    memory = await openRedisMemory({ url: redis.url, log: silentLog });
  });
  beforeEach(async () => {
    space = memory.space(newId('test'));
    await space.open({ sequence: 10, numbers: 70_000 });
  });
  afterAll(async () => {
    await memory.close();
    await redis.close();
  });

  it('gives the entries of a change consecutive sequences and lets them wait', async () => {
    const change = { ...NO_CHANGE, claims: [['a'], ['b', 'c']], entries: ['first', 'second'] };
    expect(await space.change(change)).toEqual({ kind: 'done', firstSequence: 11 });
    expect(await space.change({ ...NO_CHANGE, entries: ['third'] })).toEqual({
      kind: 'done',
      firstSequence: 13,
    });
    expect(await space.waiting(2)).toEqual([
      { sequence: 11, entry: 'first', claims: ['a'] },
      { sequence: 12, entry: 'second', claims: ['b', 'c'] },
    ]);
    await space.settle([
      { sequence: 11, claims: ['a'] },
      { sequence: 13, claims: [] },
    ]);
    expect((await space.waiting(10)).map(({ sequence }) => sequence)).toEqual([12]);
  });

  it('changes records only where they are what was read, and then all of them', async () => {
    const both = [
      { key: 'a', expected: ABSENT, value: record(1, 5) },
      { key: 'b', expected: ABSENT, value: record(1, 6) },
    ];
    const unchecked = [{ key: 'pair', value: record(0, 7) }];
    expect(await space.change({ ...NO_CHANGE, checked: both, unchecked })).toMatchObject({ kind: 'done' });
    expect(await space.read(['a', 'pair', 'none'])).toEqual([record(1, 5), record(0, 7), null]);

    expect(await space.change({ ...NO_CHANGE, checked: both })).toEqual({ kind: 'stale' });
    const one = { key: 'a', expected: record(1, 5).subarray(0, 8), value: record(2, 9) };
    const other = { key: 'b', expected: record(3, 6).subarray(0, 8), value: record(4, 9) };
    expect(await space.change({ ...NO_CHANGE, checked: [one, other] })).toEqual({ kind: 'stale' });
    expect(await space.read(['a', 'b'])).toEqual([record(1, 5), record(1, 6)]);
    expect(await space.change({ ...NO_CHANGE, checked: [one] })).toMatchObject({ kind: 'done' });
    expect(await space.read(['a'])).toEqual([record(2, 9)]);
  });

  it('names the entry whose claim was made before, and keeps claims after their entry is settled', async () => {
    await space.change({ ...NO_CHANGE, claims: [['x']], entries: ['first'] });
    await space.settle([{ sequence: 11, claims: ['x'] }]);
    const again = { ...NO_CHANGE, claims: [['y'], ['z', 'x']], entries: ['second', 'third'] };
    expect(await space.change(again)).toEqual({ kind: 'claimed', position: 1 });
    expect(await space.waiting(10)).toEqual([]);
  });

  it('is lost when it was never opened, when it was dropped and when it has gone back', async () => {
    const name = newId('test');
    const other = memory.space(name);
    expect(await other.read(['a'])).toBeNull();
    expect(await other.change(NO_CHANGE)).toEqual({ kind: 'lost' });
    await other.open({ sequence: 1, numbers: 1 });
    expect(await other.isOpen()).toBe(true);
    expect(await other.change({ ...NO_CHANGE, floor: 2 })).toEqual({ kind: 'lost' });
    await memory.drop(name);
    expect(await other.isOpen()).toBe(false);
  });

  it('loses no addition of many writers that read, add and compare', async () => {
    const numbers = new Set<number>();
    const add = async (): Promise<void> => {
      for (;;) {
        const [before] = (await space.read(['sum'])) ?? [];
        const held = before ?? null;
        const [version, sum] = held === null ? [0, 0] : new Float64Array(new Uint8Array(held).buffer);
        const value = record(version! + 1, sum! + 1);
        const checked = [{ key: 'sum', expected: held?.subarray(0, 8) ?? ABSENT, value }];
        const outcome = await space.change({ ...NO_CHANGE, checked, entries: ['one'] });
        if (outcome.kind === 'done') {
          numbers.add(outcome.firstSequence);
          return;
        }
      }
    };
    const write = async (): Promise<void> => {
      for (let i = 0; i < ADDITIONS; i++) await add();
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    expect(await space.read(['sum'])).toEqual([record(WRITERS * ADDITIONS, WRITERS * ADDITIONS)]);
    expect(numbers.size).toBe(WRITERS * ADDITIONS);
  });

  it('gives ranges of numbers to one caller each', async () => {
    expect(await Promise.all([space.takeNumbers(10), space.takeNumbers(5)])).toEqual([70_000, 70_010]);
  });

  it('refuses a Redis that may evict keys', async () => {
    const evicting = await testRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    try {
      const opening = openRedisMemory({ url: evicting.url, log: silentLog });
      await expect(opening).rejects.toMatchObject({ code: 'redis-evicts' });
    } finally {
      await evicting.close();
    }
  });

  it('rejects at once while Redis is away, and goes on when it is back', async () => {
    const own = await testRedis();
    const remote = await openRedisMemory({ url: own.url, log: silentLog });
    try {
      await own.kill();
      await expect(remote.space('any').isOpen()).rejects.toThrow();
      await own.start();
      const back = async (): Promise<boolean> => remote.space('any').isOpen();
      // A refusal comes at once; the connection needs turns of the event loop.
      while (await back().catch(() => true)) await new Promise(setImmediate);
      expect(await back()).toBe(false);
    } finally {
      await remote.close();
      await own.close();
    }
  });
});
