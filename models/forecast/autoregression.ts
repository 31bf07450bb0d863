/**
 * Autoregression by Burg's method (1967), its order by AICc: one pass an order, always stationary. On the levels around
 * their mean, or on the changes, which have no mean unless they prove one: a drift that is noise is a bad forecast.
 */
export type Differences = 0 | 1;

/** Orders beyond a dozen are seasons in disguise. */
const MOST_ORDER = 12;
/** Standard errors that the mean change must be from 0 to count as drift. */
const PROVEN = 2;

/** Path of a series without season (h). */
export function autoregressionAhead(y: Float64Array, h: number, differences: Differences): Float64Array {
  const x = differences === 0 ? y.slice() : changes(y);
  const n = x.length;
  let mean = 0;
  for (let t = 0; t < n; t++) mean += x[t]! / n;
  if (differences === 1 && !isProven(x, mean)) mean = 0;
  for (let t = 0; t < n; t++) x[t]! -= mean;
  const weights = burg(x, Math.min(MOST_ORDER, Math.floor(n / 4)));
  const past = new Float64Array(n + h);
  past.set(x);
  const path = new Float64Array(h);
  let level = y[y.length - 1]!;
  for (let t = n; t < n + h; t++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * past[t - 1 - k]!;
    past[t] = sum;
    level = differences === 0 ? mean + sum : level + mean + sum;
    path[t - n] = level;
  }
  return path;
}

function changes(y: Float64Array): Float64Array {
  const x = new Float64Array(y.length - 1);
  for (let t = 0; t < x.length; t++) x[t] = y[t + 1]! - y[t]!;
  return x;
}

function isProven(x: Float64Array, mean: number): boolean {
  let square = 0;
  for (const value of x) square += (value - mean) ** 2;
  return Math.abs(mean) * x.length > PROVEN * Math.sqrt(square);
}

/** Weights of the lags 1, 2, … of the best order. */
function burg(x: Float64Array, most: number): Float64Array {
  const n = x.length;
  const forward = x.slice();
  const backward = x.slice();
  let weights = new Float64Array(0);
  let variance = 0;
  for (let t = 0; t < n; t++) variance += x[t]! ** 2 / n;
  let best = weights;
  let bestAicc = n * Math.log(variance + Number.MIN_VALUE);
  let cross = 0;
  let power = 0;
  for (let t = 1; t < n; t++) {
    cross += x[t]! * x[t - 1]!;
    power += x[t]! ** 2 + x[t - 1]! ** 2;
  }
  for (let order = 1; order <= most && variance > 0; order++) {
    if (!(power > 0)) break;
    const reflection = (2 * cross) / power;
    const next = new Float64Array(order);
    for (let k = 0; k < order - 1; k++) next[k] = weights[k]! - reflection * weights[order - 2 - k]!;
    next[order - 1] = reflection;
    // The sums of the next order along with the errors of this one.
    cross = 0;
    power = 0;
    let later = 0;
    for (let t = n - 1; t >= order; t--) {
      const f = forward[t]! - reflection * backward[t - 1]!;
      const b = backward[t - 1]! - reflection * forward[t]!;
      forward[t] = f;
      backward[t] = b;
      cross += later * b;
      if (t < n - 1) power += later * later + b * b;
      later = f;
    }
    weights = next;
    variance *= 1 - reflection * reflection;
    const k = order + 1;
    const aicc = n * Math.log(variance + Number.MIN_VALUE) + (2 * k * n) / Math.max(1, n - k - 1);
    if (aicc < bestAicc) {
      bestAicc = aicc;
      best = next;
    }
  }
  return best;
}
