/**
 * From what a comparison found and what stands from earlier runs to what has to change: parts to post, parts to reverse, the
 * exception to open or clear. Pure. What is wanted is derived anew each time and only its difference from what stands is
 * done, so a second run does nothing, and when the books catch up by themselves (a webhook that came late) the
 * adjustment that stood in for them is taken back.
 */
import type { EntryKind } from '../ledger/templates.js';
import type { Part } from './compare.js';
import type { Reason } from './reasons.js';

/** About one subject: `row:…`, `payment:…`, `refund:…`, `dispute:…`, `settlement:…`, `utr:…`, `credit:…`. */
export interface Finding {
  readonly subject: string;
  /** Why a person has to look; null: nobody has to. */
  readonly reason: Reason | null;
  /** Ours less theirs. */
  readonly differencePaise: bigint;
  readonly currency: string;
  readonly party: string;
  /** UTC epoch ms. */
  readonly occurredAt: number;
  /** Day of the Indian calendar. */
  readonly happenedOn: string;
  readonly paymentId: string | null;
  readonly parts: readonly Part[];
}

/** A part that is in the ledger. */
export interface Adjustment extends Part {
  readonly subject: string;
  readonly version: number;
  readonly currency: string;
  readonly party: string;
  readonly occurredAt: number;
}

export interface StandingException {
  readonly status: 'open' | 'accepted' | 'linked' | 'cleared';
  readonly reason: string;
  readonly differencePaise: bigint;
  readonly isHeld: boolean;
}

export interface Standing {
  readonly adjustments: readonly Adjustment[];
  /** Of every part that was ever posted, reversed or not. */
  readonly versions: Readonly<Record<string, number>>;
  readonly exception: StandingException | null;
}

export interface Plan {
  readonly post: readonly Adjustment[];
  readonly reverse: readonly Adjustment[];
  readonly exception: 'open' | 'clear' | 'keep';
}

export const NOTHING_STANDS: Standing = { adjustments: [], versions: {}, exception: null };

/** An adjustment that a person took back is not made again: its difference is for a person. */
export function holdBack(finding: Finding, { exception }: Standing): Finding {
  if (exception?.isHeld !== true || finding.reason !== null || finding.parts.length === 0) return finding;
  return { ...finding, reason: 'adjustment-reversed', parts: [] };
}

/** @param finding as `holdBack` leaves it. */
export function plan(finding: Finding, standing: Standing): Plan {
  const wanted = wantedParts(finding, standing.exception);
  const kept = standing.adjustments.filter((adjustment) =>
    wanted.some((part) => isSame(adjustment, part, finding)),
  );
  const post = wanted
    .filter((part) => !kept.some(({ name }) => name === part.name))
    .map((part) => ({
      ...part,
      ...termsOf(part, finding),
      version: (standing.versions[part.name] ?? 0) + 1,
    }));
  const reverse = standing.adjustments.filter((adjustment) => !kept.includes(adjustment));
  return { post, reverse, exception: exceptionChange(finding, standing.exception) };
}

/** What nobody has explained is nobody's in particular. */
function termsOf({ name }: Part, { subject, currency, party, occurredAt }: Finding) {
  return { subject, currency, party: name === 'write-off' ? '' : party, occurredAt };
}

function wantedParts(finding: Finding, exception: StandingException | null): readonly Part[] {
  if (finding.reason === null) return finding.parts;
  const isAccepted = exception?.status === 'accepted' && isStill(finding, exception);
  if (!isAccepted || finding.differencePaise === 0n) return [];
  const amounts = { amount: finding.differencePaise };
  return [{ name: 'write-off', kind: writeOffOf(finding.subject), amounts }];
}

/** Where a difference stays when a person accepts it: what the gateway has, what is under way, or what the bank has. */
function writeOffOf(subject: string): EntryKind {
  if (subject.startsWith('utr:')) return 'unexplained-transit';
  return subject.startsWith('credit:') ? 'unexplained-bank-credit' : 'unexplained-difference';
}

function isStill({ reason, differencePaise }: Finding, exception: StandingException): boolean {
  return exception.reason === reason && exception.differencePaise === differencePaise;
}

function isSame(adjustment: Adjustment, part: Part, finding: Finding): boolean {
  const { currency, party } = termsOf(part, finding);
  const isAlike = adjustment.name === part.name && adjustment.kind === part.kind;
  if (!isAlike || adjustment.currency !== currency || adjustment.party !== party) return false;
  const names = Object.keys(part.amounts);
  return (
    names.length === Object.keys(adjustment.amounts).length &&
    names.every((name) => part.amounts[name] === adjustment.amounts[name])
  );
}

function exceptionChange(finding: Finding, exception: StandingException | null): Plan['exception'] {
  const isStanding = exception !== null && (exception.status === 'open' || exception.status === 'accepted');
  if (finding.reason === null) return isStanding ? 'clear' : 'keep';
  return isStanding && isStill(finding, exception) ? 'keep' : 'open';
}
