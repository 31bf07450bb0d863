/**
 * When to try again: the ladder's slot, or a legal slot that the model makes worth more. The model only ranks; when it is missing, slow,
 * throws or answers anything but a probability for each moment, the answer is the ladder's to the byte. A small logged share of
 * the choices is drawn among the legal slots, and a tenth of the payers never leave the ladder: that measures what the model adds.
 */
import { dayOf } from '../../core/days.js';
import { declineCause } from '../../core/decline-reasons.js';
import { afterFailure } from '../../features/retry/moment.js';
import type { RetryContext, RetryEstimate, RetryMoment } from '../../features/retry/moment.js';
import { explain } from './explain.js';
import { explorationDraws, isOnLadder } from './hold-out.js';
import { ladderSlot } from './ladder.js';
import type { LegalSlots, Slot, Veto } from './legal-slots.js';
import { legalSlots } from './legal-slots.js';
import { nextAttemptMs, worthOfSlots } from './policy.js';
import type { SlotWorth } from './policy.js';
import { POLICY, RETRY } from './settings.js';
import type { PolicySettings, RetrySettings } from './settings.js';
import type { DebitSituation } from './situation.js';

export interface RetryDeps {
  /** Null: without a model. */
  readonly estimate: RetryEstimate | null;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  readonly settings?: RetrySettings;
  readonly policy?: PolicySettings;
}

/** Whose debit it is, and what the model is told of the next attempt beside its slot. */
export interface RetrySubject {
  readonly payerId: string;
  /** The same for all attempts of a cycle: the invoice. */
  readonly chainId: string;
  readonly context: RetryContext;
}

export type ChoiceReason =
  | 'result-awaited'
  | 'no-legal-slot'
  | 'held-out'
  | 'no-model'
  | 'model-failed'
  | 'model-slow'
  | 'model-invalid'
  | 'ladder-is-best'
  | 'better-slot'
  | 'explored'
  | 'not-worth-it';

interface ConsideredSlot {
  readonly atMs: number;
  readonly successProbability: number;
  readonly worthPaise: number;
}

export interface RetryChoice {
  /** Null: no further attempt, or (`result-awaited`) not before the last one has a result. */
  readonly slot: Slot | null;
  readonly chosenBy: 'ladder' | 'model' | 'exploration';
  readonly arm: 'model' | 'hold-out';
  /** Of this slot; 1 where nothing was drawn. */
  readonly propensity: number;
  readonly successProbability: number | null;
  readonly ladderAtMs: number | null;
  /** How many slots could be drawn by lot; all legal ones where the model had no say. */
  readonly eligible: number;
  /** The ladder's slot, the chosen one and the best by the model; empty without it. */
  readonly considered: readonly ConsideredSlot[];
  readonly vetoes: readonly Veto[];
  readonly reason: ChoiceReason;
  /** The same in a sentence for people. */
  readonly explanation: string;
}

/** What is decided; its sentence comes last. */
export type Verdict = Omit<RetryChoice, 'explanation'>;

export function chooseRetry(
  deps: RetryDeps,
  situation: DebitSituation,
  subject: RetrySubject,
  nowMs: number,
): RetryChoice {
  const verdict = decide(deps, situation, subject, nowMs);
  return { ...verdict, explanation: explain(verdict) };
}

function decide(deps: RetryDeps, situation: DebitSituation, subject: RetrySubject, nowMs: number): Verdict {
  const policy = deps.policy ?? POLICY;
  const legal = legalSlots(situation, nowMs, deps.settings ?? RETRY);
  const arm = isOnLadder(subject.payerId, policy.heldOutShare) ? 'hold-out' : 'model';
  const floor = ladderChoice(situation, legal, arm);
  if (floor.slot === null) return floor;
  if (arm === 'hold-out') return { ...floor, reason: 'held-out' };
  if (deps.estimate === null) return floor;
  const worth = askModel({ ...deps, estimate: deps.estimate }, { situation, subject, legal, nowMs });
  if (typeof worth === 'string') return { ...floor, reason: worth };
  return preferred(floor, { situation, subject, legal, nowMs, worth, policy });
}

/** What is done without a model. */
function ladderChoice(situation: DebitSituation, legal: LegalSlots, arm: RetryChoice['arm']): Verdict {
  const slot = ladderSlot(situation, legal.slots);
  return {
    slot,
    chosenBy: 'ladder',
    arm,
    propensity: 1,
    successProbability: null,
    ladderAtMs: slot?.atMs ?? null,
    eligible: legal.slots.length,
    considered: [],
    vetoes: legal.vetoes,
    reason: slot === null ? reasonForNone(legal) : 'no-model',
  };
}

function reasonForNone({ vetoes }: LegalSlots): ChoiceReason {
  const waits = vetoes.some(({ rule }) => rule === 'outcome-unresolved' || rule === 'outcome-pending');
  return waits ? 'result-awaited' : 'no-legal-slot';
}

interface Question {
  readonly situation: DebitSituation;
  readonly subject: RetrySubject;
  readonly legal: LegalSlots;
  readonly nowMs: number;
}

type Fault = 'model-failed' | 'model-slow' | 'model-invalid';

/** Thrown through the policy to stop it at the first answer that is none. */
const INVALID = new Error('no probability for each moment');

function askModel(
  deps: RetryDeps & { readonly estimate: RetryEstimate },
  { situation, subject, legal, nowMs }: Question,
): SlotWorth | Fault {
  const policy = deps.policy ?? POLICY;
  const startedAt = deps.stopwatch();
  try {
    const worth = worthOfSlots(
      {
        method: situation.method,
        amountPaise: Number(situation.amountPaise),
        attempt: situation.attempts.length + 1,
        slots: legal.slots,
        nowMs,
        successOf: (attempt, slots) => {
          const answer = deps.estimate(slots.map(({ atMs }) => momentAt(situation, subject, attempt, atMs)));
          if (!isProbabilities(answer, slots.length)) throw INVALID;
          return answer;
        },
      },
      policy,
    );
    return deps.stopwatch() - startedAt > policy.budgetMs ? 'model-slow' : worth;
  } catch (thrown) {
    return thrown === INVALID ? 'model-invalid' : 'model-failed';
  }
}

function isProbabilities(answer: unknown, length: number): answer is Float64Array {
  return answer instanceof Float64Array && answer.length === length && answer.every((p) => p >= 0 && p <= 1);
}

/** Attempts after the next one are imagined as soon as they may follow failures for the same reason. */
function momentAt(
  situation: DebitSituation,
  { context }: RetrySubject,
  attempt: number,
  atMs: number,
): RetryMoment {
  const gapMs = nextAttemptMs(situation.method);
  let imagined: RetryContext = { ...context, attempt: situation.attempts.length + 1 };
  for (let before = attempt - imagined.attempt; before > 0; before--) {
    imagined = afterFailure(
      { ...imagined, slotAtMs: atMs - before * gapMs },
      context.declineClass ?? 'undisclosed',
    );
  }
  return { ...imagined, slotAtMs: atMs };
}

interface Ranking extends Question {
  readonly worth: SlotWorth;
  readonly policy: PolicySettings;
}

function preferred(floor: Verdict, { situation, subject, legal, nowMs, worth, policy }: Ranking): Verdict {
  const { slots } = legal;
  const ladder = slots.findIndex(({ atMs }) => atMs === floor.ladderAtMs);
  const choosable = mayWait(situation) ? slots.length : slotsUpTo(slots, floor.ladderAtMs);
  const best = bestIndex(worth.worth.subarray(0, choosable));
  const tiePaise = Number(situation.amountPaise) * policy.marginShare * policy.tieShare;
  const isTie = at(worth.worth, best) <= at(worth.worth, ladder) + tiePaise;
  const greedy = isTie ? ladder : best;
  const consider = (i: number): ConsideredSlot => ({
    atMs: slots[i]?.atMs ?? 0,
    successProbability: at(worth.success, i),
    worthPaise: Math.round(at(worth.worth, i)),
  });
  const isNear = ({ atMs }: Slot): boolean => atMs <= nowMs + policy.exploredWithinMs;
  const eligible = Math.max(1, slots.slice(0, choosable).filter(isNear).length);
  const [chance, place] = explorationDraws(subject.chainId, situation.attempts.length + 1);
  const isExplored = chance < policy.exploredShare;
  const chosen = isExplored ? Math.floor(place * eligible) : greedy;
  if (!isExplored && at(worth.worth, greedy) <= 0) return givenUp(floor, policy);
  const drawn = chosen < eligible ? policy.exploredShare / eligible : 0;
  return {
    ...floor,
    slot: slots[chosen] ?? null,
    chosenBy: isExplored ? 'exploration' : chosen === ladder ? 'ladder' : 'model',
    eligible,
    propensity: drawn + (chosen === greedy ? 1 - policy.exploredShare : 0),
    successProbability: at(worth.success, chosen),
    considered: [...new Set([ladder, chosen, best])].map(consider),
    reason: isExplored ? 'explored' : chosen === ladder ? 'ladder-is-best' : 'better-slot',
  };
}

/**
 * Who was short of money may be asked on a later day than the ladder's, when the salary is in; after any other failure the model may
 * only come earlier. In simulated worlds that keeps all of the gain, and never waiting keeps a tenth of it.
 */
function mayWait(situation: DebitSituation): boolean {
  const reason = situation.attempts.findLast(({ status }) => status === 'failed')?.reason ?? '';
  return declineCause(reason, { method: situation.method, isRecurring: true }).class === 'funds';
}

/** How many slots lie on the ladder's day or before. */
function slotsUpTo(slots: readonly Slot[], ladderAtMs: number | null): number {
  return slots.filter(({ atMs }) => dayOf(atMs) <= dayOf(ladderAtMs ?? 0)).length;
}

/** Every try costs more than it may bring. */
function givenUp(floor: Verdict, { exploredShare }: PolicySettings): Verdict {
  return { ...floor, slot: null, chosenBy: 'model', propensity: 1 - exploredShare, reason: 'not-worth-it' };
}

function at(values: Float64Array, i: number): number {
  return values[i] ?? 0;
}

/** The earliest of the best. */
function bestIndex(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (at(values, i) > at(values, best)) best = i;
  return best;
}
