/**
 * How well revenue would have been forecast at earlier ends of a merchant's history: the blend, what it is made of and the seasonal naive
 * forecast beside what came, and how often intervals held. Forecasts whose spans overlap miss together, so the bootstrap draws
 * calendar quarters of a merchant whole.
 */
import { AppError } from '../../core/errors.js';
import { bootstrap, type Interval } from '../bootstrap.js';
import { forecastRevenue, type RevenueHistory, type RevenueSpan } from './revenue.js';

export const METHODS = ['blend', 'bottomUp', 'topDown', 'naive'] as const;
type Method = (typeof METHODS)[number];

/** One span of the platform, forecast from an earlier end of the history, in minor units. */
export interface PastRevenue
  extends
    Pick<RevenueSpan, 'low80' | 'high80' | 'low95' | 'high95' | 'committed' | 'realised'>,
    Readonly<Record<Method, number>> {
  readonly merchant: string;
  readonly asOfOn: string;
  readonly span: 'thirteen-weeks' | 'quarter';
  readonly actual: number;
}

interface RehearsalRequest {
  readonly merchant: string;
  /** Weeks of history before the first forecast. */
  readonly leastWeeks: number;
  readonly everyDays: number;
  readonly seed: number;
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A share of so many forecasts, with its 95 % interval as if they were independent. */
interface Share extends Interval {
  readonly share: number;
}

interface MethodErrors {
  /** Means of absolute and of signed relative errors, with a 95 % bootstrap interval of the former. */
  readonly mape: number;
  readonly interval: Interval;
  readonly medianApe: number;
  readonly bias: number;
  readonly within5: number;
}

export interface SpanEvaluation {
  readonly span: PastRevenue['span'];
  readonly forecasts: number;
  readonly errors: Readonly<Record<Method, MethodErrors>>;
  /** Of the blend. */
  readonly coverage80: Share;
  readonly coverage95: Share;
  readonly medianHalfWidth80: number;
  readonly committed: number;
  /** Null when none was. */
  readonly committedWithin5: number | null;
}

/** Days of the longest quarter: everything that a forecast speaks of must have come. */
const REACH_DAYS = 92;
const WEEK = 7;
const DAY_MS = 86_400_000;
const RESAMPLES = 2000;
/** Two-sided 95 %. */
const Z = 1.96;

/** Newest first. @throws AppError `short-history` when nothing can be judged. */
export async function rehearseRevenue(
  history: RevenueHistory,
  request: RehearsalRequest,
): Promise<PastRevenue[]> {
  const { leastWeeks, everyDays, onProgress, merchant, seed, threads } = request;
  const days = history.lines[0]?.daily.length ?? 0;
  const ends: number[] = [];
  for (let end = days - REACH_DAYS; end >= WEEK * leastWeeks; end -= everyDays) ends.push(end);
  if (ends.length === 0)
    throw new AppError(
      'bad-input',
      'short-history',
      `${Math.floor(days / WEEK)} weeks of revenue are known; ${leastWeeks} before the first forecast and 14 after it are needed`,
    );
  const found: PastRevenue[] = [];
  for (const [done, end] of ends.entries()) {
    onProgress?.(done, ends.length);
    const asOfOn = dayAfter(history.asOfOn, end - days);
    const lines = history.lines.map((line) => ({ ...line, daily: line.daily.slice(0, end) }));
    const said = await forecastRevenue({ asOfOn, lines, book: history.book ?? null }, { seed, threads });
    if (said === null) continue;
    const came = (fromOn: string, untilOn: string): number => {
      const [from, until] = [fromOn, untilOn].map(
        (day) => days + (Date.parse(day) - Date.parse(history.asOfOn)) / DAY_MS,
      ) as [number, number];
      return history.lines.reduce(
        (sum, { daily }) => sum + total(daily.subarray(Math.max(0, from), until)),
        0,
      );
    };
    for (const one of said.spans) {
      if (one.level !== 'platform' || one.span === 'week') continue;
      const { span, realised, mean, naive, low80, high80, low95, high95, committed } = one;
      const parts = said.bottomUp?.spans.find((part) => part.span === span);
      found.push({
        merchant,
        asOfOn,
        span,
        realised,
        blend: mean,
        bottomUp: realised + (parts?.bottomUp ?? mean - realised),
        topDown: realised + (parts?.topDown ?? mean - realised),
        naive,
        actual: came(one.fromOn, one.untilOn),
        low80,
        high80,
        low95,
        high95,
        committed,
      });
    }
  }
  onProgress?.(ends.length, ends.length);
  return found;
}

/** Of forecasts of one merchant or of several. */
export function summariseRevenue(all: readonly PastRevenue[], seed: number): SpanEvaluation[] {
  return (['thirteen-weeks', 'quarter'] as const).map((span) => {
    const rows = all.filter((row) => row.span === span && row.actual > 0);
    const holds = (low: 'low80' | 'low95', high: 'high80' | 'high95'): Share =>
      wilson(rows.filter((row) => row.actual >= row[low] && row.actual <= row[high]).length, rows.length);
    const committed = rows.filter((row) => row.committed);
    const within = committed.filter((row) => Math.abs(errorOf(row, 'blend')) <= 0.05).length;
    return {
      span,
      forecasts: rows.length,
      errors: errorsOf(rows, seed),
      coverage80: holds('low80', 'high80'),
      coverage95: holds('low95', 'high95'),
      medianHalfWidth80: median(rows.map(({ low80, high80, blend }) => (high80 - low80) / 2 / blend)),
      committed: committed.length,
      committedWithin5: committed.length > 0 ? within / committed.length : null,
    };
  });
}

function errorsOf(rows: readonly PastRevenue[], seed: number): Record<Method, MethodErrors> {
  const errors = METHODS.map((method) => Float64Array.from(rows, (row) => errorOf(row, method)));
  const intervals = bootstrap(
    { y: new Uint8Array(rows.length), cluster: clustersOf(rows) },
    (counts) => {
      const drawn = counts.reduce((sum, count) => sum + count, 0);
      const meanOf = (of: Float64Array): number =>
        of.reduce((sum, error, i) => sum + counts[i]! * Math.abs(error), 0) / drawn;
      return Object.fromEntries(METHODS.map((method, k) => [method, meanOf(errors[k]!)])) as Record<
        Method,
        number
      >;
    },
    { resamples: RESAMPLES, level: 0.95, seed, draw: 'clusters' },
  );
  const one = (method: Method, signed: Float64Array): MethodErrors => {
    const absolute = signed.map(Math.abs);
    return {
      mape: total(absolute) / rows.length,
      interval: intervals[method],
      medianApe: median([...absolute]),
      bias: total(signed) / rows.length,
      within5: absolute.filter((error) => error <= 0.05).length / rows.length,
    };
  };
  return Object.fromEntries(METHODS.map((method, k) => [method, one(method, errors[k]!)])) as Record<
    Method,
    MethodErrors
  >;
}

/** Of what came, too high is positive. */
function errorOf(row: PastRevenue, method: Method): number {
  return row[method] / row.actual - 1;
}

/** Calendar quarters of a merchant, as codes. */
function clustersOf(rows: readonly PastRevenue[]): Int32Array {
  const codes = new Map<string, number>();
  return Int32Array.from(rows, ({ merchant, asOfOn }) => {
    const quarter = Math.floor((Number(asOfOn.slice(5, 7)) - 1) / 3);
    const key = `${merchant} ${asOfOn.slice(0, 4)} ${quarter}`;
    const code = codes.get(key) ?? codes.size;
    codes.set(key, code);
    return code;
  });
}

/** Wilson 1927. */
function wilson(hits: number, n: number): Share {
  if (n === 0) return { share: Number.NaN, low: 0, high: 1 };
  const share = hits / n;
  const middle = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const half = (Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n * n))) / (1 + Z ** 2 / n);
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}
