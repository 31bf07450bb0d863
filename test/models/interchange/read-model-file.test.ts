import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.js';
import { modelOver, readModelFile } from '../../../models/interchange/read-model-file.js';
import { modelFromJSON } from '../../../models/learners.js';
import { expectedOf, farthest, fixture, NAMES } from './fixtures.js';

const BEST = { allTrees: false };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-interchange-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readBytes(bytes: Uint8Array | string): Promise<unknown> {
  const file = path.join(folder, 'model');
  await writeFile(file, bytes);
  return readModelFile(file, BEST);
}

describe('a model file that a real library wrote', () => {
  // LightGBM explains its sum of leaves, before sigmoid and mean: our log-odds are that times this.
  it.each<[string, number]>([
    ['xgboost-binary.json', 1],
    ['xgboost-categories.json', 1],
    ['xgboost-categories.ubj', 1],
    ['xgboost-stopped.ubj', 1],
    ['xgboost-unnamed.ubj', 1],
    ['lightgbm-binary.txt', 1],
    ['lightgbm-sigmoid.txt', 2.5],
    ['lightgbm-zero.txt', 1],
    ['lightgbm-forest.txt', 1 / 5],
  ])('predicts and explains as the library does: %s', async (name, scale) => {
    const file = await readModelFile(fixture(name), BEST);
    const model = modelOver(file, NAMES, NAMES);
    const { rows, predictions, contributions } = expectedOf(name.replace(/\.\w+$/, ''));
    const predicted = rows.map((row) => model.predictOne(row));
    expect(farthest(predictions, predicted)).toBeLessThan(1e-6);
    const explained = rows.map((row, i) => {
      const library = contributions[i]!.map((part) => part * scale);
      return farthest(library, [...model.explain(row)]);
    });
    // XGBoost adds up in 32 bits.
    expect(Math.max(...explained)).toBeLessThan(file.library === 'XGBoost' ? 2e-6 : 1e-12);
    const again = modelFromJSON(JSON.parse(JSON.stringify(model.toJSON())));
    expect(rows.map((row) => again.predictOne(row))).toEqual(predicted);
  });

  it.each(['xgboost-squared.ubj', 'lightgbm-regression.txt'])('predicts numbers too: %s', async (name) => {
    const file = await readModelFile(fixture(name), BEST);
    const model = modelOver(file, NAMES);
    const { rows, predictions } = expectedOf(name.replace(/\.\w+$/, ''));
    expect(
      farthest(
        predictions,
        rows.map((row) => model.predictOne(row)),
      ),
    ).toBeLessThan(1e-6);
  });

  it('keeps the trees up to the best iteration, or all of them', async () => {
    const { rows, allTrees } = expectedOf('xgboost-stopped');
    const best = await readModelFile(fixture('xgboost-stopped.ubj'), BEST);
    const all = await readModelFile(fixture('xgboost-stopped.ubj'), { allTrees: true });
    expect(best.trees.roots.length).toBeLessThan(best.treesInFile);
    expect(all.trees.roots.length).toBe(best.treesInFile);
    const model = modelOver(all, NAMES);
    expect(
      farthest(
        allTrees!,
        rows.map((row) => model.predictOne(row)),
      ),
    ).toBeLessThan(1e-6);
  });

  it('may stand over more columns than it was trained on, in another order', async () => {
    const file = await readModelFile(fixture('xgboost-categories.ubj'), BEST);
    const wide = ['other', ...NAMES.toReversed()];
    const { rows } = expectedOf('xgboost-categories');
    for (const row of rows) {
      const inOrder = modelOver(file, NAMES).predictOne(row);
      expect(modelOver(file, wide).predictOne(Float32Array.of(5, ...row.toReversed()))).toBe(inOrder);
    }
  });

  it('is refused by the names of columns that are no features', async () => {
    const file = await readModelFile(fixture('lightgbm-binary.txt'), BEST);
    expect(() => modelOver(file, ['amount', 'hour', 'country', 'method'])).toThrow(
      /2 columns that are no features here: age, ratio; train it on/,
    );
  });

  it('needs names when it has none, each once', async () => {
    const file = await readModelFile(fixture('xgboost-unnamed.ubj'), BEST);
    expect(() => modelOver(file, NAMES)).toThrow(/does not name its 6 columns; .*--features FILE/);
    expect(() => modelOver(file, NAMES, ['amount', 'age'])).toThrow(/has 6 columns; 2 different names/);
    expect(() =>
      modelOver(
        file,
        NAMES,
        Array.from(NAMES, () => 'age'),
      ),
    ).toThrow(/1 different names/);
  });
});

describe('a file that is no model', () => {
  it.each<[string, string, RegExp]>([
    ['text', 'hello', /no model that can be imported: save it with XGBoost as \.json/],
    ['nothing', '', /no model that can be imported/],
    ['a pickle', '\u0080\u0004', /no model that can be imported/],
    ['other JSON', '{"a":1}', /no object "learner"/],
    ['half a JSON', '{"learner":{', /damaged or not all there/],
    ['half a text', 'tree\nversion=v4\n', /no line "end of trees"/],
  ])('is refused in one line: %s', async (_name, bytes, message) => {
    await expect(readBytes(bytes)).rejects.toThrow(message);
  });

  it('is refused when it is not there, or a folder', async () => {
    await expect(readModelFile(path.join(folder, 'none'), BEST)).rejects.toThrow(
      /is no file that can be read/,
    );
    await expect(readModelFile(folder, BEST)).rejects.toThrow(/is no file that can be read/);
  });

  const NAMES_OF_FIXTURES = ['xgboost-categories.json', 'xgboost-squared.ubj', 'lightgbm-zero.txt'];

  it.each(NAMES_OF_FIXTURES)(
    'with damaged bytes is a model or an error of ours, never a crash: %s',
    async (name) => {
      const whole = readFileSync(fixture(name));
      const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
        minLength: 1,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(damage, fc.boolean(), async (changes, cut) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of changes) bytes[at] = byte;
          const file = cut ? bytes.subarray(0, changes[0]![0]) : bytes;
          const error = await readBytes(file).then(
            () => null,
            (thrown: unknown) => thrown,
          );
          if (error !== null) expect(error).toBeInstanceOf(AppError);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('has an address by its bytes', async () => {
    const { sha256 } = await readModelFile(fixture('xgboost-squared.ubj'), BEST);
    const { createHash } = await import('node:crypto');
    const bytes = await readFile(fixture('xgboost-squared.ubj'));
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
