import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDuckdb, type Duckdb } from '../../core/duckdb.js';
import { seededRandom } from '../../core/random.js';
import { createFold, type Observation } from '../../features/fold.js';
import { replay } from '../../features/replay.js';
import { collectRows } from '../../features/training-rows.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { randomFacts, type RandomFact } from '../features/random-facts.js';

const TABLES = { payment: 'payments', outcome: 'outcomes', label: 'labels' } as const;

/** Writes facts as the lake's columns. */
async function load(db: Duckdb, facts: readonly RandomFact[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parity-'));
  try {
    for (const [kind, table] of Object.entries(TABLES)) {
      const rows = facts.filter(({ fact }) => fact === kind).map((fact) => JSON.stringify(snakeCase(fact)));
      const file = join(folder, `${table}.json`);
      await writeFile(file, rows.join('\n'));
      await db.run(
        `CREATE OR REPLACE TABLE ${table} AS SELECT * REPLACE (make_timestamp(occurred_at * 1000) AS occurred_at,
         make_timestamp(known_at * 1000) AS known_at) FROM read_json('${file}', sample_size = -1)`,
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function snakeCase(fact: RandomFact): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fact).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      typeof value === 'bigint' ? Number(value) : (value as unknown),
    ]),
  );
}

/** What the gate does: reads at the instant of each request, observes each fact once, when it becomes known. */
function serve(delivered: readonly RandomFact[]): Map<number, Float32Array> {
  const fold = createFold();
  const payments = new Map(
    delivered.flatMap((fact) => (fact.fact === 'payment' ? [[fact.paymentId, fact]] : [])),
  );
  const seen = new Set<number>();
  const vectors = new Map<number, Float32Array>();
  const steps = delivered.flatMap((fact) => [
    { at: fact.knownAt, order: 1, fact },
    ...(fact.fact === 'payment' && fact.kind === 'payment' ? [{ at: fact.occurredAt, order: 0, fact }] : []),
  ]);
  steps.sort((a, b) => a.at - b.at || a.fact.sequence - b.fact.sequence || a.order - b.order);
  for (const { order, fact } of steps) {
    if (order === 0) vectors.set(fact.sequence, fold.vector(fact as PaymentFact, fact.occurredAt));
    else if (!seen.has(fact.sequence)) {
      seen.add(fact.sequence);
      fold.observe(named(fact, payments));
    }
  }
  return vectors;
}

function named(fact: RandomFact, payments: ReadonlyMap<string, PaymentFact>): Observation {
  return fact.fact === 'payment' ? fact : { ...fact, payment: payments.get(fact.paymentId)! };
}

describe('served and replayed vectors', () => {
  it('are equal bit for bit over 20,000 events with ties, late and duplicate events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const random = seededRandom(seed);
        const facts = randomFacts(random, 20_000);
        const delivered = facts.flatMap((fact) => (random.unit() < 0.05 ? [fact, fact] : [fact]));
        const served = serve(delivered);
        const db = await openDuckdb(':memory:');
        await load(db, facts);
        const collector = collectRows({
          fromMs: 0,
          untilMs: Number.MAX_SAFE_INTEGER,
          capacity: facts.length,
        });
        await replay(db, createFold(), { collect: collector });
        db.close();
        const { frame, sequence } = collector.rows();
        expect(frame.rows).toBe(served.size);
        for (let i = 0; i < frame.rows; i++) {
          const vector = served.get(sequence[i]!)!;
          const wrong = frame.names.findIndex((_, j) => !Object.is(frame.columns[j]![i], vector[j]));
          if (wrong >= 0)
            expect([frame.names[wrong], frame.columns[wrong]![i]]).toEqual([
              frame.names[wrong],
              vector[wrong],
            ]);
        }
      }),
      { numRuns: 2 },
    );
  });
});
