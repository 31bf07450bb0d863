/**
 * Revenue of the next thirteen weeks and of the open quarter, for every level so that levels add up to the last minor unit. The
 * quarter is what came plus what is left of it. Intervals of each level are those of its own reconciled forecasts at rolling
 * origins, reconciled there by the same weights; where contracts tell, totals of the whole have those of span-widths.ts.
 */
import { parseDay } from '../../core/days.js';
import type { ContractBook } from '../../features/churn/contracts.js';
import { assert } from '../../core/errors.js';
import { blendComponents, sumOf } from './blend-components.js';
import { bottomUpOf, type BottomUp } from './bottom-up.js';
import { openComponents } from './components.js';
import { errorCovariance } from './error-covariance.js';
import { forecast, type SeriesForecast } from './forecast.js';
import { judgePath, stepBands, weightedTotals, type Band, type JudgedPath, type Total } from './intervals.js';
import { addUp, reconciliation, type Hierarchy, type Reconciliation } from './reconcile.js';
import { boundTotals, spanWidths, type SpanWidth } from './span-widths.js';
import { openTree, type RevenueLine, type RevenueNode } from './revenue-lines.js';

/** A calendar day, `YYYY-MM-DD`. */
type Day = string;

export interface RevenueHistory {
  /** The first day that is not over. */
  readonly asOfOn: Day;
  readonly lines: readonly RevenueLine[];
  /** Null where nothing is sold by contract: all revenue is then forecast top-down alone. */
  readonly book?: ContractBook | null;
}

interface RevenueRequest {
  readonly seed: number;
  readonly threads: number;
}

export const SPANS = ['week', 'thirteen-weeks', 'quarter'] as const;

/** Amounts in whole minor units. */
export interface RevenueSpan extends Omit<Total, 'halfWidth80'> {
  readonly level: RevenueNode['level'];
  readonly member: string;
  readonly span: (typeof SPANS)[number];
  /** First day, and the first day after. */
  readonly fromOn: Day;
  readonly untilOn: Day;
  /** Of the mean, what had come already. */
  readonly realised: number;
  /** Seasonal naive: the same weeks a year ago, a quarter ago in a short history. */
  readonly naive: number;
}

/** Thirteen weeks of the platform that are over, as they would have been forecast. */
export interface Rehearsal {
  readonly fromOn: Day;
  readonly mean: number;
  readonly naive: number;
  readonly actual: number;
}

export interface RevenueForecast {
  readonly asOfOn: Day;
  readonly spans: readonly RevenueSpan[];
  readonly rehearsals: readonly Rehearsal[];
  /** What forecasts the platform before reconciliation. */
  readonly parts: SeriesForecast['parts'];
  readonly bottomUp: BottomUp | null;
  /** Last weeks of the platform, oldest first. */
  readonly recent: readonly { readonly fromOn: Day; readonly actual: number }[];
}

const WEEKS = 13;
/** The longest quarter, 92 days, reaches into a fourteenth week. */
const HORIZON = 14;
/** Three months: weeks near the beginning of a month recur after thirteen. */
const SEASON = 13;
const YEAR = 52;
/** A year and a quarter, so that the year shows at some origins too. */
const LEAST_FOR_YEAR = 65;
/** Below that there is no origin to learn a width from. */
export const LEAST_WEEKS = 26;
/** Weeks whose days say how much of a week its first days bring. */
const PROFILE_WEEKS = 8;
const RECENT_WEEKS = 52;
const DAY_MS = 86_400_000;

/** Null for a history of fewer than `LEAST_WEEKS` weeks. */
export async function forecastRevenue(
  { asOfOn, lines, book = null }: RevenueHistory,
  request: RevenueRequest,
): Promise<RevenueForecast | null> {
  const { hierarchy, nodes } = openTree(lines);
  const weeks = nodes[0]?.weekly.length ?? 0;
  if (weeks < LEAST_WEEKS) return null;
  const known = nodes.filter(({ weekly }) => weekly.some(Number.isFinite));
  const asOfDay = dayNumberOf(asOfOn);
  const dates = known.map(() => ({ step: 'week' as const, first: asOfDay - 7 * weeks }));
  const found = await forecast(
    known.map(({ weekly }) => weekly),
    { h: HORIZON, season: weeks >= LEAST_FOR_YEAR ? YEAR : SEASON, dates, ...request },
  );
  const base = new Map(known.map((node, i) => [node, found.series[i]!]));
  const blended = book === null ? null : blend(asOfDay, nodes[0]!, base.get(nodes[0]!)!, book);
  if (blended !== null) base.set(nodes[0]!, blended.forecast);
  const judged = reconcileAll(hierarchy, nodes, base, blended?.forecast);
  const quarter = openQuarter(asOfOn, nodes[0]!.daily, blended?.daily);
  return {
    asOfOn,
    spans: spansOf({ asOfOn, hierarchy, nodes, judged, quarter, widthOf: blended?.widthOf }),
    rehearsals: rehearse(asOfOn, nodes[0]!.weekly, judged[0]!),
    parts: base.get(nodes[0]!)!.parts,
    bottomUp:
      blended &&
      bottomUpOf(blended, {
        fromOn: (end) => addDays(asOfOn, 7 * (end - weeks)),
        thirteen: { days: 7 * WEEKS, weights: thirteenWeeks() },
        quarter: { days: daysBetween(asOfOn, quarter.untilOn), weights: quarter.weights },
      }),
    recent: recentWeeks(asOfOn, nodes[0]!.weekly),
  };
}

/** Of the platform: contracts know of no other level. */
function blend(asOfDay: number, { daily, weekly }: RevenueNode, topDown: SeriesForecast, book: ContractBook) {
  const componentsAt = openComponents(book, { firstDay: asOfDay - daily.length, daily }, HORIZON);
  const blended = blendComponents(topDown, componentsAt, { asOfDay, weeks: weekly.length, judged: WEEKS });
  const dailyAt = (day: number): Float64Array => sumOf(componentsAt(day));
  const { ratio } = blended;
  return { ...blended, widthOf: spanWidths({ asOfDay, daily, dailyAt, leastWeeks: LEAST_WEEKS, ratio }) };
}

function thirteenWeeks(): Float64Array {
  return new Float64Array(HORIZON).fill(1, 0, WEEKS);
}

/** Now and at every origin; the bottoms in whole minor units, so that sums are exact. */
function reconcileAll(
  hierarchy: Hierarchy,
  nodes: readonly RevenueNode[],
  base: ReadonlyMap<RevenueNode, SeriesForecast>,
  held: SeriesForecast | undefined,
): JudgedPath[] {
  const { contest } = base.get(nodes[0]!)!;
  const k = contest.origins.length;
  const residuals = nodes.map((node) => errorsOf(node, base.get(node), k));
  const { matrix } = errorCovariance(residuals, 'shrunk', HORIZON);
  const reconciled = reconciliation(hierarchy, matrix);
  const whole = (paths: Float64Array[]): Float64Array[] =>
    addUp(
      hierarchy,
      paths.slice(hierarchy.sums.length).map((path) => path.map(Math.round)),
    );
  const now = whole(
    holdTo(
      held?.mean,
      reconcileRow(
        reconciled,
        nodes.map((node) => base.get(node)?.mean ?? new Float64Array(HORIZON)),
      ),
    ),
  );
  const past = nodes.map(() => new Float64Array(k * HORIZON));
  for (let o = 0; o < k; o++) {
    const row = nodes.map((node) => base.get(node)?.past.subarray(o * HORIZON, (o + 1) * HORIZON));
    const paths = holdTo(
      held?.past.subarray(o * HORIZON, (o + 1) * HORIZON),
      reconcileRow(
        reconciled,
        row.map((path) => path ?? new Float64Array(HORIZON)),
      ),
    );
    for (const [i, path] of paths.entries()) past[i]!.set(path, o * HORIZON);
  }
  return nodes.map((node, i) =>
    judgePath(node.weekly, base.get(node)?.contest ?? { ...contest, actual: past[i]!, scale: 0 }, {
      path: now[i]!,
      past: past[i]!,
    }),
  );
}

/** Contracts say more of the whole than the levels below do: those follow it in proportion, where there is something to share. */
function holdTo(whole: Float64Array | undefined, paths: Float64Array[]): Float64Array[] {
  const sum = paths[0];
  if (whole === undefined || sum === undefined) return paths;
  return paths.map((path) =>
    path.map((value, t) => (sum[t]! > 0 && whole[t]! > 0 ? (value * whole[t]!) / sum[t]! : value)),
  );
}

function reconcileRow(reconciled: Reconciliation, base: readonly Float64Array[]): Float64Array[] {
  return reconciled.of(
    base.map((path) => path.map((value) => (Number.isFinite(value) ? value : 0))),
    { isNegative: false },
  );
}

/**
 * A series that is younger than an origin erred there by nothing, and elsewhere by as much more as keeps its variance; one that is
 * younger than every origin may err by its own size (k x h).
 */
function errorsOf(node: RevenueNode, base: SeriesForecast | undefined, k: number): Float64Array {
  const errors = base?.residuals ?? new Float64Array(k * HORIZON);
  const known = errors.filter(Number.isFinite).length;
  const weekly = node.weekly.filter(Number.isFinite);
  const size = weekly.reduce((sum, value) => sum + value, 0) / Math.max(1, weekly.length);
  if (known === 0) return errors.map(() => size);
  const scale = Math.sqrt(errors.length / known);
  return errors.map((value) => (Number.isFinite(value) ? scale * value : 0));
}

interface OpenQuarter {
  readonly fromOn: Day;
  readonly untilOn: Day;
  readonly daysSoFar: number;
  /** What is left, as a weight for each week ahead (h). */
  readonly weights: Float64Array;
}

/** Of the calendar, which is also the financial year's. `ahead` are days to come, if they are forecast. */
function openQuarter(asOfOn: Day, daily: Float64Array, ahead?: Float64Array): OpenQuarter {
  const [year, month] = asOfOn.split('-').map(Number) as [number, number];
  const first = Math.floor((month - 1) / 3) * 3;
  const fromOn = toDay(Date.UTC(year, first, 1));
  const untilOn = toDay(Date.UTC(year, first + 3, 1));
  const left = daysBetween(asOfOn, untilOn);
  const whole = Math.floor(left / 7);
  const weights = new Float64Array(HORIZON).fill(1, 0, whole);
  const week = ahead?.subarray(7 * whole, 7 * (whole + 1));
  const lately = daily.subarray(daily.length - 7 * Math.min(PROFILE_WEEKS, Math.floor(daily.length / 7)));
  weights[whole] = firstDaysShare(week ?? lately, left % 7);
  return { fromOn, untilOn, daysSoFar: daysBetween(fromOn, asOfOn), weights };
}

/** Of the revenue of whole weeks, what their first days bring. */
function firstDaysShare(daily: Float64Array, days: number): number {
  let [first, all] = [0, 0];
  for (const [t, value] of daily.entries()) {
    all += value;
    if (t % 7 < days) first += value;
  }
  return all > 0 ? first / all : days / 7;
}

interface Judged {
  readonly asOfOn: Day;
  readonly hierarchy: Hierarchy;
  readonly nodes: readonly RevenueNode[];
  readonly judged: readonly JudgedPath[];
  readonly quarter: OpenQuarter;
  /** Of the platform over so many days, where contracts tell. */
  readonly widthOf: ((days: number) => SpanWidth) | undefined;
}

function spansOf({ asOfOn, hierarchy, nodes, judged, quarter, widthOf }: Judged): RevenueSpan[] {
  const thirteen = thirteenWeeks();
  const realised = nodes.map(({ daily }) =>
    daily.slice(Math.max(0, daily.length - quarter.daysSoFar)).reduce((sum, value) => sum + value, 0),
  );
  const bands = stepBands(judged, [0.8, 0.95]);
  const bound = (found: Total[], days: number, came: readonly number[]): Total[] =>
    widthOf === undefined ? found : boundTotals(found, widthOf(days), came);
  const left = daysBetween(asOfOn, quarter.untilOn);
  const totals = bound(weightedTotals(judged, thirteen), 7 * WEEKS, []);
  const quarters = bound(weightedTotals(judged, quarter.weights, realised), left, realised);
  const whole = quarters.slice(hierarchy.sums.length).map(({ mean }) => Float64Array.of(Math.round(mean)));
  const quarterMeans = addUp(hierarchy, whole).map((path) => path[0]!);
  const untilOn = addDays(asOfOn, 7 * WEEKS);
  const { fromOn, untilOn: quarterUntilOn } = quarter;
  return nodes.flatMap(({ level, member, weekly }, i) => {
    const naive = naiveAhead(weekly, weekly.length);
    const inAll = { ...totals[i]!, fromOn: asOfOn, untilOn, realised: 0, naive: weigh(thirteen, naive) };
    const inQuarter = {
      ...quarters[i]!,
      mean: quarterMeans[i]!,
      fromOn,
      untilOn: quarterUntilOn,
      realised: realised[i]!,
      naive: realised[i]! + weigh(quarter.weights, naive),
    };
    return [
      ...weekSpans(asOfOn, judged[i]!.mean, bands[i]!, naive),
      { span: 'thirteen-weeks' as const, ...inAll },
      { span: 'quarter' as const, ...inQuarter },
    ].map((one) => roundSpan({ level, member, ...one }));
  });
}

function weekSpans(
  asOfOn: Day,
  mean: Float64Array,
  [eighty, ninetyFive]: readonly Band[],
  naive: Float64Array,
) {
  return Array.from({ length: WEEKS }, (_, t) => ({
    span: 'week' as const,
    fromOn: addDays(asOfOn, 7 * t),
    untilOn: addDays(asOfOn, 7 * (t + 1)),
    realised: 0,
    mean: mean[t]!,
    low80: eighty!.low[t]!,
    high80: eighty!.high[t]!,
    low95: ninetyFive!.low[t]!,
    high95: ninetyFive!.high[t]!,
    naive: naive[t]!,
    committed: false,
  }));
}

function roundSpan({
  level,
  member,
  span,
  fromOn,
  untilOn,
  committed,
  ...amounts
}: RevenueSpan): RevenueSpan {
  const { realised, mean, low80, high80, low95, high95, naive } = amounts;
  return {
    level,
    member,
    span,
    fromOn,
    untilOn,
    committed,
    realised: Math.round(realised),
    mean: Math.round(mean),
    low80: Math.round(low80),
    high80: Math.round(high80),
    low95: Math.round(low95),
    high95: Math.round(high95),
    naive: Math.round(naive),
  };
}

/** As of the end of so many weeks (h). */
function naiveAhead(weekly: Float64Array, weeks: number): Float64Array {
  const lag = weeks >= YEAR ? YEAR : SEASON;
  return Float64Array.from({ length: HORIZON }, (_, t) => {
    const value = weekly[weeks - lag + (t % lag)]!;
    return Number.isFinite(value) ? value : 0;
  });
}

function rehearse(asOfOn: Day, weekly: Float64Array, { contest, past }: JudgedPath): Rehearsal[] {
  const sum = (path: Float64Array): number => path.slice(0, WEEKS).reduce((total, value) => total + value, 0);
  return contest.origins.map((weeks, o) => {
    const row = (paths: Float64Array): Float64Array => paths.subarray(o * HORIZON, (o + 1) * HORIZON);
    return {
      fromOn: addDays(asOfOn, 7 * (weeks - weekly.length)),
      mean: Math.round(sum(row(past))),
      naive: Math.round(sum(naiveAhead(weekly, weeks))),
      actual: Math.round(sum(row(contest.actual))),
    };
  });
}

function recentWeeks(asOfOn: Day, weekly: Float64Array): RevenueForecast['recent'] {
  const shown = weekly.slice(-RECENT_WEEKS);
  return Array.from(shown.keys(), (w) => ({
    fromOn: addDays(asOfOn, 7 * (w - shown.length)),
    actual: Number.isFinite(shown[w]!) ? shown[w]! : 0,
  }));
}

function weigh(weights: Float64Array, path: Float64Array): number {
  return weights.reduce((sum, weight, t) => sum + weight * path[t]!, 0);
}

function dayNumberOf(day: Day): number {
  const found = parseDay(day);
  assert(found !== null, 'a history ends on a day');
  return found;
}

function addDays(day: Day, days: number): Day {
  return toDay(Date.parse(day) + days * DAY_MS);
}

function daysBetween(from: Day, until: Day): number {
  return (Date.parse(until) - Date.parse(from)) / DAY_MS;
}

function toDay(atMs: number): Day {
  return new Date(atMs).toISOString().slice(0, 10);
}
