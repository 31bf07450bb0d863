/**
 * AssemblyScript: where a job's arguments lie, and how threads share it. The leader writes the arguments, then a ticket
 * (job number and how many take part, in one word); whoever takes part does its share and counts itself done.
 */

/** Words of 32 bits, each that is written by several threads in a cache line of its own. */
export const TICKET: usize = 1024;
export const DONE: usize = 1088;
export const READY: usize = 1152;
export const FAILED: usize = 1216;
export const JOB: usize = 1280;
/** Arguments of the job: 32 integers and 32 doubles. */
export const ARGS: usize = 1344;
export const REALS: usize = 1472;
/** Scratch of each thread. */
export const SCRATCH: usize = 4096;
export const SCRATCH_BYTES: usize = 4096;
export const MAX_THREADS: i32 = 16;
/** First byte that the kernel leaves to its caller. */
export const FREE: usize = SCRATCH + SCRATCH_BYTES * 16;

/** A few microseconds: jobs follow one another closely, and waking a sleeper takes longer. */
const SPINS: i32 = 20000;

// @ts-ignore: decorator
@inline
export function arg(k: usize): usize {
  return load<u32>(ARGS + (k << 2));
}

// @ts-ignore: decorator
@inline
export function real(k: usize): f64 {
  return load<f64>(REALS + (k << 3));
}

/** First item of the thread's share of `count`; that of the next thread is its end. */
export function share(count: usize, thread: i32, threads: i32): usize {
  return <usize>((<u64>count * <u64>thread) / <u64>threads);
}

/** Waits for a ticket other than `seen` and returns it. */
export function awaitTicket(seen: i32): i32 {
  for (let spin = 0; spin < SPINS; spin++) {
    const ticket = atomic.load<i32>(TICKET);
    if (ticket != seen) return ticket;
  }
  let ticket = atomic.load<i32>(TICKET);
  while (ticket == seen) {
    atomic.wait<i32>(TICKET, seen, -1);
    ticket = atomic.load<i32>(TICKET);
  }
  return ticket;
}

export function reportDone(): void {
  atomic.add<i32>(DONE, 1);
  atomic.notify(DONE, 1);
}

/** Calls `threads - 1` workers to the job whose number and arguments are written. */
export function publish(job: i32, threads: i32): void {
  store<i32>(JOB, job);
  atomic.store<i32>(DONE, 0);
  const number = (atomic.load<i32>(TICKET) >>> 8) + 1;
  atomic.store<i32>(TICKET, (number << 8) | threads);
  atomic.notify(TICKET, -1);
}

export function awaitDone(workers: i32): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(DONE) == workers) return;
  }
  let done = atomic.load<i32>(DONE);
  while (done < workers) {
    atomic.wait<i32>(DONE, done, -1);
    done = atomic.load<i32>(DONE);
  }
}
