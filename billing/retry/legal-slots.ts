/**
 * When a debit may be tried: every half hour of the horizon that no rule vetoes. Each rule is one small function with its number in
 * the law (India rules U1-U15, E1-E7) and knows nothing of the others; a model only ranks what is left. The vetoes are counted, so
 * that "no slot" explains itself. Pure: the same situation at the same instant has the same slots.
 */
import { dayOf } from '../../core/days.js';
import { declineCause } from '../../core/decline-reasons.js';
import type { DeclineCause } from '../../core/decline-reasons.js';
import { isBankDay } from './bank-days.js';
import { unapprovedLimitPaise } from './limits.js';
import { noticeLeadMs } from './notice.js';
import { periodNumber } from './registered-period.js';
import { RETRY } from './settings.js';
import type { RetrySettings } from './settings.js';
import type { DebitSituation, PresentedAttempt } from './situation.js';
import { isOpenHour, needsBankDay } from './windows.js';

export interface Slot {
  readonly atMs: number;
  /** When its notice is to be sent; null when none is needed, or the one that was delivered holds. */
  readonly noticeAtMs: number | null;
}

export interface Veto {
  readonly rule: RuleName;
  /** In the law (India rules), or null for a rule of ours. */
  readonly law: string | null;
  /** How many slots of the horizon it excludes; rules may exclude the same slot. */
  readonly slots: number;
}

export interface LegalSlots {
  /** Ascending. */
  readonly slots: readonly Slot[];
  readonly vetoes: readonly Veto[];
}

/** One execution and three retries. */
export const MOST_ATTEMPTS = 4;

/** Excludes every slot: it looks at the debit and not at the clock. */
const STANDING = {
  'outcome-unresolved': ['U5 U13', (s) => s.hasUnresolved || s.attempts.some(isUnresolved)],
  'outcome-pending': ['U13', (s) => causes(s).some((cause) => cause.class === 'pending')],
  'already-paid': ['U13', (s) => s.duePaise <= 0n || s.attempts.some(({ status }) => status === 'succeeded')],
  'attempts-used': ['U2', (s) => s.attempts.length >= MOST_ATTEMPTS],
  'never-repeated': [null, (s) => causes(s).some(isFinal)],
  'no-reason-twice': [null, (s, settings) => undisclosed(s) >= settings.mostUndisclosed],
  'mandate-unapproved': ['E1 U9', (s) => s.mandate.confirmedAt === null],
  'mandate-inactive': ['U8', (s) => s.mandate.status !== 'active'],
  'above-mandate': ['U6', (s) => s.amountPaise > s.mandate.maxPaise],
  'more-than-due': ['E7', (s) => s.amountPaise > s.duePaise],
  'opted-out': ['E5', (s) => s.isSkipped],
  'chain-blocked': [null, (s) => s.chainBlocked],
} as const satisfies Record<string, readonly [string | null, StandingRule]>;

type StandingRule = (situation: DebitSituation, settings: RetrySettings) => boolean;

/** Each is bound to the situation once and then asked for every slot. */
const OF_SLOT = {
  'peak-hours': [
    'U1',
    ({ method }) =>
      (slot) =>
        !isOpenHour(method, slot.atMs),
  ],
  'notice-lead': ['U3 E4', isTooSoonAfterNotice],
  'bank-holiday': [
    'U11',
    ({ method }) =>
      (slot) =>
        needsBankDay(method) && !isBankDay(dayOf(slot.atMs)),
  ],
  'approval-limit': ['E2 E3', isAboveUnapprovedLimit],
  'period-used': ['U7', isPeriodUsed],
  'mandate-validity': ['E6', isOutsideValidity],
  'cycle-last-day': ['U5', isNotBeforeLastDay],
  'before-result': [
    'U5',
    ({ attempts }) =>
      (slot) =>
        attempts.some((attempt) => slot.atMs <= knownAt(attempt)),
  ],
  backoff: [null, isWithinBackoff],
  'same-day': [null, isOnDayOfFailure],
  downtime: ['U14', isDuringDowntime],
} as const satisfies Record<string, readonly [string | null, SlotRule]>;

type SlotRule = (
  situation: DebitSituation,
  settings: RetrySettings,
  nowMs: number,
) => (slot: Slot) => boolean;

export type RuleName = keyof typeof STANDING | keyof typeof OF_SLOT;

/** The slots after `nowMs` at which the debit may be tried, and what excluded the others. */
export function legalSlots(
  situation: DebitSituation,
  nowMs: number,
  settings: RetrySettings = RETRY,
): LegalSlots {
  const candidates = grid(situation, nowMs, settings);
  const vetoes: Veto[] = [];
  for (const [rule, [law, excludes]] of entries(STANDING)) {
    if (excludes(situation, settings)) vetoes.push({ rule, law, slots: candidates.length });
  }
  const isLegal = new Uint8Array(candidates.length).fill(vetoes.length === 0 ? 1 : 0);
  for (const [rule, [law, bind]] of entries(OF_SLOT)) {
    const excludes = bind(situation, settings, nowMs);
    let slots = 0;
    candidates.forEach((slot, i) => {
      if (!excludes(slot)) return;
      isLegal[i] = 0;
      slots++;
    });
    if (slots > 0) vetoes.push({ rule, law, slots });
  }
  return { slots: candidates.filter((_, i) => isLegal[i] === 1), vetoes };
}

function entries<T extends object>(table: T): [keyof T, T[keyof T]][] {
  return Object.entries(table) as [keyof T, T[keyof T]][];
}

function grid(situation: DebitSituation, nowMs: number, settings: RetrySettings): Slot[] {
  const { gridMs, horizonMs, noticeAheadMs } = settings;
  const needsNotice =
    noticeLeadMs(situation.method) !== null && noticeThatHolds(situation, settings) === null;
  const slots: Slot[] = [];
  for (let atMs = (Math.floor(nowMs / gridMs) + 1) * gridMs; atMs <= nowMs + horizonMs; atMs += gridMs) {
    slots.push({ atMs, noticeAtMs: needsNotice ? Math.max(nowMs, atMs - noticeAheadMs) : null });
  }
  return slots;
}

/** A notice covers one attempt, unless the settings let it cover the cycle. */
function noticeThatHolds(
  { noticedAt, attempts }: DebitSituation,
  { freshNotice }: RetrySettings,
): number | null {
  if (noticedAt === null) return null;
  return freshNotice && attempts.some(({ slotAt }) => slotAt >= noticedAt) ? null : noticedAt;
}

function isUnresolved({ status }: PresentedAttempt): boolean {
  return status === 'unresolved';
}

function causeOf(situation: DebitSituation, { reason }: PresentedAttempt): DeclineCause {
  return declineCause(reason ?? '', { method: situation.method, isRecurring: true });
}

function causes(situation: DebitSituation): DeclineCause[] {
  return failed(situation).map((attempt) => causeOf(situation, attempt));
}

function failed({ attempts }: DebitSituation): PresentedAttempt[] {
  return attempts.filter(({ status }) => status === 'failed');
}

function isFinal(cause: DeclineCause): boolean {
  return cause.autoRetry === 'never' && cause.class !== 'pending';
}

function undisclosed(situation: DebitSituation): number {
  return causes(situation).filter((cause) => cause.class === 'undisclosed').length;
}

function knownAt(attempt: PresentedAttempt): number {
  return Math.max(attempt.slotAt, attempt.resolvedAt ?? attempt.slotAt);
}

function isTooSoonAfterNotice(situation: DebitSituation, settings: RetrySettings): (slot: Slot) => boolean {
  const leadMs = noticeLeadMs(situation.method);
  if (leadMs === null) return () => false;
  const delivered = noticeThatHolds(situation, settings);
  return ({ atMs, noticeAtMs }) => {
    const noticedAt = noticeAtMs === null ? delivered : noticeAtMs + settings.deliveryMs;
    return noticedAt === null || atMs < noticedAt + leadMs;
  };
}

function isAboveUnapprovedLimit({ method, purpose, amountPaise }: DebitSituation): (slot: Slot) => boolean {
  return ({ atMs }) => {
    const limitPaise = unapprovedLimitPaise(method, purpose, dayOf(atMs));
    return limitPaise !== null && amountPaise > limitPaise;
  };
}

function isPeriodUsed({ mandate: { frequency, debitedAt } }: DebitSituation): (slot: Slot) => boolean {
  if (frequency === 'as_presented') return () => false;
  const used = new Set(debitedAt.map((atMs) => periodNumber(frequency, dayOf(atMs))));
  return ({ atMs }) => used.has(periodNumber(frequency, dayOf(atMs)));
}

function isOutsideValidity({ mandate }: DebitSituation): (slot: Slot) => boolean {
  const startsAt = mandate.startsAt ?? mandate.confirmedAt ?? Infinity;
  return ({ atMs }) => atMs < startsAt || atMs >= mandate.expiresAt;
}

function isNotBeforeLastDay({ cycle }: DebitSituation): (slot: Slot) => boolean {
  const lastDay = dayOf(cycle.endAt - 1);
  return ({ atMs }) => atMs < cycle.startAt || dayOf(atMs) >= lastDay;
}

function isWithinBackoff(situation: DebitSituation, { backoffMs }: RetrySettings): (slot: Slot) => boolean {
  const until = Math.max(-Infinity, ...failed(situation).map((attempt) => knownAt(attempt) + backoffMs));
  return ({ atMs }) => atMs < until;
}

/** Only a technical failure may be repeated on the day that it happened. */
function isOnDayOfFailure(situation: DebitSituation): (slot: Slot) => boolean {
  const days = failed(situation)
    .filter((attempt) => causeOf(situation, attempt).autoRetry !== 'backoff')
    .map(({ slotAt }) => dayOf(slotAt));
  const last = Math.max(-Infinity, ...days);
  return ({ atMs }) => dayOf(atMs) <= last;
}

function isDuringDowntime(
  { downtimes }: DebitSituation,
  settings: RetrySettings,
  nowMs: number,
): (slot: Slot) => boolean {
  const spans = downtimes.map(({ startsAt, endsAt }) => ({
    startsAt,
    endsAt: endsAt ?? Math.max(startsAt, nowMs) + settings.openDowntimeMs,
  }));
  return ({ atMs }) => spans.some(({ startsAt, endsAt }) => atMs >= startsAt && atMs < endsAt);
}
