/**
 * The time machine: builds the gate's memory again as it was at each decision, and makes the decision again. The fold begins
 * from what it was built from when it decided, by the mark in the decision log, and then observes the live facts one by one;
 * a decision is checked as its payment passes. Decisions of one start of the gate share one pass.
 */
import type { Pool } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import { createFold } from '../../features/fold.js';
import type { Fold } from '../../features/fold.js';
import type { Lake } from '../../ingest/lake.js';
import type { Registry } from '../../models/registry.js';
import type { ReplayableDecision } from '../decisions.js';
import { replayBatches } from '../lake-history.js';
import type { HistoryMark } from '../live-state.js';
import { decideAgain } from './decide-again.js';
import { liveFacts } from './live-facts.js';
import { openPast } from './past.js';
import type { Past } from './past.js';
import type { ReplayReport } from './report.js';

export interface ReplayDeps {
  readonly pool: Pool;
  readonly lake: Pick<Lake, 'attach' | 'batches'>;
  readonly registry: Pick<Registry, 'load'>;
  readonly onProgress?: (stage: 'history' | 'decisions', done: number, total: number) => void;
}

const NO_MARK =
  'an earlier version of the program decided it and did not log what its memory was built from: its facts cannot be told with certainty';

/** In the order of `decisions`. */
export async function replayDecisions(
  deps: ReplayDeps,
  decisions: readonly ReplayableDecision[],
): Promise<ReplayReport[]> {
  const past = openPast(deps);
  const reports = new Map<string, ReplayReport>();
  const add = (report: ReplayReport): void => {
    reports.set(report.decisionId, report);
    deps.onProgress?.('decisions', reports.size, decisions.length);
  };
  for (const [mark, marked] of byMark(decisions)) {
    if (mark === null)
      for (const decision of marked) add(await decideAgain(decision, { missing: NO_MARK }, past));
    else await replayFrom(deps, mark, { decisions: marked, past, add });
  }
  return decisions.flatMap(({ decisionId }) => reports.get(decisionId) ?? []);
}

/** Oldest first, so that lists and models are met in their order. */
function byMark(
  decisions: readonly ReplayableDecision[],
): Iterable<readonly [HistoryMark | null, readonly ReplayableDecision[]]> {
  const groups = new Map<string, readonly [HistoryMark | null, ReplayableDecision[]]>();
  for (const decision of [...decisions].reverse()) {
    const key = JSON.stringify(decision.history);
    const group = groups.get(key) ?? [decision.history, []];
    group[1].push(decision);
    groups.set(key, group);
  }
  return groups.values();
}

interface Pass {
  readonly decisions: readonly ReplayableDecision[];
  readonly past: Past;
  readonly add: (report: ReplayReport) => void;
}

async function replayFrom(
  deps: ReplayDeps,
  mark: HistoryMark,
  { decisions, past, add }: Pass,
): Promise<void> {
  const missing = new Map(decisions.map((decision) => [decision.paymentId, decision]));
  const giveUp = async (why: string): Promise<void> => {
    for (const decision of missing.values()) add(await decideAgain(decision, { missing: why }, past));
  };
  const fold = await foldAt(deps, mark);
  if (fold === null) return giveUp(`the lake lacks batch ${mark.batches}, which the gate had read`);
  await inTransaction(deps.pool, async (client) => {
    for await (const observation of liveFacts(client, deps.lake, mark.sequence)) {
      const decision = observation.fact === 'payment' ? missing.get(observation.paymentId) : undefined;
      if (decision !== undefined && observation.fact === 'payment') {
        const vector = fold.vector(observation, observation.knownAt);
        const { featureSetHash } = fold;
        add(await decideAgain(decision, { fact: observation, vector, featureSetHash }, past));
        missing.delete(decision.paymentId);
        if (missing.size === 0) return;
      }
      fold.observe(observation);
    }
  });
  await giveUp('neither the lake nor the log has a fact of this payment');
}

/** Null when the lake is not the one that the gate read. */
async function foldAt({ lake, onProgress }: ReplayDeps, mark: HistoryMark): Promise<Fold | null> {
  const batches = (await lake.batches()).filter(({ ordinal }) => ordinal <= mark.batches);
  if (mark.batches > 0 && batches.at(-1)?.ordinal !== mark.batches) return null;
  const fold = createFold();
  await replayBatches(lake, batches, fold, {
    untilMs: mark.untilMs,
    onProgress: (done, total) => onProgress?.('history', done, total),
  });
  return fold;
}
