/**
 * Champion and challenger on the same live payments: what each answered, whom each would refuse and what that was worth, how
 * their probabilities spread, and, on payments old enough for their labels to have come, which of the two was right.
 */
import type { Pool } from 'pg';
import { AppError } from '../core/errors.js';
import { DAY_MS, DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { istDay } from '../features/calendar.js';
import { jensenShannon, psi } from '../models/drift-measures.js';
import { binnedScore, countBins } from '../models/reference.js';
import { ACTIONS } from '../scoring/request.js';
import { bandCounts, judgePairs } from './comparison-labels.js';
import { liveDecisions, readPairs } from './comparison-pairs.js';
import type { ComparedModels, Pair, Side, Span } from './comparison-pairs.js';
import type { ComparisonReport, Stake } from './comparison-report.js';
import { groupedBy } from './grouped.js';
import type { WarehouseReader } from './reader.js';

interface CompareDeps {
  readonly pool: Pool;
  /** For labels that were imported. */
  readonly reader: WarehouseReader;
  readonly nowMs: number;
}

/** @throws AppError `not-found` when the challenger scored nothing of it. A second or two of work: not for the gate's event loop. */
export async function compareModels(
  deps: CompareDeps,
  models: ComparedModels,
  { fromMs, untilMs }: Span,
): Promise<ComparisonReport> {
  const { pool, nowMs } = deps;
  const matureMs = nowMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
  const { pairs, scored, oneIn } = await readPairs(deps, models, { fromMs, untilMs }, nowMs);
  const [first, last] = [pairs[0], pairs.at(-1)];
  if (first === undefined || last === undefined) throw nothingToCompare(models);
  const mature = await readPairs(deps, models, { fromMs, untilMs: Math.min(untilMs, matureMs) }, nowMs);
  const championFailed = pairs.filter(({ champion }) => champion.fraudProbability === null).length;
  const challengerFailed = pairs.filter(({ challenger }) => challenger.fraudProbability === null).length;
  const live = await liveDecisions(pool, models, { fromMs, untilMs });
  return {
    at: nowMs,
    ...models,
    period: { fromAt: first.decidedAt, untilAt: last.decidedAt },
    // A score may have come between the two queries.
    decisions: {
      live: Math.max(live, scored),
      scored,
      compared: pairs.length,
      oneIn,
      championFailed,
      challengerFailed,
    },
    agreement:
      pairs.filter(({ champion, challenger }) => champion.action === challenger.action).length / pairs.length,
    actions: actionPairs(pairs),
    blocks: blocksByCurrency(pairs, matureMs),
    scores: scoresOf(pairs),
    days: daysOf(pairs),
    ...judgePairs(mature),
  };
}

function nothingToCompare({ champion, challenger }: ComparedModels): AppError {
  const message =
    `${challenger.slice(0, 12)} scored no live payment in shadow that ${champion.slice(0, 12)} decided in this period: ` +
    'name it challenger with `hasivu models challenge`, and let payments come';
  return new AppError('not-found', 'nothing-to-compare', message);
}

function actionPairs(pairs: readonly Pair[]): ComparisonReport['actions'] {
  return ACTIONS.flatMap((champion) =>
    ACTIONS.map((challenger) => ({
      champion,
      challenger,
      decisions: pairs.filter(
        (pair) => pair.champion.action === champion && pair.challenger.action === challenger,
      ).length,
    })),
  );
}

/** The most used currency first. */
function blocksByCurrency(pairs: readonly Pair[], matureMs: number): ComparisonReport['blocks'] {
  const wanted = (byChampion: boolean, byChallenger: boolean, of: readonly Pair[]): Stake =>
    stakeOf(
      of.filter(
        ({ champion, challenger }) =>
          champion.wouldBlock === byChampion && challenger.wouldBlock === byChallenger,
      ),
      matureMs,
    );
  return [...groupedBy(pairs, ({ currency }) => currency)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([currency, of]) => ({
      currency,
      onlyChampion: wanted(true, false, of),
      onlyChallenger: wanted(false, true, of),
      both: wanted(true, true, of),
    }));
}

function stakeOf(pairs: readonly Pair[], matureMs: number): Stake {
  const frauds = pairs.filter(({ fraud }) => fraud === true);
  const good = pairs.filter(
    ({ fraud, hasResult, decidedAt }) =>
      fraud === false || (fraud === null && hasResult && decidedAt < matureMs),
  );
  return {
    payments: pairs.length,
    amountPaise: amountOf(pairs),
    frauds: frauds.length,
    fraudAmountPaise: amountOf(frauds),
    good: good.length,
    goodAmountPaise: amountOf(good),
  };
}

function amountOf(pairs: readonly Pair[]): number {
  return Number(pairs.reduce((sum, { amountPaise }) => sum + amountPaise, 0n));
}

function scoresOf(pairs: readonly Pair[]): ComparisonReport['scores'] {
  const [champion, challenger] = [probabilities(pairs, 'champion'), probabilities(pairs, 'challenger')];
  const [bins] = binnedScore(champion, [...champion.keys()]).columns;
  const counts = bins === undefined ? [] : countBins(bins, Float32Array.from(challenger));
  const fitted = bins?.counts ?? [];
  const [ofChampion, ofChallenger] = [bandCounts(champion), bandCounts(challenger)];
  return {
    psi: psi(fitted, counts),
    jensenShannon: jensenShannon(fitted, counts),
    championMean: meanOf(champion),
    challengerMean: meanOf(challenger),
    bands: ofChampion.map(({ from, count }, k) => ({
      from,
      champion: count / Math.max(1, champion.length),
      challenger: (ofChallenger[k]?.count ?? 0) / Math.max(1, challenger.length),
    })),
  };
}

function probabilities(pairs: readonly Pair[], side: 'champion' | 'challenger'): number[] {
  return pairs.flatMap((pair) => pair[side].fraudProbability ?? []);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function daysOf(pairs: readonly Pair[]): ComparisonReport['days'] {
  return [...groupedBy(pairs, ({ decidedAt }) => istDay(decidedAt))].map(([day, of]) => {
    const share = (sideOf: (pair: Pair) => Side): number =>
      of.filter((pair) => sideOf(pair).wouldBlock).length / of.length;
    return {
      day,
      decisions: of.length,
      championBlocks: share(({ champion }) => champion),
      challengerBlocks: share(({ challenger }) => challenger),
    };
  });
}
