/** What keeps the gate's answers in bounds, built together: how many, how late, how many blocks. One set for each gate. */
import type { Log } from '../core/log.js';
import { createAdmission } from './admission.js';
import type { Admission } from './admission.js';
import { createBreaker } from './breaker.js';
import type { Breaker } from './breaker.js';
import { createDeadline } from './deadline.js';
import type { ScoreInTime } from './deadline.js';
import { hashOfPolicy } from './policy-settings.js';
import type { Policy } from './policy-settings.js';

export interface Safeguards {
  readonly admission: Admission;
  readonly breaker: Breaker;
  readonly score: ScoreInTime;
  readonly policy: Policy;
  readonly policyHash: string;
}

interface SafeguardsDeps {
  readonly log: Log;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  readonly policy: Policy;
  readonly maxInFlight: number;
}

export function createSafeguards({ log, stopwatch, policy, maxInFlight }: SafeguardsDeps): Safeguards {
  return {
    admission: createAdmission(maxInFlight),
    breaker: createBreaker(policy.blockCap, ({ open, ...counts }) => {
      if (open) log.error({ event: 'block-cap-open', ...counts });
      else log.info({ event: 'block-cap-closed', ...counts });
    }),
    score: createDeadline({
      stopwatch,
      onRest: (rest) => log.error({ event: 'model-too-slow', ...rest }),
    }),
    policy,
    policyHash: hashOfPolicy(policy),
  };
}
