/**
 * What subscriptions owe, computed the slow way from the rules alone: one day after another, one subscription at a time, in memory,
 * with a calendar, a proration and a tax of its own. Shares no code with billing, so that what both get wrong is wrong twice.
 */
export interface OraclePlan {
  readonly planId: string;
  readonly pricePaise: bigint;
  readonly setupFeePaise: bigint;
}

export interface OracleInvoice {
  readonly periodStart: string | null;
  readonly kind: 'recurring' | 'change';
  /** Amount, and the tax in it, of every line in order. */
  readonly lines: readonly (readonly [amount: bigint, tax: bigint])[];
  readonly total: bigint;
  readonly net: bigint;
  readonly tax: bigint;
  readonly credit: bigint;
  readonly dueAt: number;
  isPaid: boolean;
  isOverdue: boolean;
}

export interface OracleSubscription {
  readonly id: string;
  status: 'scheduled' | 'trialing' | 'running' | 'paused' | 'ended';
  plan: OraclePlan;
  quantity: number;
  readonly startDay: number;
  readonly anchorDay: number;
  /** The last day that belongs to it, when it ends by plan. */
  readonly lastDay: number | null;
  /** How many periods have begun; the current one is the last of them. */
  begun: number;
  cancelsAtEnd: boolean;
  pending: { plan: OraclePlan; quantity: number } | null;
  resumeDay: number | null;
  credit: bigint;
  readonly invoices: OracleInvoice[];
}

const DAY = 86_400_000;
const DUE_MS = 5 * DAY;

export const textOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);
export const dayOfText = (text: string): number => Date.parse(`${text}T00:00:00Z`) / DAY;

/** First day of the n-th month after the anchor: its day of the month, or the month's last. */
export function monthStart(anchorDay: number, n: number): number {
  const anchor = new Date(anchorDay * DAY);
  const first = new Date(Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + n, 1));
  for (let date = anchor.getUTCDate(); ; date--) {
    const day = new Date(first);
    day.setUTCDate(date);
    if (day.getUTCMonth() === first.getUTCMonth()) return day.getTime() / DAY;
  }
}

function half(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n;
  const whole = (sign * numerator) / denominator;
  const rest = sign * numerator - whole * denominator;
  return sign * (rest * 2n >= denominator ? whole + 1n : whole);
}

/** School catering: 5 %, in two heads. */
function taxIn(gross: bigint): { net: bigint; tax: bigint } {
  const net = half(gross * 100n, 105n);
  return { net, tax: 2n * half(net * 25n, 1000n) };
}

export function isServed(one: OracleSubscription): boolean {
  return one.status === 'running';
}

/** The period that holds, exclusive of its end; null before the first begins. */
export function current(one: OracleSubscription): { start: number; end: number } | null {
  if (one.begun === 0) return null;
  return { start: monthStart(one.anchorDay, one.begun - 1), end: monthStart(one.anchorDay, one.begun) };
}

export function isAllPaid(one: OracleSubscription): boolean {
  return one.invoices.every(({ isPaid }) => isPaid);
}

function invoice(
  one: OracleSubscription,
  kind: OracleInvoice['kind'],
  amounts: readonly bigint[],
  periodStart: number | null,
  issuedAt: number,
): void {
  if (amounts.length === 0) return;
  const gross = amounts.reduce((sum, amount) => sum + amount, 0n);
  const credit = gross < one.credit ? gross : one.credit;
  const taxed = amounts.map((amount) => ({ amount, ...taxIn(amount) }));
  one.credit -= credit;
  one.invoices.push({
    kind,
    periodStart: periodStart === null ? null : textOf(periodStart),
    lines: [
      ...taxed.map(({ amount, tax }) => [amount, tax] as const),
      ...(credit === 0n ? [] : [[-credit, 0n] as const]),
    ],
    total: gross - credit,
    net: taxed.reduce((sum, { net }) => sum + net, 0n),
    tax: taxed.reduce((sum, { tax }) => sum + tax, 0n),
    credit,
    dueAt: issuedAt + DUE_MS,
    isPaid: gross === credit,
    isOverdue: false,
  });
}

/** What a morning does to a subscription; the run may be days late, so `at` is when it comes and `day` where it belongs. */
export function morningOf(one: OracleSubscription, day: number, at: number): void {
  begin(one, day);
  end(one, day);
  if (one.status === 'paused' && one.resumeDay !== null && day >= one.resumeDay) resume(one, day, at);
  if (one.status !== 'running' || day < monthStart(one.anchorDay, one.begun)) return;
  if (one.pending !== null) Object.assign(one, one.pending);
  one.pending = null;
  one.begun += 1;
  const amounts = [one.plan.pricePaise * BigInt(one.quantity)];
  if (one.begun === 1 && one.plan.setupFeePaise > 0n) amounts.push(one.plan.setupFeePaise);
  invoice(one, 'recurring', amounts, day, at);
}

function begin(one: OracleSubscription, day: number): void {
  if (one.status === 'scheduled' && day >= one.startDay)
    one.status = one.anchorDay > one.startDay ? 'trialing' : 'running';
  if (one.status === 'trialing' && day >= one.anchorDay) one.status = one.cancelsAtEnd ? 'ended' : 'running';
}

function end(one: OracleSubscription, day: number): void {
  if (one.lastDay !== null && day > one.lastDay) one.status = 'ended';
  const endDay = current(one)?.end ?? one.anchorDay;
  if (one.status === 'running' && one.cancelsAtEnd && day >= endDay) one.status = 'ended';
}

/** The rest of the period in which it goes on is charged; one that begins that day is whole, and comes by itself. */
function resume(one: OracleSubscription, day: number, at: number): void {
  one.status = 'running';
  one.resumeDay = null;
  while (monthStart(one.anchorDay, one.begun) < day) one.begun += 1;
  const period = current(one);
  if (period === null || day >= period.end) return;
  invoice(one, 'change', worthOf(one, day, 1n), period.start, at);
}

/** Of the rest of the current period from a day on. */
function worthOf(
  one: Pick<OracleSubscription, 'plan' | 'quantity'> & OracleSubscription,
  day: number,
  sign: 1n | -1n,
): bigint[] {
  const period = current(one);
  if (period === null) return [];
  const { start, end } = period;
  const worth = half(
    one.plan.pricePaise * BigInt(one.quantity) * BigInt(end - Math.max(day, start)),
    BigInt(end - start),
  );
  return worth === 0n ? [] : [sign * worth];
}

export function changeNow(
  one: OracleSubscription,
  to: { plan: OraclePlan; quantity: number },
  day: number,
  at: number,
): void {
  const period = current(one);
  const isSame = to.plan === one.plan && to.quantity === one.quantity;
  const back = worthOf(one, day, -1n);
  const isSplit = one.status === 'running' && period !== null && day < period.end && !isSame;
  Object.assign(one, to);
  one.pending = null;
  if (isSplit) invoice(one, 'change', [...back, ...worthOf(one, day, 1n)], period.start, at);
}

export function pauseNow(one: OracleSubscription, resumeDay: number, day: number, at: number): void {
  const period = current(one);
  if (period !== null && day < period.end) invoice(one, 'change', worthOf(one, day, -1n), period.start, at);
  one.status = 'paused';
  one.resumeDay = resumeDay;
}

export function cancelNow(one: OracleSubscription, day: number, at: number): void {
  const period = current(one);
  if (one.status === 'running' && period !== null && day < period.end)
    invoice(one, 'change', worthOf(one, day, -1n), period.start, at);
  one.status = 'ended';
}
