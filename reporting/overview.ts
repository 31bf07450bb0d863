/** Everything the overview page shows of one period, read from one warehouse. */
import type { Duckdb } from '../core/duckdb.js';
import { choosePeriod, grainOf, periodBefore } from './period.js';
import type { Grain, PeriodChoice } from './period.js';
import {
  chooseCurrency,
  readCounterparties,
  readCoverage,
  readFailureReasons,
  readGateWeeks,
  readMethods,
  readSeries,
  readTotals,
} from './queries.js';
import type { Breakdown, Coverage, FailureReason, GateWeek, Scope, Totals, TotalsAt } from './queries.js';

export interface OverviewQuery {
  readonly choice: PeriodChoice;
  /** The most used currency when absent. */
  readonly currency: string | undefined;
}

export interface Overview {
  readonly coverage: Coverage;
  readonly choice: PeriodChoice;
  /** Null while the warehouse holds no payments. */
  readonly shown: ShownPeriod | null;
}

export interface ShownPeriod {
  readonly scope: Scope;
  readonly grain: Grain;
  readonly totals: Totals;
  /** Of as many days before; null when the history does not reach that far. */
  readonly totalsBefore: Totals | null;
  readonly series: readonly TotalsAt[];
  readonly methods: readonly Breakdown[];
  readonly counterparties: readonly Breakdown[];
  readonly failureReasons: readonly FailureReason[];
  readonly gateWeeks: readonly GateWeek[];
}

export async function readOverview(db: Duckdb, { choice, currency }: OverviewQuery): Promise<Overview> {
  const coverage = await readCoverage(db);
  if (coverage.history === null) return { coverage, choice, shown: null };
  const period = choosePeriod(choice, coverage.history);
  const scope = { ...period, currency: chooseCurrency(currency, coverage) };
  const grain = grainOf(period);
  const before = periodBefore(period);
  const shown = {
    scope,
    grain,
    totals: await readTotals(db, scope),
    totalsBefore:
      before.from < coverage.history.from
        ? null
        : await readTotals(db, { ...before, currency: scope.currency }),
    series: await readSeries(db, scope, grain),
    methods: await readMethods(db, scope),
    counterparties: await readCounterparties(db, scope),
    failureReasons: await readFailureReasons(db, scope),
    gateWeeks: await readGateWeeks(db, period),
  };
  return { coverage, choice, shown };
}
