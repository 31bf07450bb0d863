import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withWriterLock } from '../../ingest/writer-lock.js';
import { otherPrograms, type OtherPrograms } from '../support/other-program.js';

describe('withWriterLock', () => {
  let programs: OtherPrograms;
  let root: string;
  beforeAll(async () => {
    programs = await otherPrograms(['core', 'ingest']);
    root = await mkdtemp(path.join(os.tmpdir(), 'lock-'));
  });
  afterAll(() => programs.close());

  it('runs actions of one process one after the other, also after a failure', async () => {
    const seen: string[] = [];
    const action = (name: string) => async (): Promise<void> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error('a failed');
    };
    const both = [withWriterLock(root, 0, action('a')), withWriterLock(root, 0, action('b'))];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('refuses while another program holds the lock and works once that has been killed', async () => {
    const { child } = await programs.start(`
import { withWriterLock } from './ingest/writer-lock.js';
await withWriterLock(${JSON.stringify(root)}, 0, async () => {
  process.stdout.write('held\\n');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
`);
    const refused = withWriterLock(root, 0, () => Promise.resolve());
    await expect(refused).rejects.toMatchObject({ code: 'lake-busy', kind: 'conflict', retryable: true });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await withWriterLock(root, 0, () => Promise.resolve('mine'))).toBe('mine');
  });
});
