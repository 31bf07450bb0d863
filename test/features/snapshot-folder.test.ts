import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFold } from '../../features/fold.js';
import { keepSnapshot, newestSnapshots } from '../../features/snapshot-folder.js';
import { readSnapshotHeader } from '../../features/snapshot.js';

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'fold-snapshots-'));
});

afterAll(() => rm(parent, { recursive: true }));

describe('the folder of snapshots', () => {
  it('is made with the first one and keeps the newest two, newest first', async () => {
    const folder = path.join(parent, 'kept');
    expect(await newestSnapshots(folder)).toEqual([]);
    for (let turn = 1; turn <= 4; turn++) await keepSnapshot(folder, createFold(), { turn });
    const headers = await Promise.all(
      (await newestSnapshots(folder)).map((file) => readSnapshotHeader(file)),
    );
    expect(headers.map((header) => 'origin' in header && header.origin)).toEqual([{ turn: 4 }, { turn: 3 }]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('does not take for a snapshot what a writer left half written, and clears it', async () => {
    const folder = path.join(parent, 'torn');
    const first = await keepSnapshot(folder, createFold(), null);
    await writeFile(path.join(folder, 'draft'), 'half');
    expect(await newestSnapshots(folder)).toEqual([first]);
    const second = await keepSnapshot(folder, createFold(), null);
    expect((await readdir(folder)).sort()).toEqual([path.basename(first), path.basename(second)]);
  });
});
