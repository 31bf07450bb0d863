/** How the gate's sampled answers spread: actions and reasons by IST day, and how long scoring took. */
import { istDay } from '../features/calendar.js';
import { ACTIONS } from '../scoring/request.js';
import { groupedBy } from './grouped.js';
import type { WatchReport } from './watch-report.js';
import type { SampledDecision } from './watch-sample.js';

/** Oldest day first. */
export function dailyMix(sample: readonly SampledDecision[]): WatchReport['days'] {
  const days = groupedBy(sample, ({ decidedAt }) => istDay(decidedAt));
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, decisions]) => {
      const share = (count: number | undefined): number => (count ?? 0) / decisions.length;
      const byAction = countOf(decisions.map(({ action }) => action));
      const byCode = countOf(decisions.flatMap(({ reasonCodes }) => [...new Set(reasonCodes)]));
      const reasons = [...byCode].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, n]) => [code, share(n)]);
      const actions = ACTIONS.map((action) => [action, share(byAction.get(action))]);
      return {
        day,
        decisions: decisions.length,
        actions: Object.fromEntries(actions) as WatchReport['days'][number]['actions'], // Each action once.
        reasons: Object.fromEntries(reasons) as WatchReport['days'][number]['reasons'],
      };
    });
}

function countOf<Name extends string>(names: readonly Name[]): Map<Name, number> {
  const counts = new Map<Name, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Upper ends in milliseconds; scoring alone takes a fraction of one. */
const LATENCY_BUCKETS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 100];

/** Without the commit, as the log keeps it; from the request to its durable answer is `decision_latency_seconds`. Null without a decision. */
export function latencyOf(sample: readonly SampledDecision[]): WatchReport['latency'] {
  if (sample.length === 0) return null;
  const sorted = Float64Array.from(sample, ({ latencyMs }) => latencyMs).sort();
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const ends = [...LATENCY_BUCKETS_MS, Infinity];
  const buckets = ends.map((end, k) => ({
    upToMs: Number.isFinite(end) ? end : null,
    decisions: sorted.filter((ms) => ms <= end && ms > (ends[k - 1] ?? -Infinity)).length,
  }));
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), buckets };
}
