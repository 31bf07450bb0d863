/**
 * AdamW (Loshchilov and Hutter 2019): Adam's step with the decay of the weights apart from the gradient. Works on the
 * parameters in place, in plain arrays, so that its arithmetic is the same whatever computes the gradients.
 */
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface AdamW {
  step(gradients: readonly Float32Array[], learningRate: number): void;
}

/** `decays` says which parameters decay: matrices do, biases do not. */
export function createAdamW(
  parameters: readonly Float32Array[],
  decays: readonly boolean[],
  weightDecay: number,
): AdamW {
  const means = parameters.map(({ length }) => new Float32Array(length));
  const squares = parameters.map(({ length }) => new Float32Array(length));
  let steps = 0;
  return {
    step: (gradients, learningRate) => {
      steps++;
      const size = (learningRate * Math.sqrt(1 - BETA2 ** steps)) / (1 - BETA1 ** steps);
      parameters.forEach((values, p) => {
        const gradient = gradients[p]!;
        const mean = means[p]!;
        const square = squares[p]!;
        const kept = 1 - (decays[p] === true ? learningRate * weightDecay : 0);
        for (let k = 0; k < values.length; k++) {
          const slope = gradient[k]!;
          mean[k] = BETA1 * mean[k]! + (1 - BETA1) * slope;
          square[k] = BETA2 * square[k]! + (1 - BETA2) * slope * slope;
          values[k] = kept * values[k]! - (size * mean[k]!) / (Math.sqrt(square[k]!) + EPSILON);
        }
      });
    },
  };
}
