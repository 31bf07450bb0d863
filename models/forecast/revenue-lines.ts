/**
 * What revenue is made of, as a hierarchy: the platform, its counterparties (schools, vendors), the kinds of what is paid for,
 * and lines, which are a kind at a counterparty. A line is known from its first revenue on; weeks are seven days that end on the
 * last whole day, so that none is half known.
 */
import type { Hierarchy } from './reconcile.js';

/** Revenue by day in minor units, from the same first day for all lines (n). */
export interface RevenueLine {
  readonly counterparty: string;
  readonly kind: string;
  readonly daily: Float64Array;
}

export const LEVELS = ['platform', 'counterparty', 'kind', 'line'] as const;

export interface RevenueNode {
  readonly level: (typeof LEVELS)[number];
  readonly member: string;
  readonly daily: Float64Array;
  /** NaN before the first revenue. */
  readonly weekly: Float64Array;
}

interface RevenueTree {
  readonly hierarchy: Hierarchy;
  /** In the order of the hierarchy. */
  readonly nodes: readonly RevenueNode[];
}

const WEEK = 7;

export function openTree(lines: readonly RevenueLine[]): RevenueTree {
  const unique = (of: (line: RevenueLine) => string): string[] => [...new Set(lines.map(of))].sort();
  const groups = [
    { level: 'platform' as const, member: 'all', has: () => true },
    ...unique(({ counterparty }) => counterparty).map((member) => ({
      level: 'counterparty' as const,
      member,
      has: ({ counterparty }: RevenueLine) => counterparty === member,
    })),
    ...unique(({ kind }) => kind).map((member) => ({
      level: 'kind' as const,
      member,
      has: ({ kind }: RevenueLine) => kind === member,
    })),
  ];
  const nodes = groups.map(({ level, member, has }) => openNode(level, member, lines.filter(has)));
  const bottoms = lines.map((line) => openNode('line', `${line.counterparty}, ${line.kind}`, [line]));
  const sums = groups.map(({ has }) => Float64Array.from(lines, (line) => (has(line) ? 1 : 0)));
  return { hierarchy: { sums, bottoms: lines.length }, nodes: [...nodes, ...bottoms] };
}

function openNode(level: RevenueNode['level'], member: string, lines: readonly RevenueLine[]): RevenueNode {
  const daily = new Float64Array(lines[0]?.daily.length ?? 0);
  for (const line of lines) for (let t = 0; t < daily.length; t++) daily[t]! += line.daily[t]!;
  return { level, member, daily, weekly: weeksOf(daily) };
}

function weeksOf(daily: Float64Array): Float64Array {
  const weeks = Math.floor(daily.length / WEEK);
  const start = daily.length - weeks * WEEK;
  const sums = Float64Array.from({ length: weeks }, (_, w) =>
    daily.subarray(start + w * WEEK, start + (w + 1) * WEEK).reduce((sum, value) => sum + value, 0),
  );
  const first = sums.findIndex((value) => value > 0);
  return sums.map((value, w) => (w < first ? NaN : value));
}
