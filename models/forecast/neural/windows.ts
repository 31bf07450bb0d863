/**
 * Windows of many series on one scale: relative to the mean of the newest season, in a unit between how high the window is and
 * how much it varies. The height alone would tell how regular a series is, the variation alone how small its noise.
 * A window whose values are all alike has no scale and is left out; steps that are not known yet weigh nothing.
 */
import type { Random } from '../../../core/random.js';
import type { WindowBatch } from './stack-graph.js';

interface WindowShape {
  readonly lookback: number;
  readonly h: number;
  /** Declared, at most the lookback. */
  readonly season: number;
}

interface Scale {
  readonly level: number;
  readonly unit: number;
}

/** What a series usually varies by, as a share of its height; it only brings the unit near the variation. */
const USUAL_VARIATION = 0.2;

/** Of the window before `end`; null where its values are all alike. */
export function scaleOf(y: Float64Array, end: number, { lookback, season }: WindowShape): Scale | null {
  let mean = 0;
  let height = 0;
  for (let t = end - lookback; t < end; t++) {
    mean += y[t]! / lookback;
    height += Math.abs(y[t]!) / lookback;
  }
  let square = 0;
  for (let t = end - lookback; t < end; t++) square += (y[t]! - mean) ** 2;
  const deviation = Math.sqrt(square / lookback);
  if (!(deviation > 1e-9 * height)) return null;
  let level = 0;
  for (let t = end - season; t < end; t++) level += y[t]! / season;
  return { level, unit: Math.sqrt(deviation * USUAL_VARIATION * height) };
}

/**
 * Draws batches: every series alike, every end of a window alike from which at least one step is known. Null where no series
 * has one.
 */
export function createSampler(
  series: readonly Float64Array[],
  shape: WindowShape,
  random: Random,
): ((rows: number) => WindowBatch) | null {
  const { lookback, h } = shape;
  // Whoever has a scale at the newest of these windows can be drawn; others of it without one are drawn again.
  const fit = series.filter((y) => y.length > lookback && scaleOf(y, y.length - 1, shape) !== null);
  if (fit.length === 0) return null;
  return (rows) => {
    const batch = {
      rows,
      inputs: new Float32Array(rows * lookback),
      targets: new Float32Array(rows * h),
      weights: new Float32Array(rows * h),
    };
    for (let row = 0; row < rows;) {
      const y = fit[random.below(fit.length)]!;
      const end = lookback + random.below(y.length - lookback);
      const scale = scaleOf(y, end, shape);
      if (scale === null) continue;
      fillRow(batch, row++, { y, end, scale }, shape);
    }
    return batch;
  };
}

function fillRow(
  { inputs, targets, weights }: WindowBatch,
  row: number,
  { y, end, scale: { level, unit } }: { y: Float64Array; end: number; scale: Scale },
  { lookback, h }: WindowShape,
): void {
  for (let k = 0; k < lookback; k++) inputs[row * lookback + k] = (y[end - lookback + k]! - level) / unit;
  const known = Math.min(h, y.length - end);
  for (let step = 0; step < known; step++) {
    targets[row * h + step] = (y[end + step]! - level) / unit;
    weights[row * h + step] = 1;
  }
}
