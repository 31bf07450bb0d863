/**
 * A moment as numbers, in one order for training and serving. NaN where nothing is known. Times are days, amounts ratios, so that a model
 * of one merchant's prices reads another's; nothing is about a child (DPDP Act s.9(3)).
 */
import { createHash } from 'node:crypto';
import { civil, DAY_MS, dayOf, minuteOfDay, weekday } from '../../core/days.js';
import type { DeclineClass } from '../../core/decline-reasons.js';
import type { RetryMoment } from './moment.js';
import { historyOf, type PayerHistory } from './payer-history.js';
import { daysSinceSalaries, SALARY_DAYS } from './salary-days.js';
import type { SlotCounters } from './slot-counters.js';

const METHOD_CODES = ['card', 'upi', 'emandate', 'nach'];
const CLASS_CODES: readonly DeclineClass[] = ['funds', 'technical', 'limit', 'undisclosed', 'mandate'];

interface Seen {
  readonly moment: RetryMoment;
  readonly history: PayerHistory;
  readonly counters: SlotCounters;
  /** At the slot, and between the newest failure and the slot. Days. */
  readonly sinceSalary: Float64Array;
  readonly sinceFailure: number;
}

type Row = readonly [name: string, of: (seen: Seen) => number];

const SLOT: readonly Row[] = [
  ['method', ({ moment }) => 1 + METHOD_CODES.indexOf(moment.method ?? '')],
  ['declineClass', ({ moment }) => 1 + CLASS_CODES.indexOf(moment.declineClass ?? 'none')],
  ['attempt', ({ moment }) => moment.attempt],
  ['hour', ({ moment }) => minuteOfDay(moment.slotAtMs) / 60],
  ['weekday', ({ moment }) => weekday(dayOf(moment.slotAtMs))],
  ['monthDay', ({ moment }) => civil(dayOf(moment.slotAtMs)).dayOfMonth],
  ['daysSinceFailure', ({ sinceFailure }) => sinceFailure],
];

const SALARIES: readonly Row[] = SALARY_DAYS.flatMap((kind, k): Row[] => [
  [`daysSinceSalary ${kind}`, ({ sinceSalary }) => sinceSalary[k]!],
  [`salarySinceFailure ${kind}`, (seen) => crossed(seen, k)],
]);

/** With the payer's own likelihood of each salary day. */
const OWN_SALARY: readonly Row[] = [
  ['ownDaysSinceSalary', (seen) => expected(seen, (k) => seen.sinceSalary[k]!)],
  ['ownBalanceShare', (seen) => expected(seen, (k) => Math.exp(-seen.sinceSalary[k]! / SPENDING_DAYS))],
  ['ownSalarySinceFailure', (seen) => expected(seen, (k) => crossed(seen, k))],
];

const COUNTERS: readonly Row[] = [
  ['weekdayRate', ({ moment, counters }) => counters.rate('weekday', moment)],
  ['monthDayRate', ({ moment, counters }) => counters.rate('monthDay', moment)],
  ['hourRate', ({ moment, counters }) => counters.rate('hour', moment)],
  ['classRate', ({ moment, counters }) => counters.keyRate(moment)],
  ['issuerRate', ({ moment, counters }) => counters.issuerRate(moment)],
];

const HISTORY: readonly Row[] = [
  ['amountLog', ({ moment }) => Math.log10(Number(moment.amountPaise) + 1)],
  ['amountToUsual', ({ moment, history }) => Number(moment.amountPaise) / history.meanPaidPaise],
  ['amountToMostDebited', ({ moment, history }) => Number(moment.amountPaise) / history.mostDebitPaise],
  ['amountToLastPaid', ({ moment, history }) => Number(moment.amountPaise) / history.paidPaise],
  ['debits', ({ history }) => history.debits],
  ['debitSuccess', ({ history }) => (history.capturedDebits + 1.6) / (history.debits + 2)],
  ['shortDebits', ({ history }) => history.fundsFailures],
  ['shortShare', ({ history }) => (history.fundsFailures + 0.2) / (history.debits + 2)],
  ['technicalFailures', ({ history }) => history.technicalFailures],
  ['attended', ({ history }) => history.attended],
  ['attendedShort', ({ history }) => history.attendedShort],
  ['daysSinceShort', (seen) => daysSince(seen, seen.history.shortAtMs)],
  ['daysSincePaid', (seen) => daysSince(seen, seen.history.paidAtMs)],
  ['daysSinceDebitPaid', (seen) => daysSince(seen, seen.history.debitPaidAtMs)],
  [
    'paidSinceShort',
    ({ history }) => (Number.isNaN(history.shortAtMs) ? NaN : Number(history.paidAtMs > history.shortAtMs)),
  ],
];

const SPENDING_DAYS = 12;
const ROWS: readonly Row[] = [...SLOT, ...SALARIES, ...OWN_SALARY, ...COUNTERS, ...HISTORY];

export const RETRY_FEATURES: readonly string[] = ROWS.map(([name]) => name);
export const RETRY_CATEGORICAL: readonly string[] = ['method', 'declineClass', 'weekday'];

/** Raised when a feature means something else under the same name. */
const MEANING = 1;

export function retryFeatureHash(): string {
  return createHash('sha256')
    .update(JSON.stringify([MEANING, RETRY_FEATURES]))
    .digest('hex');
}

/** Writes the features (d) of one moment. */
export function retryVector(moment: RetryMoment, counters: SlotCounters, out: Float32Array): Float32Array {
  const seen: Seen = {
    moment,
    counters,
    history: historyOf(moment.past, moment.imagined),
    sinceSalary: daysSinceSalaries(moment.slotAtMs, sinceSalary),
    sinceFailure: moment.failedAtMs === null ? NaN : (moment.slotAtMs - moment.failedAtMs) / DAY_MS,
  };
  for (let k = 0; k < ROWS.length; k++) out[k] = ROWS[k]![1](seen);
  return out;
}

const sinceSalary = new Float64Array(SALARY_DAYS.length);

/** Whether a salary of this kind came after the newest failure. */
function crossed({ sinceSalary: since, sinceFailure }: Seen, kind: number): number {
  return Number.isNaN(sinceFailure) ? NaN : Number(since[kind]! < sinceFailure);
}

function expected({ history }: Seen, of: (kind: number) => number): number {
  let sum = 0;
  for (let kind = 0; kind < SALARY_DAYS.length; kind++) sum += history.salaryDays[kind]! * of(kind);
  return sum;
}

function daysSince({ moment }: Seen, atMs: number): number {
  return (moment.slotAtMs - atMs) / DAY_MS;
}
