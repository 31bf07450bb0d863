import { describe, expect, it } from '@jest/globals';
import {
  importanceDefaults,
  permutationImportance,
  type FeatureGroup,
} from '../../models/permutation-importance.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { mixedSample, type Sample } from './frames.js';

const SETTINGS = { ...importanceDefaults, seed: 1 };
const alone = (name: string): FeatureGroup => ({ name, features: [name] });

function fit({ frame, y }: Sample) {
  const settings = { ...boostedTrees.defaults, trees: 60, columnSubsample: 0.5, earlyStoppingRounds: 0 };
  return boostedTrees.fit(frame, y, { settings, seed: 1 });
}

/** The amount twice, under two names: either can be shuffled while the other still tells. */
function withTwin({ frame, y }: Sample): Sample {
  const columns = [...frame.columns, frame.columns[0]!.map((amount) => 2 * amount + 1)];
  return { frame: { ...frame, names: [...frame.names, 'amountTwin'], columns }, y };
}

describe('permutation importance', () => {
  const train = mixedSample(2000, 1);
  const block = mixedSample(1500, 2);
  const model = fit(train);

  it('ranks what the target follows above noise, whose interval holds zero', () => {
    const ranked = permutationImportance(model, block, block.frame.names.map(alone), SETTINGS);
    expect(ranked[0]!.group).toBe('amount');
    const losses = ranked.map(({ loss }) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    for (const { loss, interval } of ranked) {
      expect(interval.low).toBeLessThanOrEqual(loss);
      expect(interval.high).toBeGreaterThanOrEqual(loss);
    }
    const noise = ranked.find(({ group }) => group === 'noise')!;
    expect(noise.interval.low).toBeLessThanOrEqual(0.005);
    expect(Math.abs(noise.loss)).toBeLessThan(0.02);
  });

  it('shuffles a group together, since of two twins either alone is missed less than both', () => {
    const both = { name: 'both', features: ['amount', 'amountTwin'] };
    const groups = [alone('amount'), alone('amountTwin'), both];
    const ranked = permutationImportance(fit(withTwin(train)), withTwin(block), groups, SETTINGS);
    expect(ranked[0]!.group).toBe('both');
    expect(ranked[0]!.loss).toBeGreaterThan(1.5 * ranked[1]!.loss);
  });

  it('leaves out what has one value only, and names no feature that it did not shuffle', () => {
    const columns = block.frame.columns.map((column, k) => (k === 1 ? column.slice().fill(NaN) : column));
    const silent = { ...block, frame: { ...block.frame, columns } };
    const groups = [alone('age'), { name: 'pair', features: ['amount', 'age'] }];
    const ranked = permutationImportance(model, silent, groups, SETTINGS);
    expect(ranked.map(({ group, features }) => [group, features])).toEqual([['pair', ['amount']]]);
  });

  it('keeps every positive of a large block and weighs the sampled negatives back', () => {
    const sampled = { ...SETTINGS, mostNegatives: 400 };
    const [whole, part] = [SETTINGS, sampled].map(
      (settings) => permutationImportance(model, block, [alone('amount')], settings)[0]!,
    );
    expect(part!.loss).toBeGreaterThan(0.7 * whole!.loss);
    expect(part!.loss).toBeLessThan(1.3 * whole!.loss);
  });

  it('gives the same figures for the same seed', () => {
    const groups = block.frame.names.map(alone);
    expect(permutationImportance(model, block, groups, SETTINGS)).toEqual(
      permutationImportance(model, block, groups, SETTINGS),
    );
  });
});
