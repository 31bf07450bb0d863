/**
 * A Redis of one's own for a test file: a real server, when it is installed, behind a socket in a new folder, so that no port is
 * taken. It keeps nothing on disk, so a restart has forgotten everything.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export const REDIS = 'redis-server';

export interface TestRedis {
  readonly url: string;
  /** Kills it: what it held is gone. */
  kill(): Promise<void>;
  /** Starts it again, empty. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Call in `beforeAll`, close in `afterAll`. */
export async function testRedis(args: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-redis-'));
  const socket = path.join(folder, 'redis.sock');
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const settings = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder, ...args];
    const started = spawn(REDIS, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(started.stdout)) if (/ready to accept/i.test(line)) break;
    child = started;
  };
  const kill = async (): Promise<void> => {
    if (child === null) return;
    const dying = child;
    child = null;
    dying.kill('SIGKILL');
    await once(dying, 'exit');
  };
  await start();
  return {
    url: `unix://${socket}`,
    start,
    kill,
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
