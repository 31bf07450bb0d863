/**
 * Our boosted trees as a contender of the learners' benchmark: the program that `learners-contenders.ts` starts, with the
 * protocol it describes. Runs in a process of its own, as the peers do.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Learner, Model } from '../../models/contract.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../../models/trees/boosted-trees.js';
import { readBlock, slice } from './learners-blocks.js';
import type { Sample } from './learners-blocks.js';
import type { Assignment, Command, Fitted, Timed } from './learners-contenders.js';
import { quantile } from './measure.js';

const assignment = JSON.parse(process.argv[2] ?? '') as Assignment;
const learner: Learner<BoostedTreesSettings> = boostedTrees;
const { trees, depth, leaves, learningRate, l2, minChildWeight, bins } = assignment.settings;
const settings = {
  ...learner.defaults,
  trees,
  maxDepth: depth,
  maxLeaves: leaves,
  learningRate,
  l2,
  minChildWeight,
  maxBins: bins,
  minRowsPerLeaf: 1,
  rowSubsample: 1,
  columnSubsample: 1,
  earlyStoppingRounds: 0,
  threads: assignment.threads,
};
const folds = assignment.folds.map(({ train, test, predictions }) => ({
  train: readBlock(train, assignment.columns),
  test: readBlock(test, assignment.columns).frame,
  predictions,
}));
let models: Model[] = [];

answer({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  answer(await obey(JSON.parse(line) as Command));
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function obey(command: Command): Promise<unknown> {
  switch (command.command) {
    case 'fit':
      return fitAll(command.rows);
    case 'predict':
      folds.forEach(({ test, predictions }, i) => writeFileSync(predictions, models[i]!.predict(test)));
      return {};
    case 'single':
      return timeCalls(command.rows, (model, row) => model.predictOne(row));
    case 'explain':
      return timeCalls(command.rows, (model, row) => model.explain(row)[0]!);
    case 'batch':
      return timeBatch(command.rows);
  }
}

async function fitAll(rows: number | null): Promise<Fitted> {
  models = [];
  let seconds = 0;
  for (const { train } of folds) {
    const { frame, y }: Sample = rows === null ? train : slice(train, 0, rows);
    const startedAt = performance.now();
    models.push(await learner.fit(frame, y, { settings, seed: 1 }));
    seconds += (performance.now() - startedAt) / 1000;
  }
  // Columns become bins inside the fit.
  return { seconds, matrixSeconds: 0 };
}

/** Each call on a row of its own, in an order that memory does not foresee. */
function timeCalls(rows: number, call: (model: Model, row: Float32Array) => number): Timed {
  const [model, { test }] = [models[0]!, folds[0]!];
  const vectors = Array.from({ length: rows }, (_, i) => {
    const row = (i * 7919) % test.rows;
    return Float32Array.from(test.columns, (column) => column[row]!);
  });
  let sum = 0;
  const micros = vectors.map((vector) => {
    const startedAt = performance.now();
    sum += call(model, vector);
    return (performance.now() - startedAt) * 1000;
  });
  if (Number.isNaN(sum)) throw new Error('a call answered NaN');
  return { median: quantile(micros, 0.5), p99: quantile(micros, 0.99) };
}

function timeBatch(rows: number): Timed {
  const [model, { test }] = [models[0]!, folds[0]!];
  const columns = test.columns.map((column) => column.subarray(0, rows));
  const startedAt = performance.now();
  model.predict({ ...test, rows, columns });
  const micros = ((performance.now() - startedAt) * 1e6) / 1000 / rows;
  return { median: micros, p99: micros };
}
