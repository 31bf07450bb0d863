/** Ctrl-C and the supervisor's TERM end the main job in order; a second signal ends it at once. */
export interface StopSignal {
  readonly stopped: Promise<void>;
  /** Stops for a reason of our own: rejects `stopped`. */
  now(cause: Error): void;
}

export function untilStopped(): StopSignal {
  let now: (cause: Error) => void = () => undefined;
  const stopped = new Promise<void>((resolve, reject) => {
    now = reject;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // Told before anybody waits, a lost lock must not count as an unhandled rejection.
  stopped.catch(() => undefined);
  return { stopped, now: (cause) => now(cause) };
}
