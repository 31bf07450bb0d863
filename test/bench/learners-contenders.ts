/**
 * The contenders of the learners' benchmark, each a program of its own, so that its peak memory is its own. A program
 * reads its frames, says that it is ready, and then answers one line of JSON on stdin with one on stdout; between its
 * turns it waits. Only what a command asks for runs on its clock: reading files and writing predictions do not.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemEnvironment } from '../../core/config.js';
import { packageRoot } from '../../core/package-root.js';
import type { Block } from './learners-blocks.js';

export type Library = 'ours' | 'xgboost' | 'sklearn';

/** The same for all; no sampling of rows or columns, no early stopping. */
export interface TreeSettings {
  readonly trees: number;
  readonly depth: number;
  readonly leaves: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly minChildWeight: number;
  readonly bins: number;
}

/** What a program is started with. */
export interface Assignment {
  readonly columns: number;
  readonly threads: number;
  readonly settings: TreeSettings;
  /** A test block is predicted into a file of Float64. */
  readonly folds: readonly { readonly train: Block; readonly test: Block; readonly predictions: string }[];
}

export type Command =
  /** Fits every fold on its first `rows` training rows, all when null. Answers `Fitted`. */
  | { readonly command: 'fit'; readonly rows: number | null }
  /** Writes the predictions of every fold by its last model. Answers {}. */
  | { readonly command: 'predict' }
  /** Times the last model on the first fold's test rows. Answers `Timed`; of one thread. */
  | { readonly command: 'single' | 'batch' | 'explain'; readonly rows: number };

export interface Fitted {
  readonly seconds: number;
  /** Of these, to build the library's own matrix. */
  readonly matrixSeconds: number;
}

/** Microseconds a row: of each call in `single`, else of the whole divided by the rows. */
export interface Timed {
  readonly median: number;
  readonly p99: number;
}

export interface Memory {
  readonly nowMegabytes: number;
  readonly peakMegabytes: number;
}

export interface Contender {
  readonly library: Library;
  readonly threads: number;
  ask(command: Command & { command: 'fit' }): Promise<Fitted>;
  ask(command: Command & { command: 'predict' }): Promise<unknown>;
  ask(command: Command & { command: 'single' | 'batch' | 'explain' }): Promise<Timed>;
  /** Null where the system does not tell. */
  memory(): Memory | null;
  close(): Promise<void>;
}

export interface Peers {
  /** Null where no Python imports it. */
  readonly xgboost: Peer | null;
  readonly sklearn: Peer | null;
}

interface Peer {
  readonly python: string;
  readonly version: string;
}

const TITLES: Readonly<Record<Library, string>> = {
  ours: 'ours',
  xgboost: 'XGBoost hist',
  sklearn: 'scikit-learn',
};

export function title({ library, threads }: Pick<Contender, 'library' | 'threads'>): string {
  return `${TITLES[library]}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

export function findPeers(): Peers {
  return { xgboost: findPeer('xgboost'), sklearn: findPeer('sklearn') };
}

/** Debian's Python first: it is the one that apt gives the libraries to. */
function findPeer(module: string): Peer | null {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const found = spawnSync(python, ['-c', `import numpy, ${module}; print(${module}.__version__)`], {
      encoding: 'utf8',
    });
    if (found.status === 0) return { python, version: found.stdout.trim() };
  }
  return null;
}

/** Ready when this resolves: its frames are read and nothing else is done. */
export async function startContender(
  library: Library,
  peers: Peers,
  assignment: Assignment,
): Promise<Contender> {
  const [program, script] = programOf(library, peers);
  const threads = String(assignment.threads);
  const child = spawn(program, [script, JSON.stringify(assignment)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...systemEnvironment, OMP_NUM_THREADS: threads, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done !== true) return JSON.parse(value) as unknown;
    throw new Error(`${library} ended without an answer; its last words are above`);
  };
  await answer();
  return {
    library,
    threads: assignment.threads,
    // One command, one answer: the type of each is fixed by the overloads of the interface.
    ask: (async (command: Command) => {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      return answer();
    }) as Contender['ask'],
    memory: () => memoryOf(child.pid ?? 0),
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}

function programOf(library: Library, peers: Peers): [program: string, script: string] {
  if (library === 'ours')
    return [process.execPath, fileURLToPath(new URL('./learners-ours.js', import.meta.url))];
  const peer = peers[library];
  if (peer === null) throw new Error(`assertion failed: ${library} is not installed`);
  return [peer.python, path.join(packageRoot(), 'test/bench/peers', `${library}_peer.py`)];
}

/**
 * From /proc: what getrusage calls the peak of a child begins at the size of the parent that spawned it, the high-water
 * mark of its own address space does not.
 */
function memoryOf(pid: number): Memory | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const status = readFileSync(file, 'utf8');
  const megabytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024;
  return { nowMegabytes: megabytes('VmRSS'), peakMegabytes: megabytes('VmHWM') };
}
