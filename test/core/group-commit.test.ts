import { describe, expect, it } from '@jest/globals';
import { createGroupCommit } from '../../core/group-commit.js';

/** A store whose writes end when the test says so. */
function slowStore() {
  const batches: number[][] = [];
  const gates: { open(): void; fail(error: Error): void }[] = [];
  const write = (items: readonly number[]): Promise<number[]> => {
    batches.push([...items]);
    return new Promise((resolve, reject) => {
      gates.push({ open: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  };
  return { batches, gates, write };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('writes together what arrives while a batch is written, in order', async () => {
    const store = slowStore();
    const group = createGroupCommit({ write: store.write, maxBatch: 10, maxWaiting: 10 });
    const first = group.add(1);
    await turn();
    const later = [group.add(2), group.add(3), group.add(4)];
    store.gates[0]?.open();
    expect(await first).toBe(10);
    await turn();
    store.gates[1]?.open();
    expect(await Promise.all(later)).toEqual([20, 30, 40]);
    expect(store.batches).toEqual([[1], [2, 3, 4]]);
  });

  it('splits what is too much for one batch', async () => {
    const batches: number[][] = [];
    const write = async (items: readonly number[]) => {
      batches.push([...items]);
      return items;
    };
    const group = createGroupCommit({ write, maxBatch: 2, maxWaiting: 10 });
    await Promise.all([1, 2, 3, 4, 5].map((item) => group.add(item)));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('fails everything that waits behind a failed batch, after telling the owner', async () => {
    const store = slowStore();
    const told: string[] = [];
    const group = createGroupCommit({
      write: store.write,
      maxBatch: 10,
      maxWaiting: 10,
      onFailure: () => told.push('owner'),
    });
    const outcomes = [group.add(1)];
    await turn();
    outcomes.push(group.add(2), group.add(3));
    const settled = Promise.allSettled(
      outcomes.map((outcome) => outcome.catch((error) => (told.push('caller'), Promise.reject(error)))),
    );
    store.gates[0]?.fail(new Error('disk full'));
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(told).toEqual(['owner', 'caller', 'caller', 'caller']);
    expect(store.batches).toEqual([[1]]);
  });

  it('goes on after a failure', async () => {
    let isBroken = true;
    const write = async (items: readonly number[]) => {
      if (isBroken) throw new Error('down');
      return items;
    };
    const group = createGroupCommit({ write, maxBatch: 10, maxWaiting: 10 });
    await expect(group.add(1)).rejects.toThrow('down');
    isBroken = false;
    expect(await group.add(2)).toBe(2);
  });

  it('says when its queue is full', async () => {
    const store = slowStore();
    const group = createGroupCommit({ write: store.write, maxBatch: 10, maxWaiting: 2 });
    const added = [group.add(1)];
    await turn();
    added.push(group.add(2), group.add(3));
    expect(() => group.requireRoom()).toThrow(
      expect.objectContaining({ kind: 'unavailable', code: 'too-busy' }),
    );
    await expect(group.add(4)).rejects.toMatchObject({ code: 'too-busy' });
    store.gates[0]?.open();
    await turn();
    store.gates[1]?.open();
    await Promise.all(added);
    expect(() => group.requireRoom()).not.toThrow();
  });

  it('is idle when all is written', async () => {
    const store = slowStore();
    const group = createGroupCommit({ write: store.write, maxBatch: 10, maxWaiting: 10 });
    const added = group.add(1);
    let isIdle = false;
    const idle = group.idle().then(() => (isIdle = true));
    await turn();
    expect(isIdle).toBe(false);
    store.gates[0]?.open();
    await Promise.all([added, idle]);
    expect(isIdle).toBe(true);
  });
});
