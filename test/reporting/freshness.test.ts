import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { appendFacts } from '../../ingest/append-facts.js';
import { isWarehouseStale } from '../../reporting/freshness.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import type { WarehouseReader } from '../../reporting/reader.js';
import { at, label, payment } from '../support/facts.js';
import type { TestWarehouse } from '../support/warehouse.js';
import { testWarehouse } from '../support/warehouse.js';

const NOON = at('2026-03-02T06:30:00Z');
const DAY_MS = 86_400_000;
let warehouse: TestWarehouse;
let reader: WarehouseReader;

beforeAll(async () => {
  const known = NOON + 5 * DAY_MS;
  warehouse = await testWarehouse([
    payment({ paymentId: 'a', occurredAt: NOON }),
    label({ paymentId: 'a', knownAt: known }),
  ]);
  reader = openWarehouseReader(warehouse.path);
});

afterAll(async () => {
  reader.close();
  await warehouse.remove();
});

it('a warehouse is stale without a file, when the future has become known, and with a new batch', async () => {
  const stale = (nowMs: number) => isWarehouseStale(reader, warehouse.lake, nowMs);
  expect(await stale(NOON)).toBe(true);
  await warehouse.build(NOON + DAY_MS);
  expect(await stale(NOON + 2 * DAY_MS)).toBe(false);
  expect(await stale(NOON + 6 * DAY_MS)).toBe(true);
  await warehouse.build(NOON + 6 * DAY_MS);
  expect(await stale(NOON + 60 * DAY_MS)).toBe(false);
  await appendFacts(warehouse.lake, { name: 'more', source: 'test' }, [
    payment({ paymentId: 'b', occurredAt: NOON }),
  ]);
  expect(await stale(NOON + 60 * DAY_MS)).toBe(true);
});
