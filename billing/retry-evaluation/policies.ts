/** The policies that are compared on the same failed debits: the ladder, ours, the oracle, and one that draws among the legal slots to learn. */
import { dayOf } from '../../core/days.js';
import type { Random } from '../../core/random.js';
import type { RetryEstimate } from '../../features/retry/moment.js';
import type { Calendar } from '../../ingest/simulate/calendar.js';
import { chooseRetry } from '../retry/choose.js';
import { ladderSlot } from '../retry/ladder.js';
import { legalSlots, MOST_ATTEMPTS } from '../retry/legal-slots.js';
import { nextAttemptMs } from '../retry/policy.js';
import { POLICY, RETRY } from '../retry/settings.js';
import type { Policy } from './chain.js';
import { oracleSlot } from './oracle.js';

export const ladderPolicy: Policy = ({ situation, nowMs }) =>
  ladderSlot(situation, legalSlots(situation, nowMs).slots)?.atMs ?? null;

/** Without hold-out and exploration: what is chosen where the model decides. */
const GREEDY = { ...POLICY, exploredShare: 0, heldOutShare: 0 };

export function modelPolicy(estimate: RetryEstimate): Policy {
  return ({ situation, context, debit, nowMs }) => {
    const subject = { payerId: debit.payer.id, chainId: debit.paymentId, context };
    const deps = { estimate, stopwatch: () => 0, policy: GREEDY };
    return chooseRetry(deps, situation, subject, nowMs).slot?.atMs ?? null;
  };
}

export function oraclePolicy(calendar: Calendar): Policy {
  return ({ debit, situation, nowMs, fate }) => {
    const { payer, instrument, amountPaise } = debit;
    return oracleSlot({
      debit: { account: payer, instrument, amountPaise },
      shock: fate.shock(dayOf(nowMs)),
      calendar,
      slots: legalSlots(situation, nowMs).slots.map(({ atMs }) => atMs),
      horizonMs: RETRY.horizonMs,
      gapMs: nextAttemptMs(situation.method),
      attemptsLeft: MOST_ATTEMPTS - situation.attempts.length,
      nowMs,
    });
  };
}

/** With this probability any legal slot, otherwise the ladder's: the log from which the first model learns. */
export function exploringPolicy(random: Random, share: number): Policy {
  return (step) => {
    if (random.unit() >= share) return ladderPolicy(step);
    const { slots } = legalSlots(step.situation, step.nowMs);
    return slots.length === 0 ? null : slots[random.below(slots.length)]!.atMs;
  };
}
