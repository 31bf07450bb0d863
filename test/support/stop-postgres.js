/**
 * After a Jest run: stops the embedded PostgreSQL of this run and of earlier runs that were interrupted, and deletes
 * their folders. Plain JavaScript, because Jest does not transform a global teardown that is an ES module.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDER = /^hasivu-jest-(\d+)$/;

export default async function stopPostgres(_globalConfig, projectConfig) {
  for (const name of await readdir(os.tmpdir())) {
    const run = FOLDER.exec(name)?.[1];
    if (run === undefined || (run !== projectConfig.globals.testRun && isAlive(Number(run)))) continue;
    const folder = path.join(os.tmpdir(), name);
    await stop(path.join(folder, 'postgres', 'cluster', 'postmaster.pid'));
    await rm(folder, { recursive: true, force: true });
  }
}

async function stop(pidFile) {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (Number.isNaN(pid) || !isAlive(pid)) return;
  process.kill(pid, 'SIGQUIT'); // Immediate shutdown: nothing in the folder is kept.
  for (let attempt = 0; attempt < 100 && isAlive(pid); attempt++) await sleep(50);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
