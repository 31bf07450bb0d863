/**
 * AssemblyScript: the loops of growing trees, as jobs that several threads share. The caller lays out the memory, writes
 * a job's arguments and leads it; workers serve. The result of every job is the same for any number of threads.
 */
import { binColumns, pack, sortColumns } from './grow-bins';
import { count } from './grow-count';
import { awaitDone, awaitTicket, JOB, publish, reportDone } from './grow-crew';
import { derive, round } from './grow-loss';
import { addLeaves, join, listRows, part, walk } from './grow-rows';
import { settle } from './grow-scan';

export { ARGS, DONE, FAILED, FREE, MAX_THREADS, READY, REALS, TICKET } from './grow-crew';
export { CHUNK } from './grow-loss';
export { STRIDE } from './grow-count';
export { drawRows } from './grow-rows';

const QUIT: i32 = 0;
export const SORT: i32 = 1;
export const BIN: i32 = 2;
export const PACK: i32 = 3;
export const DERIVE: i32 = 4;
export const ROUND: i32 = 5;
export const LIST: i32 = 6;
export const COUNT: i32 = 7;
export const SETTLE: i32 = 8;
export const PART: i32 = 9;
export const JOIN: i32 = 10;
export const ADD: i32 = 11;
export const WALK: i32 = 12;

function work(job: i32, thread: i32, threads: i32): void {
  switch (job) {
    case SORT: return sortColumns(thread, threads);
    case BIN: return binColumns(thread, threads);
    case PACK: return pack(thread, threads);
    case DERIVE: return derive(thread, threads);
    case ROUND: return round(thread, threads);
    case LIST: return listRows(thread, threads);
    case COUNT: return count(thread, threads);
    case SETTLE: return settle(thread, threads);
    case PART: return part(thread, threads);
    case JOIN: return join(thread, threads);
    case ADD: return addLeaves(thread, threads);
    case WALK: return walk(thread, threads);
  }
}

/** Does the job with this many threads, the caller one of them. */
export function lead(job: i32, threads: i32): void {
  if (threads == 1) return work(job, 0, 1);
  publish(job, threads);
  work(job, 0, threads);
  awaitDone(threads - 1);
}

/** The life of the worker with this number, from 1: takes part in jobs until the caller quits. */
export function serve(thread: i32): void {
  let seen = 0;
  while (true) {
    seen = awaitTicket(seen);
    if (thread >= (seen & 255)) continue;
    const job = load<i32>(JOB);
    if (job == QUIT) return;
    work(job, thread, seen & 255);
    reportDone();
  }
}

/** Lets every worker go, also one that comes later. */
export function quit(): void {
  publish(QUIT, 255);
}
