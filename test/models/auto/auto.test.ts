import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { manualClock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import { TABLE_LEARNERS, fitAuto } from '../../../models/auto/auto.js';
import type { AutoFit, AutoRequest } from '../../../models/auto/auto.js';
import type { TrainingPart } from '../../../models/auto/training-part.js';
import { modelFromJSON } from '../../../models/learners.js';
import { logLoss } from '../../../models/metrics.js';
import { synthetic } from './synthetic.js';
import type { KindName } from './synthetic.js';

const request: AutoRequest = { learner: 'auto', seed: 1, budgetSeconds: 60, clock: manualClock(0) };

function fit(part: TrainingPart, changes: Partial<AutoRequest> = {}): Promise<AutoFit> {
  return fitAuto(part, { ...request, ...changes });
}

/** Mean loss of `one` over `other` on rows that neither has seen, and its standard error. */
function excess(y: Uint8Array, one: Float64Array, other: Float64Array): { mean: number; error: number } {
  const lossOf = (p: Float64Array, row: number): number => -Math.log(y[row] === 1 ? p[row]! : 1 - p[row]!);
  const gaps = Float64Array.from(y, (_, row) => lossOf(one, row) - lossOf(other, row));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return { mean, error: Math.sqrt(variance / gaps.length) };
}

describe('choosing a learner', () => {
  it.each<[KindName, number]>([
    ['linear', 600],
    ['linear', 30],
    ['interactions', 500],
    ['noise', 600],
    ['noise', 30],
    ['ten thousand categories', 1500],
    ['empty columns', 500],
    ['imbalanced', 6000],
    ['dates only', 600],
    ['duplicated columns', 500],
  ])('on %s, %i rows, is no worse than logistic regression by more than noise', async (kind, rows) => {
    const part = synthetic(kind, rows, 1);
    const fresh = synthetic(kind, 6000, 2);
    const [auto, line] = await Promise.all([fit(part), fit(part, { learner: 'logistic' })]);
    const { mean, error } = excess(fresh.y, auto.model.predict(fresh.frame), line.model.predict(fresh.frame));
    expect(mean).toBeLessThanOrEqual(2 * error);
  });

  it('finds interactions that a line cannot have, and says what it took', async () => {
    const part = synthetic('interactions', 600, 3);
    const fresh = synthetic('interactions', 3000, 4);
    const [auto, line] = await Promise.all([fit(part), fit(part, { learner: 'logistic' })]);
    expect(auto.chosen).toMatch(/boosted trees/);
    expect(logLoss(fresh.y, auto.model.predict(fresh.frame))).toBeLessThan(
      logLoss(fresh.y, line.model.predict(fresh.frame)) - 0.1,
    );
  });

  it('keeps logistic regression to the last rung, and answers with it where too few rows could judge', async () => {
    const { search } = await fit(synthetic('noise', 1000, 5));
    const last = Math.max(...search.map(({ rung }) => rung));
    expect(search.filter(({ rung }) => rung === last).map(({ candidate }) => candidate)).toContain(
      'logistic',
    );
    const few = await fit(synthetic('linear', 12, 6));
    expect([few.chosen, few.search]).toEqual([expect.stringMatching(/^logistic, .*too few/), []]);
  });

  it('is the same for the same rows and seed, down to the artefact', async () => {
    const part = synthetic('empty columns', 300, 7);
    const [one, again] = [await fit(part), await fit(part)];
    expect(JSON.stringify(again)).toBe(JSON.stringify(one));
    expect(JSON.stringify(again.model.toJSON())).toBe(JSON.stringify(one.model.toJSON()));
  });

  it('gives a model that survives its JSON', async () => {
    const part = synthetic('linear', 400, 8);
    const { model } = await fit(part);
    const again = modelFromJSON(JSON.parse(JSON.stringify(model.toJSON())));
    expect([...again.predict(part.frame)]).toEqual([...model.predict(part.frame)]);
  });

  it('refuses one class with one sentence, whatever the learner', async () => {
    const { frame } = synthetic('linear', 20, 9);
    for (const learner of TABLE_LEARNERS) {
      await expect(fit({ frame, y: new Uint8Array(20) }, { learner })).rejects.toThrow(/of class 0 only/);
    }
  });

  it('fits a network by name', async () => {
    const part = synthetic('interactions', 600, 10);
    const { model, chosen } = await fit(part, { learner: 'neural' });
    expect([chosen, model.learner]).toEqual([`network (net trained on ${model.backend})`, 'neural']);
    expect(logLoss(part.y, model.predict(part.frame))).toBeLessThan(0.6);
  });
});

/** Any column that a table may hold, by kind. */
const anyColumn = fc.constantFrom('constant', 'empty', 'infinite', 'gaps', 'huge', 'tiny', 'codes');

function column(kind: string, rows: number): Float32Array {
  const valueOf = (row: number): number => {
    const spread = ((row * 2654435761) % 97) / 97;
    switch (kind) {
      case 'constant':
        return 3;
      case 'empty':
        return NaN;
      case 'infinite':
        return [Infinity, -Infinity, spread][row % 3]!;
      case 'gaps':
        return row % 2 === 0 ? NaN : spread;
      case 'huge':
        return (spread - 0.5) * 6e38;
      case 'tiny':
        return spread * 1e-38;
      default:
        return row;
    }
  };
  return Float32Array.from({ length: rows }, (_, row) => valueOf(row));
}

describe('odd tables', () => {
  const anyTable = fc.record({
    rows: fc.integer({ min: 1, max: 60 }),
    kinds: fc.array(anyColumn, { maxLength: 5 }),
    every: fc.integer({ min: 1, max: 8 }),
  });

  function part({ rows, kinds, every }: { rows: number; kinds: string[]; every: number }): TrainingPart {
    const names = kinds.map((kind, k) => `${kind} ${k}`);
    const categorical = names.filter((name) => name.startsWith('codes'));
    const columns = kinds.map((kind) => column(kind, rows));
    const y = Uint8Array.from({ length: rows }, (_, row) => Number(row % every === 0));
    return { frame: { rows, names, columns, categorical }, y };
  }

  async function answersSoundly(table: TrainingPart, learner: AutoRequest['learner']): Promise<void> {
    const outcome = await fit(table, { learner }).catch((error: unknown) => error);
    if (outcome instanceof AppError) {
      expect(outcome.message).toMatch(/both classes/);
      return;
    }
    const { model, search } = outcome as AutoFit; // Anything else would fail in the next line.
    const predictions = [...model.predict(table.frame)];
    expect(predictions.every((p) => p >= 0 && p <= 1)).toBe(true);
    const row = Float32Array.from(table.frame.columns, (values) => values[0]!);
    expect([...model.explain(row)].every(Number.isFinite)).toBe(true);
    expect(search.every(({ logLoss: loss }) => loss === null || Number.isFinite(loss))).toBe(true);
  }

  it.each(['auto', 'boosted-trees', 'logistic'] as const)(
    'give %s finite answers or one sentence',
    async (learner) => {
      await fc.assert(
        fc.asyncProperty(anyTable, (table) => answersSoundly(part(table), learner)),
        { numRuns: 25 },
      );
    },
  );

  it('give a network finite answers or one sentence', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, (table) => answersSoundly(part(table), 'neural')),
      { numRuns: 6 },
    );
  });
});
