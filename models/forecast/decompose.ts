/**
 * Classical decomposition with one or several nested seasons (Persons 1919; several, shortest first, as in MSTL: Bandara,
 * Hyndman and Bergmeir 2021). Only the seasonal indices are kept: what remains after them is what the learners of level and trend see.
 */
export type SeasonalForm = 'additive' | 'multiplicative';

export interface Adjustment {
  readonly form: SeasonalForm;
  /** The series without its seasons (n). */
  readonly adjusted: Float64Array;
  /** The seasons, joined, of the next steps: a term to add or a factor (h). */
  readonly ahead: Float64Array;
}

/** Weight of a cycle in the seasonal mean relative to the one after it; 1 is the classical mean. */
export interface AdjustmentSettings {
  readonly fade: number;
  /** 1 keeps the indices; less draws them to no season by their noise (James-Stein; Miller and Williams 2003). */
  readonly shrink: boolean;
}

/** Of a year: a summer, holidays in between, ends of quarters. */
const WAVES = 4;
/** Steps that go up or down together, so that they count as one. */
const LASTING = 3;

const classical: AdjustmentSettings = { fade: 1, shrink: false };

/** Multiplicative needs a positive series. `seasons` ascending, each at most half of the series. */
export function adjustSeasons(
  y: Float64Array,
  seasons: readonly number[],
  h: number,
  form: SeasonalForm,
  settings: AdjustmentSettings = classical,
): Adjustment {
  const adjusted = y.slice();
  const ahead = new Float64Array(h).fill(form === 'additive' ? 0 : 1);
  for (const season of seasons) {
    const indices = seasonalIndices(adjusted, season, form, settings);
    for (let t = 0, place = 0; t < adjusted.length; t++, place = place + 1 === season ? 0 : place + 1) {
      if (form === 'additive') adjusted[t]! -= indices[place]!;
      else adjusted[t]! /= indices[place]!;
    }
    for (let t = 0; t < h; t++) {
      const index = indices[(y.length + t) % season]!;
      if (form === 'additive') ahead[t]! += index;
      else ahead[t]! *= index;
    }
  }
  return { form, adjusted, ahead };
}

/**
 * A long season as a few waves, each drawn to nothing by its noise: a year of weeks or days has more places than years show, and
 * no whole number of them. `y` may hold the shorter seasons no more.
 */
export function adjustWaves(y: Float64Array, period: number, h: number, form: SeasonalForm): Adjustment {
  const n = y.length;
  const trend = centredMean(y, Math.min(Math.round(period), 2 * Math.floor(n / 4) + 1));
  const season = new Float64Array(n + h);
  const rest = new Float64Array(n);
  for (let t = 0; t < n; t++) rest[t] = form === 'additive' ? y[t]! - trend[t]! : y[t]! / trend[t]! - 1;
  for (let k = 1; k <= WAVES; k++) {
    const circle = circleOf((2 * Math.PI * k) / period, n + h);
    const wave = fitWave(rest, circle);
    if (wave === null) continue;
    for (let t = 0; t < n + h; t++) {
      const height = wave.sine * circle.sines[t]! + wave.cosine * circle.cosines[t]!;
      season[t]! += height;
      if (t < n) rest[t]! -= height;
    }
  }
  if (form === 'multiplicative') for (let t = 0; t < n + h; t++) season[t] = Math.max(0.01, 1 + season[t]!);
  const adjusted = new Float64Array(n);
  for (let t = 0; t < n; t++) adjusted[t] = form === 'additive' ? y[t]! - season[t]! : y[t]! / season[t]!;
  return { form, adjusted, ahead: season.slice(n) };
}

/** Sines and cosines of the steps of a wave. */
interface Circle {
  readonly sines: Float64Array;
  readonly cosines: Float64Array;
}

/** Of the few speeds there are, by speed, as long as the longest history so far: every origin of every series asks for them. */
const circles = new Map<number, Circle>();

/** At least of so many steps. */
function circleOf(speed: number, steps: number): Circle {
  const known = circles.get(speed);
  if (known !== undefined && known.sines.length >= steps) return known;
  const made = {
    sines: Float64Array.from({ length: steps }, (_, t) => Math.sin(speed * t)),
    cosines: Float64Array.from({ length: steps }, (_, t) => Math.cos(speed * t)),
  };
  circles.set(speed, made);
  return made;
}

/** Least squares over the known values, shrunk by the noise that neighbours share; null for what is all noise. */
function fitWave(rest: Float64Array, { sines, cosines }: Circle): { sine: number; cosine: number } | null {
  let [ss, sc, cc, sy, cy, yy, count] = [0, 0, 0, 0, 0, 0, 0];
  for (let t = 0; t < rest.length; t++) {
    const value = rest[t]!;
    if (!Number.isFinite(value)) continue;
    const sine = sines[t]!;
    const cosine = cosines[t]!;
    ss += sine * sine;
    sc += sine * cosine;
    cc += cosine * cosine;
    sy += sine * value;
    cy += cosine * value;
    yy += value * value;
    count++;
  }
  const determinant = ss * cc - sc * sc;
  if (!(determinant > 1e-6 * ss * cc) || count < 8) return null;
  const sine = (cc * sy - sc * cy) / determinant;
  const cosine = (ss * cy - sc * sy) / determinant;
  const explained = sine * sy + cosine * cy;
  const noise = (LASTING * 2 * Math.max(0, yy - explained)) / (count - 2);
  const kept = 1 - noise / explained;
  return kept > 0 ? { sine: kept * sine, cosine: kept * cosine } : null;
}

/** Puts the seasons back on a path of the adjusted series, in place. */
export function restoreSeasons(path: Float64Array, { form, ahead }: Adjustment): Float64Array {
  for (let t = 0; t < path.length; t++) {
    if (form === 'additive') path[t]! += ahead[t]!;
    else path[t]! *= ahead[t]!;
  }
  return path;
}

/** By place in the cycle, the first being that of y[0] (season). They sum to 0 or average 1. */
function seasonalIndices(
  y: Float64Array,
  season: number,
  form: SeasonalForm,
  { fade, shrink }: AdjustmentSettings,
): Float64Array {
  const trend = centredMean(y, season);
  const sums = new Float64Array(season);
  const squares = new Float64Array(season);
  const weights = new Float64Array(season);
  const cycles = Float64Array.from({ length: Math.ceil(y.length / season) }, (_, back) => fade ** back);
  for (let t = 0, place = 0; t < y.length; t++, place = place + 1 === season ? 0 : place + 1) {
    const level = trend[t]!;
    if (level !== level) continue;
    const value = form === 'additive' ? y[t]! - level : y[t]! / level;
    if (!Number.isFinite(value)) continue;
    const weight = cycles[Math.floor((y.length - 1 - t) / season)]!;
    sums[place]! += weight * value;
    squares[place]! += weight * value * value;
    weights[place]! += weight;
  }
  const neutral = form === 'additive' ? 0 : 1;
  const means = sums.map((sum, k) => (weights[k]! > 0 ? sum / weights[k]! : neutral));
  let mean = 0;
  for (const value of means) mean += value / season;
  const kept = shrink ? keptShare(means, squares, weights, mean) : 1;
  return means.map((value) => {
    const index = form === 'additive' ? value - mean : value / mean;
    const drawn = neutral + kept * (index - neutral);
    return form === 'multiplicative' && !(drawn > 0.01) ? 0.01 : drawn;
  });
}

/** Share of the spread of the indices that is not noise of their means. */
function keptShare(means: Float64Array, squares: Float64Array, weights: Float64Array, mean: number): number {
  let spread = 0;
  let noise = 0;
  let places = 0;
  for (let k = 0; k < means.length; k++) {
    const weight = weights[k]!;
    if (!(weight > 1)) continue;
    spread += (means[k]! - mean) ** 2;
    noise += Math.max(0, squares[k]! / weight - means[k]! ** 2) / (weight - 1);
    places++;
  }
  return places < 3 || !(spread > 0) ? 1 : Math.max(0, 1 - ((places - 3) * noise) / (places * spread));
}

/** Moving mean over one season, even seasons with half weights at both ends; NaN where it does not reach (n). */
export function centredMean(y: Float64Array, season: number): Float64Array {
  const n = y.length;
  const half = Math.floor(season / 2);
  const trend = new Float64Array(n).fill(NaN);
  const sums = new Float64Array(n + 1);
  for (let t = 0; t < n; t++) sums[t + 1] = sums[t]! + y[t]!;
  for (let t = half; t + half < n; t++) {
    trend[t] =
      season % 2 === 1
        ? (sums[t + half + 1]! - sums[t - half]!) / season
        : (sums[t + half]! - sums[t - half + 1]! + (y[t - half]! + y[t + half]!) / 2) / season;
  }
  return trend;
}
