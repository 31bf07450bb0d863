/**
 * Progress on standard error: at a terminal a bar with count, rate and time left; elsewhere one line at the start and one
 * at the end, so that logs of scheduled jobs stay short.
 */
import { SingleBar } from 'cli-progress';
import type { Params } from 'cli-progress';

export interface Progress {
  /** `done` rows, or whatever the label counts, so far; `total` as soon as it is known. */
  update(done: number, total?: number): void;
  finish(): void;
  fail(): void;
}

export function openProgress(stderr: NodeJS.WriteStream, label: string, total?: number): Progress {
  return stderr.isTTY ? barProgress(stderr, label, total) : lineProgress(stderr, label);
}

const LABEL_WIDTH = 28;
const BAR_WIDTH = 24;
const FRAMES_PER_SECOND = 5;

function barProgress(stderr: NodeJS.WriteStream, label: string, total?: number): Progress {
  const seconds = stopwatch();
  let failed = false;
  const format = (_options: unknown, { value, total: known }: Params) => {
    const line = `${label.padEnd(LABEL_WIDTH)} ${describe(value, known, seconds())}`;
    return failed ? `${line} failed` : line;
  };
  const bar = new SingleBar({
    format,
    stream: stderr,
    fps: FRAMES_PER_SECOND,
    hideCursor: true,
    linewrap: false,
  });
  bar.start(total ?? 0, 0);
  return {
    update: (done, newTotal) => {
      if (newTotal !== undefined && newTotal !== bar.getTotal()) bar.setTotal(newTotal);
      bar.update(done);
    },
    finish: () => {
      bar.stop();
    },
    fail: () => {
      failed = true;
      bar.stop();
    },
  };
}

/** A total of 0 is unknown: then there is no bar and no time left. */
function describe(done: number, total: number, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  if (total === 0) return `${count(done)} | ${count(rate)}/s | ${duration(seconds)}`;
  const filled = Math.round(BAR_WIDTH * Math.min(1, done / total));
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const left =
    done >= total
      ? `${duration(seconds)} in all`
      : `${rate > 0 ? duration((total - done) / rate) : '?'} left`;
  return `${bar} ${count(done)}/${count(total)} | ${count(rate)}/s | ${left}`;
}

function lineProgress(stderr: NodeJS.WriteStream, label: string): Progress {
  const seconds = stopwatch();
  let latest = 0;
  const end = (outcome: string): void => {
    const elapsed = seconds();
    const rate = elapsed > 0 ? latest / elapsed : 0;
    stderr.write(`${label}: ${outcome}, ${count(latest)} in ${duration(elapsed)} (${count(rate)}/s)\n`);
  };
  stderr.write(`${label}: started\n`);
  return {
    update: (done) => {
      latest = done;
    },
    finish: () => {
      end('done');
    },
    fail: () => {
      end('failed');
    },
  };
}

function stopwatch(): () => number {
  const startedMs = performance.now();
  return () => (performance.now() - startedMs) / 1000;
}

function count(quantity: number): string {
  return Math.round(quantity).toLocaleString('en-IN');
}

function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
