/**
 * What is to be done about a payer's arrears now: a pure function of the situation, the campaign and the instant. Nothing is
 * remembered between two runs but what was said, so a payment clears everything in one hop and a rerun asks for nothing new. While
 * an outcome is open nothing is said at all (India rules, U13); a debit that the payer skipped is no debt to be chased (E5).
 */
import { counted } from '../../core/counted.js';
import type { DeclineClass } from '../../core/decline-reasons.js';
import { dayOf, HOUR_MS, minuteOfDay, startOfDay } from '../../core/days.js';
import { formatMoney } from '../../core/money.js';
import type { Campaign, Channel, Stage, Tone } from './campaign.js';
import { contactWorth } from './contact-worth.js';
import { nextPayday } from './payday.js';
import { stepKey, SUSPENSION_STAGE, suspensionSteps, weekBefore } from './suspensions.js';
import type { Debt, Situation } from './situation.js';

export type StepKind =
  | 'reminder'
  | 'payday-debit'
  | 'payday-hint'
  | 'finish-payment'
  | 'update-instrument'
  | 'other-method'
  | 'split-or-other'
  | 'resume-mandate'
  | 'new-mandate'
  | 'plan-offer'
  | 'suspension-notice'
  | 'suspension';

/** Why nothing is said, the strongest first. */
export type Wait =
  | 'outcome-unresolved'
  | 'left-to-people'
  | 'plan-kept'
  | 'promised'
  | 'too-little'
  | 'our-fault'
  | 'technical-fault'
  | 'pays-unasked'
  | 'quiet-hours'
  | 'said-recently'
  | 'weekly-cap';

export interface StepDue {
  readonly stage: string;
  readonly kind: StepKind;
  readonly subscriptionId: string;
  readonly invoiceId: string;
  readonly channels: readonly Channel[];
  readonly tone: Tone;
  /** A day that the message names: when money is expected, or when delivery stops. */
  readonly namedAt: number | null;
}

export interface DunningState {
  /** A stage of the campaign, `grace` before the first, `clear` when nothing is to be asked for. */
  readonly stage: string;
  readonly waitsFor: Wait | null;
  /** At most one message, and the suspensions that are due. */
  readonly steps: readonly StepDue[];
  /** A person should get in touch: it pays. */
  readonly isListed: boolean;
  readonly gainPaise: bigint;
  readonly costPaise: bigint;
  readonly ageDays: number;
  readonly oldestDueAt: number;
  readonly owedPaise: bigint;
  readonly invoices: number;
  readonly declineReason: string | null;
  readonly declineClass: DeclineClass;
  readonly firstPaymentId: string | null;
  readonly reasons: readonly string[];
}

export function dunningState(situation: Situation, campaign: Campaign, now: number): DunningState {
  const debts = chased(situation.debts);
  const [oldest] = debts;
  if (oldest === undefined) return CLEAR;
  const leading = leadingDebt(debts);
  const ageDays = dayOf(now) - dayOf(oldest.dueAt);
  const owedPaise = debts.reduce((sum, debt) => sum + debt.owedPaise, 0n);
  const arrears: Arrears = { debts, leading, ageDays, owedPaise };
  const stage = stageOf(situation, arrears, campaign);
  const hardWait = hardWaitOf(situation, arrears, campaign, now);
  const isAsked = stage !== null && hardWait === null;
  const { steps, softWait } = isAsked
    ? stepsOf(situation, arrears, campaign, stage, now)
    : { steps: [], softWait: null };
  const worth = contactWorth(
    { class: classOf(leading), owedPaise, recovery: situation.recovery },
    campaign.contact,
  );
  const waitsFor = hardWait ?? softWait;
  return {
    stage: stage?.name ?? 'grace',
    waitsFor,
    steps,
    isListed: isAsked && stage.isListed && worth.isWorthIt && !wasContacted(situation, campaign, now),
    gainPaise: worth.gainPaise,
    costPaise: worth.costPaise,
    ageDays,
    oldestDueAt: oldest.dueAt,
    owedPaise,
    invoices: debts.length,
    declineReason: leading.decline?.reason ?? null,
    declineClass: classOf(leading),
    firstPaymentId: leading.firstPaymentId,
    reasons: reasonsOf(situation, arrears, waitsFor),
  };
}

/** Not what the payer skipped (E5), nor what is about to be debited for the first time: nobody is late before the bank has answered. */
export function chased(debts: readonly Debt[]): Debt[] {
  return debts.filter(
    ({ lastTry, decline }) => lastTry !== 'skipped' && !(lastTry === 'planned' && decline === null),
  );
}

interface Arrears {
  readonly debts: readonly Debt[];
  /** With the newest failure; the oldest when none failed. */
  readonly leading: Debt;
  readonly ageDays: number;
  readonly owedPaise: bigint;
}

/** Apart from the stages by age: an offer is made once in an episode. */
const PLAN_STAGE = 'plan';

const CLEAR: DunningState = {
  stage: 'clear',
  waitsFor: null,
  steps: [],
  isListed: false,
  gainPaise: 0n,
  costPaise: 1n,
  ageDays: 0,
  oldestDueAt: 0,
  owedPaise: 0n,
  invoices: 0,
  declineReason: null,
  declineClass: 'none',
  firstPaymentId: null,
  reasons: [],
};

function leadingDebt(debts: readonly Debt[]): Debt {
  return debts.reduce((one, other) => ((other.decline?.at ?? 0) > (one.decline?.at ?? 0) ? other : one));
}

function classOf({ decline }: Debt): DeclineClass {
  return decline?.class ?? 'none';
}

/** The payer has paused or ended the mandate, which is a right and no failure (U8). */
function hasOptedOut({ mandate, decline }: Debt): boolean {
  return mandate === 'paused' || mandate === 'ended' || decline?.reason === 'mandate_paused';
}

/** The last stage whose conditions hold; null before the first. */
function stageOf({ tags, arm }: Situation, arrears: Arrears, campaign: Campaign): Stage | null {
  const { ageDays, owedPaise, debts, leading } = arrears;
  const holds = (stage: Stage): boolean =>
    ageDays >= stage.afterDays &&
    owedPaise >= BigInt(stage.leastOwedPaise ?? 0) &&
    debts.length >= (stage.leastInvoices ?? 1) &&
    (stage.tagsIn === undefined || stage.tagsIn.some((tag) => tags.includes(tag))) &&
    !(stage.tagsOut ?? []).some((tag) => tags.includes(tag));
  const reached = campaign.stages.filter(holds);
  const isPatient = arm === 'campaign' && hasOptedOut(leading) && ageDays < campaign.patience.optOutDays;
  return (isPatient ? reached[0] : reached.at(-1)) ?? null;
}

function hardWaitOf(situation: Situation, arrears: Arrears, campaign: Campaign, now: number): Wait | null {
  const { tags, plan, promisedDay, arm, recovery } = situation;
  const { debts, leading, owedPaise, ageDays } = arrears;
  const { patience } = campaign;
  const cause = classOf(leading);
  if (debts.some(({ lastTry }) => lastTry === 'unresolved') || cause === 'pending')
    return 'outcome-unresolved';
  if (campaign.silentTags.some((tag) => tags.includes(tag))) return 'left-to-people';
  if (plan === 'kept') return 'plan-kept';
  if (promisedDay !== null && dayOf(now) <= promisedDay) return 'promised';
  if (owedPaise < BigInt(campaign.leastOwedPaise)) return 'too-little';
  if (cause === 'merchant') return 'our-fault';
  // The plain ladder knows no patience beyond what is right and lawful.
  if (arm === 'hold-out') return null;
  if (cause === 'technical' && ageDays <= patience.technicalDays) return 'technical-fault';
  if (recovery.probability >= patience.likelyRecovery && ageDays < patience.likelyDays) return 'pays-unasked';
  return null;
}

function stepsOf(situation: Situation, arrears: Arrears, campaign: Campaign, stage: Stage, now: number) {
  if (isQuiet(campaign.quiet, now)) return { steps: [], softWait: 'quiet-hours' as const };
  const { channels } = stage;
  const tone = toneOf(situation, arrears, campaign, stage);
  const { notices, suspensions } = suspensionSteps(situation, arrears.debts, campaign.suspension, now);
  const due = suspensions.map((one): StepDue => ({ ...one, channels, tone, stage: SUSPENSION_STAGE }));
  const notice = notices.map((one): StepDue => ({ ...one, channels, tone, stage: SUSPENSION_STAGE }))[0];
  const message =
    notice ??
    planOffer(situation, arrears, campaign, stage) ??
    stageMessage(situation, arrears, { stage, tone }, now);
  if (message === null) return { steps: due, softWait: null };
  const softWait = capOf(situation, campaign, now);
  return { steps: softWait === null ? [...due, message] : due, softWait };
}

/** The step of the stage; null when it was taken or refused before. */
function stageMessage(
  situation: Situation,
  { leading }: Arrears,
  { stage, tone }: { readonly stage: Stage; readonly tone: Tone },
  now: number,
): StepDue | null {
  const kind = situation.arm === 'hold-out' ? 'reminder' : kindOf(leading);
  const step = { stage: stage.name, kind, subscriptionId: '', invoiceId: '' };
  if (isTaken(situation, step)) return null;
  const namedAt =
    kind === 'payday-debit'
      ? leading.nextDebitAt
      : kind === 'payday-hint'
        ? startOfDay(nextPayday(dayOf(now)))
        : null;
  return { ...step, channels: stage.channels, tone, namedAt };
}

function isTaken({ said, refused }: Situation, step: Parameters<typeof stepKey>[0]): boolean {
  const key = stepKey(step);
  return refused.has(key) || said.some((one) => one.isOfEpisode && stepKey(one) === key);
}

/** Parts are for who is worth much and means to stay; offered once. */
function planOffer(
  situation: Situation,
  arrears: Arrears,
  campaign: Campaign,
  { channels }: Stage,
): StepDue | null {
  const step = { stage: PLAN_STAGE, kind: 'plan-offer' as const, subscriptionId: '', invoiceId: '' };
  if (isTaken(situation, step) || !deservesPlan(situation, arrears, campaign)) return null;
  return { ...step, channels, tone: 'friendly', namedAt: null };
}

/** What helps against the last cause. */
function kindOf({ mandate, decline, nextDebitAt }: Debt): StepKind {
  if (mandate === 'paused' || decline?.reason === 'mandate_paused') return 'resume-mandate';
  if (decline?.reason === 'card_expired') return 'update-instrument';
  if (mandate === 'ended') return 'new-mandate';
  switch (decline?.class) {
    case 'funds':
      return nextDebitAt === null ? 'payday-hint' : 'payday-debit';
    case 'instrument':
      return 'update-instrument';
    case 'limit':
      return 'split-or-other';
    case 'mandate':
      return 'new-mandate';
    case 'payer-action':
      return 'finish-payment';
    case 'risk':
      return 'other-method';
    default:
      return 'reminder';
  }
}

function toneOf(
  { arm, churnProbability }: Situation,
  { leading }: Arrears,
  campaign: Campaign,
  stage: Stage,
): Tone {
  if (arm === 'hold-out') return stage.tone;
  const isGentle = hasOptedOut(leading) || (churnProbability ?? 0) >= campaign.gentleChurnProbability;
  return isGentle ? 'friendly' : stage.tone;
}

/** Queued messages leave within this time: none is queued so late that it would be read in quiet hours. */
const DELIVERY_MINUTES = 30;

function isQuiet({ fromMinute, untilMinute }: Campaign['quiet'], now: number): boolean {
  const within = (minute: number): boolean =>
    fromMinute < untilMinute
      ? minute >= fromMinute && minute < untilMinute
      : minute >= fromMinute || minute < untilMinute;
  const minute = minuteOfDay(now);
  return within(minute) || within((minute + DELIVERY_MINUTES) % 1440);
}

function capOf({ said }: Situation, { caps }: Campaign, now: number): Wait | null {
  const recent = said.filter(({ at }) => at > weekBefore(now));
  if (recent.some(({ at }) => at > now - caps.leastHoursBetween * HOUR_MS)) return 'said-recently';
  return recent.length >= caps.perWeek ? 'weekly-cap' : null;
}

function wasContacted({ lastContactAt }: Situation, { contact }: Campaign, now: number): boolean {
  return lastContactAt !== null && dayOf(now) - dayOf(lastContactAt) < contact.leastDaysBetween;
}

function deservesPlan(situation: Situation, { ageDays, owedPaise }: Arrears, { plan }: Campaign): boolean {
  const { arm, churnProbability, valuePaise } = situation;
  if (arm === 'hold-out' || situation.plan !== 'none') return false;
  if (churnProbability === null || valuePaise === null) return false;
  return (
    ageDays >= plan.afterDays &&
    owedPaise >= BigInt(plan.leastOwedPaise) &&
    valuePaise >= BigInt(plan.leastValuePaise) &&
    churnProbability <= plan.mostChurnProbability
  );
}

function reasonsOf(situation: Situation, arrears: Arrears, waitsFor: Wait | null): string[] {
  const { currency, churnProbability, recovery, arm } = situation;
  const { leading, debts, ageDays, owedPaise } = arrears;
  return [
    `${formatMoney(owedPaise, currency)} owed in ${counted(debts.length, 'invoice')}, the oldest ${counted(ageDays, 'day')} overdue`,
    ...(leading.decline === null
      ? []
      : [`last declined: ${leading.decline.reason} (${leading.decline.class})`]),
    ...(hasOptedOut(leading) ? ['the payer paused or ended the mandate, which is no failure'] : []),
    ...(churnProbability === null ? [] : [`leaves with probability ${churnProbability.toFixed(2)}`]),
    `pays by itself with probability ${recovery.probability.toFixed(2)}, ${recovery.ifContacted.toFixed(2)} when contacted`,
    ...(arm === 'hold-out' ? ['on the plain ladder for good, to measure what the campaign is worth'] : []),
    ...(waitsFor === null ? [] : [`nothing is said now: ${waitsFor}`]),
  ];
}
