/**
 * Load shedding: at most so many decisions are in flight, and whoever comes beyond is told at once to come back. Waiting longer
 * than a caller waits is work for nobody, so the bound is on the number in the gate and not on a time
 * (Nygard 2018, "Release It!", ch. 5).
 */
import { unavailable } from '../core/group-commit.js';

export interface Admission {
  /** Decisions that have been let in and not yet answered. */
  inFlight(): number;
  /** @throws AppError `unavailable` when the gate is full; `work` is then not begun. */
  admit<T>(work: () => Promise<T>): Promise<T>;
}

export function createAdmission(maxInFlight: number): Admission {
  let inFlight = 0;
  return {
    inFlight: () => inFlight,
    async admit(work) {
      if (inFlight >= maxInFlight)
        throw unavailable('gate-overloaded', 'too many decisions are in flight; try again shortly');
      inFlight++;
      try {
        return await work();
      } finally {
        inFlight--;
      }
    },
  };
}
