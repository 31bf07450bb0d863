/**
 * Builds the warehouse from everything that the stores hold: the lake, the decision log, the champion's backtest and the
 * forecasts of the past.
 */
import type { Clock } from '../core/clock.js';
import { readDecisionLog } from '../reporting/decision-log.js';
import { everyComponent, everyForecast } from '../reporting/forecast-rows.js';
import { isWarehouseStale } from '../reporting/freshness.js';
import { openWarehouseReader } from '../reporting/reader.js';
import { buildWarehouse, warehousePath, type GateDecision } from '../reporting/warehouse.js';
import { latestDecisions } from '../scoring/decisions.js';
import { toFraudModel } from '../scoring/fraud-model.js';
import { readBacktest } from './backtests.js';
import { usableChampion } from './champion.js';
import type { OnStage } from './stages.js';
import type { Stores } from './stores.js';

/** Does nothing when the warehouse says already what the lake knows. */
export async function refreshIfStale(stores: Stores, clock: Clock, onStage?: OnStage): Promise<void> {
  const reader = openWarehouseReader(warehousePath(stores.dataDir));
  try {
    if (!(await isWarehouseStale(reader, stores.lake, clock.now()))) return;
    onStage?.('warehouse (builds)', 0, 1);
    await refreshWarehouse(stores, clock.now());
    onStage?.('warehouse (builds)', 1, 1);
  } finally {
    reader.close();
  }
}

/** Rows of each mart. */
export async function refreshWarehouse(stores: Stores, nowMs: number): Promise<ReadonlyMap<string, number>> {
  return buildWarehouse({
    lake: stores.lake,
    path: warehousePath(stores.dataDir),
    asOf: nowMs,
    builtAt: nowMs,
    decisions: everyScore(stores),
    forecasts: everyForecast(stores.pool),
    components: await everyComponent(stores.pool),
  });
}

async function* everyScore(stores: Stores): AsyncGenerator<GateDecision> {
  yield* readDecisionLog((query) => latestDecisions(stores.pool, query));
  const champion = await usableChampion(stores.registry);
  if (champion === null) return;
  const { thresholds } = toFraudModel(champion);
  if (thresholds !== null) yield* readBacktest(stores.dataDir, champion.version, thresholds.reviewFrom);
}
