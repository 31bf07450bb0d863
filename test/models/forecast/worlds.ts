/** Series whose future is known: level, trend and seasons with seeded noise. */
import { seededRandom } from '../../../core/random.js';

export interface World {
  readonly n: number;
  readonly level?: number;
  readonly slope?: number;
  readonly season?: number;
  /** Relative height of the season's sine. */
  readonly swing?: number;
  /** Standard deviation relative to the level. */
  readonly noise?: number;
  readonly seed?: number;
}

export function makeSeries(world: World): Float64Array {
  const { n, level = 100, slope = 0, season = 1, swing = 0, noise = 0, seed = 1 } = world;
  const random = seededRandom(seed);
  return Float64Array.from({ length: n }, (_, t) => {
    const wave = 1 + swing * Math.sin((2 * Math.PI * t) / season);
    return (level + slope * t) * wave + level * noise * random.normal();
  });
}
