import { access, chmod, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '../../core/log.js';
import { locateCluster } from '../../core/postgres-cluster.js';

const isRoot = process.getuid?.() === 0;

describe('locateCluster', () => {
  let dataDir: string;
  let logged: string;
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => (logged += line) } });
  beforeEach(async () => {
    logged = '';
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-cluster-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('creates the cluster once, beside the data, and finds it again', async () => {
    await chmod(dataDir, 0o755);
    const first = await locateCluster(dataDir, log);
    expect(first.folder).toBe(path.join(await realpath(dataDir), 'postgres'));
    await access(path.join(first.folder, 'cluster'));
    const again = await locateCluster(dataDir, log);
    expect(again.password).toBe(first.password);
    expect(logged).toBe('');
  });

  (isRoot ? it : it.skip)('moves to a folder that the user postgres can reach, and says so', async () => {
    await chmod(dataDir, 0o700);
    const { folder, password } = await locateCluster(dataDir, log);
    try {
      expect(folder).toMatch(/^\/var\/lib\/hasivu\/postgres_/);
      expect(await readFile(path.join(dataDir, 'postgres.location'), 'utf8')).toBe(folder);
      expect(logged).toContain(`PostgreSQL keeps its data in ${folder}`);
      expect((await stat(folder)).mode & 0o077).toBe(0);
      expect((await locateCluster(dataDir, log)).password).toBe(password);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('names the data folder when it cannot be one', async () => {
    const file = path.join(dataDir, 'file');
    await writeFile(file, '');
    await expect(locateCluster(path.join(file, 'data'), log)).rejects.toMatchObject({
      code: 'data-folder-unusable',
      message: expect.stringContaining('DATA_DIR'),
    });
  });
});
