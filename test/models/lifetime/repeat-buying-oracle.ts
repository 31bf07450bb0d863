/**
 * The models of repeat buying from their definitions alone: likelihoods by numerical integration over the customers'
 * rates, and customers drawn at random. Slow, and shares nothing with the formulas under test.
 */
import type { Random } from '../../../core/random.js';

/** The integral over (0, 1) by the midpoint rule after a change that flattens both ends. */
function integral(f: (u: number) => number, cells: number): number {
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    const t = (i + 0.5) / cells;
    // u = t^4 (35 - 84 t + 70 t^2 - 20 t^3) has three vanishing derivatives at 0 and 1.
    const u = Math.min(1, t ** 4 * (35 - 84 * t + 70 * t * t - 20 * t ** 3));
    sum += f(u) * 140 * t ** 3 * (1 - t) ** 3;
  }
  return sum / cells;
}

/** The mean of f over gamma(shape, rate), up to the constant of normalisation. */
function overGamma(f: (rate: number) => number, shape: number, rate: number, cells: number): number {
  return integral((u) => {
    const value = u / (1 - u);
    const density = value ** (shape - 1) * Math.exp(-rate * value);
    return density === 0 || !Number.isFinite(density) ? 0 : (density * f(value)) / (1 - u) ** 2;
  }, cells);
}

export function betaGeometricLikelihood(
  { r, alpha, a, b }: Readonly<Record<'r' | 'alpha' | 'a' | 'b', number>>,
  chances: 0 | 1,
  x: number,
  lastAt: number,
  observed: number,
): number {
  const cells = 20_000;
  const gamma = (until: number): number =>
    overGamma((rate) => rate ** x * Math.exp(-rate * until), r, alpha, cells) /
    overGamma(() => 1, r, alpha, cells);
  const beta = (f: (p: number) => number): number =>
    integral((p) => p ** (a - 1) * (1 - p) ** (b - 1) * f(p), cells);
  const exits = x + chances;
  const one = beta(() => 1);
  const stay = beta((p) => (1 - p) ** exits) / one;
  const leave = exits === 0 ? 0 : beta((p) => p * (1 - p) ** (exits - 1)) / one;
  return stay * gamma(observed) + leave * gamma(lastAt);
}

export function paretoLikelihood(
  { r, alpha, s, beta }: Readonly<Record<'r' | 'alpha' | 's' | 'beta', number>>,
  x: number,
  lastAt: number,
  observed: number,
): number {
  const cells = 300;
  const norm = overGamma(() => 1, r, alpha, cells) * overGamma(() => 1, s, beta, cells);
  const joint = overGamma(
    (buying) =>
      overGamma(
        (leaving) => {
          const both = buying + leaving;
          const left = (leaving / both) * Math.exp(-both * lastAt);
          const stayed = (buying / both) * Math.exp(-both * observed);
          return buying ** x * (left + stayed);
        },
        s,
        beta,
        cells,
      ),
    r,
    alpha,
    cells,
  );
  return joint / norm;
}

/** Marsaglia and Tsang 2000. */
export function drawGamma(random: Random, shape: number, rate: number): number {
  if (shape < 1) return drawGamma(random, shape + 1, rate) * random.unit() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(random.unit()) < normal ** 2 / 2 + d - d * v + d * Math.log(v))
      return (d * v) / rate;
  }
}

export interface Drawn {
  readonly repeats: Float64Array;
  readonly lastAt: Float64Array;
  readonly observed: Float64Array;
  /** Purchases in the horizon that followed. */
  readonly later: Float64Array;
}

/** `leave` draws, for a customer's rate, when the customer leaves: an instant, or after which of the purchases. */
export function drawBuyers(
  random: Random,
  customers: number,
  horizon: number,
  draw: () => { readonly rate: number; readonly leavesAt: number; readonly leavesAfter: () => boolean },
): Drawn {
  const columns = [0, 1, 2, 3].map(() => new Float64Array(customers));
  const [repeats, lastAt, observed, later] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < customers; i++) {
    const { rate, leavesAt, leavesAfter } = draw();
    observed[i] = 20 + 20 * random.unit();
    let gone = false;
    for (let at = 0; !gone;) {
      at -= Math.log(random.unit()) / rate;
      if (at > leavesAt || at > observed[i]! + horizon) break;
      if (at <= observed[i]!) {
        repeats[i]!++;
        lastAt[i] = at;
      } else later[i]!++;
      gone = leavesAfter();
    }
  }
  return { repeats, lastAt, observed, later };
}
