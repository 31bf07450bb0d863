import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseNumberJson } from '../../../models/interchange/number-json.js';
import { modelOver } from '../../../models/interchange/read-model-file.js';
import { readXgboost } from '../../../models/interchange/xgboost-model.js';
import { sigmoid } from '../../../models/sigmoid.js';
import { fixture, NAMES } from './fixtures.js';

const BEST = { allTrees: false };

/** The parts of a document that the tests change. */
interface Document {
  learner: {
    attributes: Record<string, string>;
    feature_names: string[];
    gradient_booster: {
      name: string;
      model: { gbtree_model_param: Record<string, string>; trees: Tree[]; cats?: unknown };
    };
    learner_model_param: Record<string, string>;
    objective: { name: string };
  };
  version: number[];
}

type Tree = Record<string, unknown> & {
  left_children: number[];
  right_children: number[];
  split_indices: number[];
  split_conditions: (number | null)[];
  default_left: (number | boolean)[];
  sum_hessian: number[];
  tree_param: Record<string, string>;
};

function document(name = 'xgboost-binary.json'): Document {
  return parseNumberJson(readFileSync(fixture(name), 'utf8')) as Document;
}

function changed(change: (document: Document) => void, name?: string): Document {
  const made = document(name);
  change(made);
  return made;
}

/** A document with this tree only: one split at .5 on the first column. */
function stump(change: Partial<Tree> = {}): Document {
  return changed(({ learner }) => {
    const tree: Tree = {
      left_children: [1, -1, -1],
      right_children: [2, -1, -1],
      split_indices: [0, 0, 0],
      split_conditions: [0.5, 1, 2],
      default_left: [0, 0, 0],
      sum_hessian: [3, 1, 2],
      tree_param: { num_nodes: '3' },
      ...change,
    };
    learner.gradient_booster.model.trees = [tree];
    learner.attributes = {};
  });
}

function predict(made: unknown, row: readonly number[]): number {
  return modelOver(readXgboost(made, BEST), NAMES).predictOne(Float32Array.from(row));
}

const GAP = [NaN, NaN, NaN, NaN, NaN, NaN];

describe('an XGBoost document', () => {
  it('of version 3 has its base score in a list and truth values for directions', () => {
    const version3 = changed(({ learner, version }) => {
      version[0] = 3;
      learner.learner_model_param['base_score'] = '[3E-1]';
      learner.gradient_booster.model.cats = { enc: [], feature_segments: [], sorted_idx: [] };
      for (const tree of learner.gradient_booster.model.trees)
        tree.default_left = tree.default_left.map(Boolean);
    });
    const row = [50, 30, 12, 0, 3, 1];
    expect(predict(version3, row)).toBe(predict(document(), row));
    expect(predict(version3, GAP)).toBe(predict(document(), GAP));
  });

  it('of version 1.2 has no categories at all', () => {
    expect(predict(stump(), [0, 0, 0, 0, 0, 0])).toBeCloseTo(sigmoid(Math.log(0.3 / 0.7) + 1), 6);
  });

  it('sends values below the condition left and the condition itself right', () => {
    const [left, right] = [0.49999997, 0.5].map((x) => predict(stump(), [x, 0, 0, 0, 0, 0]));
    expect(left).toBeLessThan(right!);
    expect(predict(stump(), GAP)).toBe(right);
    expect(predict(stump({ default_left: [1, 0, 0] }), GAP)).toBe(left);
  });

  it('may hold nodes that pruning deleted', () => {
    const pruned = stump({
      left_children: [3, -1, -1, -1, 7],
      right_children: [1, -1, -1, -1, 8],
      split_indices: [0, 0, 0, 0, 2_147_483_647],
      split_conditions: [0.5, 2, 7, 1, null],
      default_left: [0, 0, 0, 0, 0],
      sum_hessian: [3, 2, 1, 1, 1],
      tree_param: { num_nodes: '5', num_deleted: '2' },
    });
    expect(predict(pruned, [0, 0, 0, 0, 0, 0])).toBe(predict(stump(), [0, 0, 0, 0, 0, 0]));
  });

  it.each<[string, (document: Document) => void, RegExp]>([
    ['dart', ({ learner }) => (learner.gradient_booster.name = 'dart'), /booster "dart"/],
    ['gblinear', ({ learner }) => (learner.gradient_booster.name = 'gblinear'), /booster "gblinear"/],
    ['many classes', ({ learner }) => (learner.learner_model_param['num_class'] = '3'), /3 outputs/],
    ['many targets', ({ learner }) => (learner.learner_model_param['num_target'] = '2'), /2 outputs/],
    [
      'vector leaves',
      ({ learner }) => (learner.gradient_booster.model.gbtree_model_param['size_leaf_vector'] = '2'),
      /vector in every leaf/,
    ],
    [
      'a ranking',
      ({ learner }) => (learner.objective.name = 'rank:pairwise'),
      /objective rank:pairwise; supported are/,
    ],
    [
      'renumbered categories',
      ({ learner }) => (learner.gradient_booster.model.cats = { enc: [{ values: [3, 5] }] }),
      /renumbers categories/,
    ],
  ])('is refused by name with %s', (_name, change, message) => {
    expect(() => readXgboost(changed(change), BEST)).toThrow(message);
  });

  const leaves = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
  const DEEP = 5000;

  it.each<[string, unknown, RegExp]>([
    ['no learner', {}, /no object "learner"/],
    ['a list', [], /no object "document"/],
    ['a cycle', stump({ left_children: [0, -1, -1] }), /tree 0, node 0: .*two parents/],
    ['a child with two parents', stump({ right_children: [1, -1, -1] }), /node 1: .*two parents/],
    ['a child that is none', stump({ right_children: [9, -1, -1] }), /node 9: is no node/],
    ['half a child', stump({ right_children: [1.5, -1, -1] }), /is no node/],
    ['a column that is none', stump({ split_indices: [6, 0, 0] }), /column 6 of 6/],
    ['no condition', stump({ split_conditions: [null, 1, 2] }), /no condition/],
    ['an infinite leaf', stump({ split_conditions: [0.5, 1, Infinity] }), /node 2: has the value Infinity/],
    ['a negative hessian', stump({ sum_hessian: [3, -1, 2] }), /hessian of -1/],
    ['columns of other lengths', stump({ sum_hessian: [3] }), /1 entries in "sum_hessian", not 3/],
    ['text for a number', stump({ sum_hessian: ['a', 1, 2] as unknown as number[] }), /no number at 0/],
    ['a billion nodes', stump({ tree_param: { num_nodes: '1000000000' } }), /entries in "left_children"/],
    ['half a node', stump({ tree_param: { num_nodes: '2.5' } }), /2.5 nodes/],
    [
      'a chain',
      stump({
        left_children: Array.from({ length: 2 * DEEP + 1 }, (_, i) =>
          i % 2 === 0 && i < 2 * DEEP ? i + 1 : -1,
        ),
        right_children: Array.from({ length: 2 * DEEP + 1 }, (_, i) =>
          i % 2 === 0 && i < 2 * DEEP ? i + 2 : -1,
        ),
        split_indices: leaves(2 * DEEP + 1, 0),
        split_conditions: leaves(2 * DEEP + 1, 1),
        default_left: leaves(2 * DEEP + 1, 0),
        sum_hessian: leaves(2 * DEEP + 1, 1),
        tree_param: { num_nodes: String(2 * DEEP + 1) },
      }),
      /tree 0: is deeper than 256/,
    ],
    [
      'a category split without categories',
      changed(({ learner }) => {
        learner.gradient_booster.model.trees[0]!['categories_sizes'] = [];
      }, 'xgboost-categories.json'),
      /categories_sizes/,
    ],
    [
      'a code beyond all dictionaries',
      changed(({ learner }) => {
        const tree = learner.gradient_booster.model.trees.find(
          ({ categories }) => (categories as []).length > 0,
        )!;
        tree['categories'] = (tree['categories'] as number[]).map(() => 2 ** 31);
      }, 'xgboost-categories.json'),
      /category 2147483648; codes are at most/,
    ],
    [
      'a certain base score',
      changed(({ learner }) => (learner.learner_model_param['base_score'] = '1E0')),
      /base_score of 1/,
    ],
    [
      'two base scores',
      changed(({ learner }) => (learner.learner_model_param['base_score'] = '[1E-1,2E-1]')),
      /no number "base_score"/,
    ],
    [
      'a best iteration that is none',
      changed(({ learner }) => (learner.attributes['best_iteration'] = '-5')),
      /best_iteration -5/,
    ],
    ['too few names', changed(({ learner }) => learner.feature_names.pop()), /names 5 of its 6 columns/],
  ])('is refused with %s', (_name, made, message) => {
    expect(() => readXgboost(made, BEST)).toThrow(message);
  });
});
