/**
 * What came of the forecasts whose span is over, read from the warehouse and written beside them. Captures become known for some
 * days after the payment, so a span is scored when they have had their time; the members are those that the run told apart.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../features/vocabulary.js';
import { dueSpans, membersOf, saveActuals, type DueSpan, type Member } from './forecast-store.js';
import type { WarehouseReader } from './reader.js';
import { OTHERS, readAsOfOn, readRealised, type Realised } from './revenue-history.js';

/** Late captures come within this many days. */
const SETTLED_DAYS = 3;

interface ScoreDeps {
  readonly pool: Pool;
  readonly reader: WarehouseReader;
  readonly nowMs: number;
}

/** Spans scored. */
export async function scoreForecasts({ pool, reader, nowMs }: ScoreDeps): Promise<number> {
  const asOfOn = await reader.read(readAsOfOn);
  if (asOfOn === null) return 0;
  const settledOn = new Date(Date.parse(asOfOn) - SETTLED_DAYS * DAY_MS).toISOString().slice(0, 10);
  const due = await dueSpans(pool, settledOn);
  const members = new Map<bigint, Member[]>();
  for (const one of due) {
    const own = members.get(one.runId) ?? (await membersOf(pool, one.runId));
    members.set(one.runId, own);
    const realised = await reader.read((db) => readRealised(db, one));
    if (realised === null) return 0;
    await saveActuals(pool, one, actualsOf(one, own, realised), nowMs);
  }
  return due.length;
}

/** A member that is new since the run counts as one of the others, where the run had others, and for the platform always. */
function actualsOf({ span }: DueSpan, members: readonly Member[], realised: readonly Realised[]) {
  const named = (level: Member['level']): Set<string> =>
    new Set(members.filter((one) => one.level === level).map(({ member }) => member));
  const [counterparties, kinds] = [named('counterparty'), named('kind')];
  const actuals = new Map<string, number>();
  const add = (level: Member['level'], member: string, amount: number): void => {
    const key = JSON.stringify([level, member]);
    actuals.set(key, (actuals.get(key) ?? 0) + amount);
  };
  for (const { amount, ...one } of realised) {
    const counterparty = counterparties.has(one.counterparty) ? one.counterparty : OTHERS;
    const kind = kinds.has(one.kind) ? one.kind : OTHERS;
    add('platform', 'all', amount);
    add('counterparty', counterparty, amount);
    add('kind', kind, amount);
    add('line', `${counterparty}, ${kind}`, amount);
  }
  return members.map(({ level, member }) => ({
    level,
    member,
    span,
    actual: actuals.get(JSON.stringify([level, member])) ?? 0,
  }));
}
