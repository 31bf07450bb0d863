import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { createFold } from '../../features/fold.js';
import type { Fold, Observation } from '../../features/fold.js';
import { readSnapshot, readSnapshotHeader, writeSnapshot } from '../../features/snapshot.js';
import type { SnapshotHeader } from '../../features/snapshot.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { randomFacts } from './random-facts.js';

const RUNS = 4;
const FACTS = 2_000;
const LATER = 800;

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'fold-snapshot-'));
});

afterAll(() => rm(folder, { recursive: true }));

const nextFile = (): string => path.join(folder, `${files++}.snapshot`);

function observations(random: Random, count: number): Observation[] {
  const facts = randomFacts(random, count);
  const payments = new Map(
    facts.flatMap((fact) => (fact.fact === 'payment' ? [[fact.paymentId, fact] as const] : [])),
  );
  return facts.map((fact) =>
    fact.fact === 'payment' ? fact : { ...fact, payment: payments.get(fact.paymentId)! },
  );
}

/** Observes, and reads every payment before it: the vectors' bits in hexadecimal. */
function goOn(fold: Fold, facts: readonly Observation[]): string[] {
  return facts.map((fact) => {
    const payment = fact.fact === 'payment' ? fact : (fact.payment as PaymentFact);
    const bits = Buffer.from(fold.vector(payment, fact.knownAt).buffer).toString('hex');
    fold.observe(fact);
    return bits;
  });
}

async function readBack(file: string): Promise<Fold> {
  const header = await readSnapshotHeader(file);
  const fold = await readSnapshot(file, header as SnapshotHeader);
  if ('refused' in fold) throw new Error(fold.refused);
  return fold;
}

async function kept(seed = 5): Promise<{ file: string; bytes: Buffer }> {
  const fold = createFold();
  goOn(fold, observations(seededRandom(seed), 300));
  const file = nextFile();
  await writeSnapshot(file, fold, { upTo: 300 });
  return { file, bytes: await readFile(file) };
}

/** Why a file with these bytes is refused, or null when it is not. */
async function refusal(bytes: Uint8Array): Promise<string | null> {
  const file = nextFile();
  await writeFile(file, bytes);
  const header = await readSnapshotHeader(file);
  const answer = 'refused' in header ? header : await readSnapshot(file, header);
  return 'refused' in answer ? answer.refused : null;
}

describe('a fold that was written and read back', () => {
  it('goes on bit for bit like the one that was not, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 0, max: FACTS }),
        async (seed, at) => {
          const facts = observations(seededRandom(seed), FACTS);
          const fold = createFold();
          goOn(fold, facts.slice(0, at));
          const file = nextFile();
          await writeSnapshot(file, fold, null);
          const restored = await readBack(file);
          const rest = facts.slice(at, at + LATER);
          const expected = goOn(fold, rest);
          expect(goOn(restored, rest)).toEqual(expected);
          expect(restored.sizes()).toEqual(fold.sizes());
          // What was read can be written again, and says the same.
          const again = nextFile();
          await writeSnapshot(again, restored, null);
          const third = await readBack(again);
          expect(goOn(third, facts.slice(at + LATER))).toEqual(goOn(fold, facts.slice(at + LATER)));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('knows ids in any script and thousands of them', async () => {
    const fold = createFold();
    const ids = Array.from({ length: 40_000 }, (_, i) => `भुगतान-${i}-€-😀`);
    for (const id of ids) fold.interners.payer.number(id);
    const file = nextFile();
    await writeSnapshot(file, fold, null);
    const { interners } = await readBack(file);
    expect(ids.every((id) => interners.payer.find(id) === fold.interners.payer.find(id))).toBe(true);
    expect(interners.payer.size).toBe(40_001);
  });

  it('tells its origin in the header, before the arrays are read', async () => {
    const { file } = await kept();
    expect(await readSnapshotHeader(file)).toMatchObject({
      origin: { upTo: 300 },
      settings: { maturityDays: 30 },
    });
  });
});

describe('a snapshot that cannot be believed', () => {
  it('is refused when it ends anywhere before its end, or goes on after it', async () => {
    const { bytes } = await kept();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        expect(await refusal(bytes.subarray(0, length))).not.toBeNull();
      }),
      { numRuns: 40 },
    );
    expect(await refusal(Buffer.concat([bytes, Buffer.from([0])]))).toBe('it is torn or altered');
  });

  it('is refused when any byte has changed', async () => {
    const { bytes } = await kept();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (at) => {
        const altered = Buffer.from(bytes);
        altered[at] = altered[at]! ^ 0x10;
        expect(await refusal(altered)).not.toBeNull();
      }),
      { numRuns: 40 },
    );
  });

  it('is refused when it is another kind of file', async () => {
    expect(await refusal(new Uint8Array(0))).toBe('it is not a snapshot of a fold');
    expect(await refusal(Buffer.from('PAR1 and a long text that is no snapshot at all'))).toBe(
      'it is not a snapshot of a fold',
    );
  });

  it('is refused when another version of the program wrote it', async () => {
    const { bytes } = await kept();
    const text = bytes.toString('latin1').replace('"format":1', '"format":0');
    expect(await refusal(Buffer.from(text, 'latin1'))).toBe('another version of the program wrote it');
  });

  it('is refused when the fold had other settings', async () => {
    const fold = createFold({ maturityDays: 7 });
    const file = nextFile();
    await writeSnapshot(file, fold, null);
    const reason = 'it is of other features or settings';
    expect(await readSnapshotHeader(file)).toEqual({ refused: reason });
    expect(await readSnapshotHeader(file, { maturityDays: 7 })).toMatchObject({
      settings: { maturityDays: 7 },
    });
  });
});
