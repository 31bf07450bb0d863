import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { choose } from '../../../models/auto/choose.js';
import type { Judged } from '../../../models/auto/halving.js';
import { logisticRecipe } from '../../../models/auto/recipe.js';
import type { TrainingPart } from '../../../models/auto/training-part.js';
import { logistic } from '../../../models/logistic.js';
import { logLoss } from '../../../models/metrics.js';
import { logit, sigmoid } from '../../../models/sigmoid.js';

const ROWS = 4000;
const random = seededRandom(1);
const logOdds = Float64Array.from({ length: ROWS }, () => 1.5 * random.normal());
const y = Uint8Array.from(logOdds, (z) => (random.unit() < sigmoid(z) ? 1 : 0));
const part: TrainingPart = { frame: { rows: ROWS, names: [], columns: [], categorical: [] }, y };
const splits = [{ train: new Int32Array(0), test: Int32Array.from(y.keys()) }];
const reference = logisticRecipe('reference', logistic.defaults);

function judged(recipe: Judged['recipe'], predictions: Float64Array): Judged {
  return { recipe, loss: logLoss(y, predictions), predictions: [predictions], length: 0 };
}

function noisy(deviation: number, seed: number): Float64Array {
  const noise = seededRandom(seed);
  return logOdds.map((z) => sigmoid(z + deviation * noise.normal()));
}

describe('choosing among finalists', () => {
  it('stays with the reference when another is better by luck only', () => {
    const base = judged(reference, noisy(1, 2));
    const lucky = judged(
      logisticRecipe('lucky', logistic.defaults),
      // Every second row is moved towards its outcome, the others away, and some forty more towards than away.
      base.predictions[0]!.map((p, row) => {
        const towards = row % 2 === 0 || row < 80 ? 0.01 : -0.01;
        return sigmoid(logit(p) + (y[row] === 1 ? towards : -towards));
      }),
    );
    const choice = choose(part, splits, [lucky, base], reference);
    expect(choice.members.map(({ recipe }) => recipe.name)).toEqual(['reference']);
    expect(choice.reason).toMatch(/nothing beats it/);
  });

  it('takes what beats the reference by more than noise', () => {
    const better = judged(logisticRecipe('better', logistic.defaults), noisy(0, 3));
    const choice = choose(part, splits, [better, judged(reference, noisy(2, 4))], reference);
    expect(choice.members.map(({ recipe }) => recipe.name)).toEqual(['better']);
    expect(choice.reason).toBeNull();
  });

  it('averages members whose errors differ', () => {
    const one = judged(logisticRecipe('one', logistic.defaults), noisy(1, 5));
    const choice = choose(part, splits, [one, judged(reference, noisy(1, 6))], reference);
    expect(choice.members).toHaveLength(2);
  });

  it('calibrates what is too sure of itself, and nothing that is honest', () => {
    const sure = judged(
      reference,
      logOdds.map((z) => sigmoid(3 * z + 1)),
    );
    expect(choose(part, splits, [sure], reference).calibration).not.toBeNull();
    const honest = judged(reference, logOdds.map(sigmoid));
    expect(choose(part, splits, [honest], reference).calibration).toBeNull();
  });

  it('counts rows of one group as one where it asks whether a gain is noise', () => {
    // One group of many rows gains, all others lose a little: the mean gain is positive, yet it is one observation.
    const group = Int32Array.from(y, (_, row) => (row < 400 ? -1 : row));
    const base = judged(reference, new Float64Array(ROWS).fill(0.5));
    const gains = Float64Array.from(y, (label, row) =>
      row < 400 ? 0.5 + 0.4 * (label - 0.5) : 0.5 - 0.02 * (label - 0.5),
    );
    const finalists = [judged(logisticRecipe('one group', logistic.defaults), gains), base];
    expect(choose(part, splits, finalists, reference).reason).toBeNull();
    expect(choose({ ...part, group }, splits, finalists, reference).reason).not.toBeNull();
  });
});
