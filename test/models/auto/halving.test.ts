import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../../core/clock.js';
import { successiveHalving } from '../../../models/auto/halving.js';
import type { HalvingRequest } from '../../../models/auto/halving.js';
import { innerSplits } from '../../../models/auto/inner-splits.js';
import type { Recipe } from '../../../models/auto/recipe.js';
import type { Model } from '../../../models/contract.js';
import { synthetic } from './synthetic.js';

const part = synthetic('noise', 8000, 1);
const splits = innerSplits(part, 1)!;

/** Everybody has the probability `p`, whatever the rows; a fit costs `work` for each row. */
function constant(name: string, p: number, kind: Recipe['kind'], work = 1): Recipe & { fits: number[] } {
  const fits: number[] = [];
  const model: Model = {
    learner: name,
    featureNames: part.frame.names,
    predict: (frame) => new Float64Array(frame.rows).fill(p),
    predictOne: () => p,
    explain: () => new Float64Array(part.frame.names.length + 1),
    toJSON: () => ({}),
  };
  return {
    kind,
    name,
    fits,
    work: (rows) => rows * work,
    fit: ({ frame }) => {
      fits.push(frame.rows);
      return Promise.resolve({ model, length: 0 });
    },
  };
}

const reference = constant('reference', 0.9, 'logistic');
const recipes = [0.8, 0.7, 0.6, 0.55, 0.52, 0.5].map((p) => constant(`p ${p}`, p, 'boosted-trees'));
const request: HalvingRequest = {
  part,
  splits,
  recipes,
  reference,
  seed: 1,
  budgetSeconds: 60,
  clock: manualClock(0),
};

describe('successive halving', () => {
  it('judges fewer candidates on more rows, rung by rung, and keeps the reference though it is the worst', async () => {
    const { lines, finalists, allRows } = await successiveHalving(request);
    const perRung = [1, 2, 3].map((rung) => lines.filter((line) => line.rung === rung));
    expect(perRung.map((rung) => rung.length)).toEqual([7, 3, 3]);
    const rows = perRung.map((rung) => rung[0]!.rows);
    expect(rows[0]! < rows[1]! && rows[1]! < rows[2]!).toBe(true);
    expect(allRows).toBe(true);
    expect(rows[2]).toBe(splits.reduce((sum, { train }) => sum + train.length, 0));
    expect(finalists.map(({ recipe }) => recipe.name)).toEqual(['p 0.5', 'p 0.52', 'reference']);
    expect(lines.filter((line) => line.rung === 1 && !line.kept)).toHaveLength(4);
  });

  it('keeps the best trees though a line wins every place', async () => {
    const lines = [0.5, 0.51, 0.52].map((p) => constant(`line ${p}`, p, 'logistic'));
    const trees = [0.7, 0.8].map((p) => constant(`trees ${p}`, p, 'boosted-trees'));
    const { finalists } = await successiveHalving({ ...request, recipes: [...lines, ...trees] });
    expect(finalists.map(({ recipe }) => recipe.name)).toContain('trees 0.7');
    expect(finalists.map(({ recipe }) => recipe.name)).not.toContain('trees 0.8');
  });

  it('judges no more than the budget of work allows, and says whom it left out', async () => {
    const dear = constant('dear', 0.5, 'neural', 1e9);
    const { lines, finalists } = await successiveHalving({ ...request, recipes: [...recipes, dear] });
    expect(dear.fits).toEqual([]);
    expect(lines.find(({ candidate }) => candidate === 'dear')).toMatchObject({ logLoss: null, kept: false });
    expect(finalists).toHaveLength(3);
  });

  it('ends on a sample where all rows would cost too much', async () => {
    const slow = recipes.map(({ name }) => constant(name, 0.5, 'boosted-trees', 1e4));
    const { lines, allRows } = await successiveHalving({ ...request, recipes: slow, budgetSeconds: 10 });
    expect(allRows).toBe(false);
    expect(Math.max(...lines.map(({ rows }) => rows))).toBeLessThan(10_000);
  });
});
