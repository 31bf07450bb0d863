import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readLightgbm } from '../../../models/interchange/lightgbm-model.js';
import { modelOver } from '../../../models/interchange/read-model-file.js';
import { logit } from '../../../models/sigmoid.js';
import { fixture } from './fixtures.js';

const NONE = 0;
const ZERO = 4;
const NAN = 8;
const DEFAULT_LEFT = 2;

/** Two columns and one tree: a split on x, and under its left side one on z. */
function text(
  lines: Readonly<Record<string, string>> = {},
  header: Readonly<Record<string, string>> = {},
): string {
  const shown = (fields: Readonly<Record<string, string>>): string[] =>
    Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const top = {
    version: 'v4',
    num_class: '1',
    num_tree_per_iteration: '1',
    label_index: '0',
    max_feature_idx: '1',
    objective: 'binary sigmoid:1',
    feature_names: 'x z',
    feature_infos: '[-9:9] [-9:9]',
    ...header,
  };
  const tree = {
    num_leaves: '3',
    num_cat: '0',
    split_feature: '0 1',
    threshold: '0.5 1.5',
    decision_type: '8 10',
    left_child: '1 -1',
    right_child: '-2 -3',
    leaf_value: '1 2 4',
    leaf_count: '10 20 30',
    is_linear: '0',
    shrinkage: '0.1',
    ...lines,
  };
  return ['tree', ...shown(top), '', 'Tree=0', ...shown(tree), '', '', 'end of trees', ''].join('\n');
}

function score(model: string, x: number, z = 0): number {
  return logit(modelOver(readLightgbm(model), ['x', 'z']).predictOne(Float32Array.of(x, z)));
}

describe('a LightGBM text', () => {
  it('sends values up to the threshold left', () => {
    expect(score(text(), 0.5, 1)).toBeCloseTo(1, 9);
    expect(score(text(), 0.5, 2)).toBeCloseTo(4, 9);
    expect(score(text(), 0.50000006)).toBeCloseTo(2, 9);
    expect(score(text(), NaN)).toBeCloseTo(2, 9);
    expect(score(text(), 0, NaN)).toBeCloseTo(1, 9);
  });

  it('decides a split by its own rule, whatever counts as missing', () => {
    const near = fc.constantFrom(0, -0, 1e-35, -1e-35, 1e-36, -1e-36, 2e-35, -2e-35, NaN);
    const some = fc.oneof(near, fc.float({ noDefaultInfinity: true, min: -3, max: 3 }));
    const bound = fc.oneof(
      fc.constantFrom(0, 1e-35, 1.0000000180025095e-35, -1e-35, -1.0000000180025095e-35, 0.5, -0.5),
      fc.double({ min: -3, max: 3, noNaN: true }),
    );
    const missing = fc.constantFrom(NONE, ZERO, NAN);
    fc.assert(
      fc.property(some, bound, missing, fc.boolean(), (value, threshold, kind, defaultLeft) => {
        const decision = kind + (defaultLeft ? DEFAULT_LEFT : 0);
        const made = text({
          num_leaves: '2',
          split_feature: '0',
          threshold: String(threshold),
          decision_type: String(decision),
          left_child: '-1',
          right_child: '-2',
          leaf_value: '1 2',
          leaf_count: '5 6',
        });
        const x = Math.fround(value);
        const zero = Number.isNaN(x) && kind !== NAN ? 0 : x;
        const isMissing = (kind === ZERO && Math.abs(zero) <= Math.fround(1e-35)) || Number.isNaN(zero);
        const left = isMissing ? defaultLeft : zero <= threshold;
        expect(score(made, x)).toBeCloseTo(left ? 1 : 2, 9);
      }),
      { numRuns: 500 },
    );
  });

  it('sends the codes of its words left, and all others and missing ones right', () => {
    const made = text({
      num_leaves: '2',
      num_cat: '1',
      split_feature: '0',
      threshold: '0',
      decision_type: '1',
      left_child: '-1',
      right_child: '-2',
      leaf_value: '1 2',
      leaf_count: '5 6',
      cat_boundaries: '0 2',
      cat_threshold: '2147483649 2',
    });
    const left = [0, 1, 31, 32, 33, 34, 64, 5000, NaN, -1].filter((code) => score(made, code) < 1.5);
    expect(left).toEqual([0, 31, 33]);
  });

  it('may be a single leaf, or no tree at all', () => {
    expect(score(text({ num_leaves: '1', leaf_value: '-3' }), 7)).toBeCloseTo(-3, 9);
    const none = text().replace(/Tree=0[^]*end of trees/, 'end of trees');
    expect(modelOver(readLightgbm(none), ['x', 'z']).predictOne(Float32Array.of(0, 0))).toBe(0.5);
  });

  it('of a regression is read as one', () => {
    const { objective } = readLightgbm(readFileSync(fixture('lightgbm-regression.txt'), 'utf8'));
    expect(objective).toBe('squared');
  });

  it.each<[string, string, RegExp]>([
    ['many classes', text({}, { num_class: '3' }), /3 outputs/],
    ['another objective', text({}, { objective: 'poisson' }), /objective "poisson"; supported are/],
    ['a square root', text({}, { objective: 'regression sqrt' }), /objective "regression sqrt"/],
    ['no objective', text().replace(/objective=.*\n/, ''), /objective "none"/],
    ['another version', text({}, { version: 'v9' }), /version v9/],
    ['linear leaves', text({ is_linear: '1' }), /linear_tree=false/],
    ['pandas categories', `${text()}\npandas_categorical:[["IN", "NP"]]\n`, /renumbers pandas categories/],
    [
      'categories that skip a number',
      `${text()}\npandas_categorical:[[0, 2]]\n`,
      /renumbers pandas categories/,
    ],
    ['a damaged line of categories', `${text()}\npandas_categorical:[[0,\n`, /damaged line/],
    ['an end that is missing', text().replace('end of trees', ''), /no line "end of trees"/],
    ['a line that is missing', text().replace(/left_child=.*\n/, ''), /tree 0: has no line "left_child"/],
    ['columns of other lengths', text({ leaf_value: '1 2' }), /2 entries in "leaf_value", not 3/],
    ['no number', text({ threshold: '0.5 zebra' }), /"zebra" for a number in "threshold"/],
    ['no threshold', text({ threshold: '0.5 nan' }), /"nan" for a number/],
    ['an infinite leaf', text({ leaf_value: '1 2 inf' }), /leaf of Infinity/],
    ['a cycle', text({ left_child: '0 -1' }), /child 0, which/],
    ['a leaf with two parents', text({ right_child: '-2 -2' }), /child -2, which/],
    ['a child that is none', text({ right_child: '-2 -9' }), /child -9, which/],
    ['an inner child that is none', text({ left_child: '2 -1' }), /child 2, which/],
    ['a column that is none', text({ split_feature: '0 2' }), /column 2 of 2/],
    ['a set that is none', text({ decision_type: '8 1' }), /no set of categories 1.5/],
    ['an unknown kind of missing', text({ decision_type: '8 12' }), /unknown decision_type 12/],
    ['no leaves', text({ num_leaves: '0' }), /no leaves/],
    ['a billion leaves', text({ num_leaves: '999999999' }), /entries in "leaf_value"/],
    ['too few names', text({}, { feature_names: 'x' }), /names 1 of its 2 columns/],
  ])('is refused with %s', (_name, made, message) => {
    expect(() => readLightgbm(made)).toThrow(message);
  });
});
