/**
 * The Indian rules of unattended debits read a second time, without a line of billing/retry: local times as text, one debit and one
 * instant at a time. It names the first rule that a debit at a slot would break. Judges of other code must not share its mistakes.
 */
import type { Slot } from '../../billing/retry/legal-slots.js';
import type { DebitSituation } from '../../billing/retry/situation.js';
import { declineCause } from '../../core/decline-reasons.js';
import type { DeclineCause } from '../../core/decline-reasons.js';
import { publicHolidays } from '../../core/holidays.js';

const HOUR = 3_600_000;

const texts = new Map<number, string>();

/** `2026-03-02T14:30:00` as a clock in Kolkata shows it; kept, as the checks ask again and again. */
function local(atMs: number): string {
  const known = texts.get(atMs);
  if (known !== undefined) return known;
  if (texts.size > 100_000) texts.clear();
  const text = new Date(atMs + 19_800_000).toISOString().slice(0, 19);
  texts.set(atMs, text);
  return text;
}

const dateOf = (atMs: number): string => local(atMs).slice(0, 10);
const timeOf = (atMs: number): string => local(atMs).slice(11, 16);

type Check = (s: DebitSituation, slot: Slot, nowMs: number) => boolean;

const causes = new Map<string, DeclineCause>();

function recurring({ method }: DebitSituation, reason: string | null): DeclineCause {
  const key = `${method} ${reason}`;
  const cause = causes.get(key) ?? declineCause(reason ?? '', { method, isRecurring: true });
  causes.set(key, cause);
  return cause;
}

const isBank = (s: DebitSituation): boolean => ['emandate', 'nach'].includes(s.method);
const isWithNotice = (s: DebitSituation): boolean => ['upi', 'card'].includes(s.method);
const failures = (s: DebitSituation) => s.attempts.filter((attempt) => attempt.status === 'failed');

/** When the payer will have known of the debit: by the notice that is sent for it, or by one delivered since the last attempt. */
function informedAt(s: DebitSituation, slot: Slot): number {
  if (slot.noticeAtMs !== null) return slot.noticeAtMs;
  const last = Math.max(0, ...s.attempts.map(({ slotAt }) => slotAt));
  return s.noticedAt !== null && s.noticedAt > last ? s.noticedAt : Infinity;
}

function week(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

function registeredPeriod(frequency: string, atMs: number): string {
  const date = dateOf(atMs);
  const names: Record<string, string> = {
    daily: date,
    weekly: week(date),
    monthly: date.slice(0, 7),
    quarterly: `${date.slice(0, 4)} ${Math.ceil(Number(date.slice(5, 7)) / 3)}`,
    yearly: date.slice(0, 4),
  };
  return names[frequency] ?? '';
}

function isClosedForBanks(atMs: number): boolean {
  const date = dateOf(atMs);
  const name = new Date(`${date}T00:00:00Z`).getUTCDay();
  const ordinal = Math.floor((Number(date.slice(8)) - 1) / 7) + 1;
  if (name === 0 || (name === 6 && (ordinal === 2 || ordinal === 4))) return true;
  const listed = publicHolidays('MH', Number(date.slice(0, 4))).map((day) =>
    new Date(day * 24 * HOUR).toISOString().slice(0, 10),
  );
  return date.slice(5) === '04-01' || listed.includes(date);
}

/** Broken by the debit itself, whatever the instant. */
const OF_DEBIT: Readonly<Record<string, (s: DebitSituation) => boolean>> = {
  U2: (s) => s.attempts.length + 1 > 4,
  U6: (s) => s.amountPaise > s.mandate.maxPaise,
  U8: (s) => s.mandate.status !== 'active',
  U9: (s) => ['created', 'pending'].includes(s.mandate.status),
  U13: (s) =>
    s.duePaise === 0n ||
    s.attempts.some(({ status }) => status === 'succeeded') ||
    failures(s).some(({ reason }) => recurring(s, reason).class === 'pending'),
  E1: (s) => s.mandate.confirmedAt === null,
  E2: (s) => isWithNotice(s) && s.purpose === 'general' && s.amountPaise > 1_500_000n,
  E3: (s) => isWithNotice(s) && s.amountPaise > 10_000_000n,
  E5: (s) => s.isSkipped,
  E7: (s) => s.amountPaise > s.duePaise,
  'blocked chain': (s) => s.chainBlocked,
};

/** Broken by this debit at this instant. */
const OF_INSTANT: Readonly<Record<string, Check>> = {
  U1: (s, { atMs }) => {
    const at = timeOf(atMs);
    return s.method === 'upi' && ((at >= '10:00' && at < '13:00') || (at >= '17:00' && at < '21:30'));
  },
  U3: (s, slot) =>
    isWithNotice(s) &&
    slot.atMs - informedAt(s, slot) < (s.method === 'upi' ? 25 * HOUR : 36 * HOUR + 300_000),
  U4: (_, slot, nowMs) => slot.noticeAtMs !== null && slot.noticeAtMs < nowMs,
  U5: (s, { atMs }) =>
    atMs < s.cycle.startAt ||
    dateOf(atMs) >= dateOf(s.cycle.endAt - 1) ||
    s.hasUnresolved ||
    s.attempts.some((attempt) => attempt.status === 'unresolved' || (attempt.resolvedAt ?? 0) >= atMs),
  U7: (s, { atMs }) =>
    s.mandate.frequency !== 'as_presented' &&
    s.mandate.debitedAt.some(
      (used) => registeredPeriod(s.mandate.frequency, used) === registeredPeriod(s.mandate.frequency, atMs),
    ),
  U11: (s, { atMs }) => isBank(s) && (isClosedForBanks(atMs) || timeOf(atMs) >= '09:00'),
  U14: (s, { atMs }, nowMs) =>
    s.downtimes.some(
      ({ startsAt, endsAt }) => startsAt <= atMs && atMs < (endsAt ?? Math.max(nowMs, startsAt) + 6 * HOUR),
    ),
  E4: (s, slot) => isWithNotice(s) && slot.atMs - informedAt(s, slot) < 24 * HOUR,
  E6: (s, { atMs }) =>
    atMs >= s.mandate.expiresAt || (s.mandate.startsAt !== null && atMs < s.mandate.startsAt),
  'decline class': (s, { atMs }) =>
    failures(s).some(({ reason, slotAt, resolvedAt }) => {
      const { autoRetry } = recurring(s, reason);
      if (autoRetry === 'never') return true;
      if (autoRetry !== 'backoff' && dateOf(atMs) <= dateOf(slotAt)) return true;
      return atMs < (resolvedAt ?? slotAt) + HOUR;
    }) || failures(s).filter(({ reason }) => recurring(s, reason).class === 'undisclosed').length > 1,
  past: (_, { atMs }, nowMs) => atMs <= nowMs,
};

const debitRules = new WeakMap<DebitSituation, readonly string[]>();

function brokenByDebit(situation: DebitSituation): readonly string[] {
  const known = debitRules.get(situation);
  if (known !== undefined) return known;
  const broken = Object.entries(OF_DEBIT).flatMap(([rule, isBroken]) => (isBroken(situation) ? [rule] : []));
  debitRules.set(situation, broken);
  return broken;
}

const INSTANT_RULES = Object.entries(OF_INSTANT);

/** Numbers of the rules that a debit at the slot would break. */
export function brokenRules(situation: DebitSituation, slot: Slot, nowMs: number): string[] {
  const broken = [...brokenByDebit(situation)];
  for (const [rule, isBroken] of INSTANT_RULES) if (isBroken(situation, slot, nowMs)) broken.push(rule);
  return broken;
}
