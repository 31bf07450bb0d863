/** Tables of known kinds for the search: what is in them is drawn from a seed, and a fresh draw judges what was learned. */
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import type { TrainingPart } from '../../../models/auto/training-part.js';

interface Kind {
  readonly columns: readonly string[];
  readonly categorical?: readonly string[];
  /** The values of a row and its log-odds. */
  readonly row: (random: Random) => { values: readonly number[]; logOdds: number };
}

const kinds = {
  linear: {
    columns: ['a', 'b', 'c'],
    row: (random) => {
      const [a, b, c] = [random.normal(), random.normal(), random.normal()];
      return { values: [a, b, c], logOdds: a - 0.7 * b + 0.2 * c };
    },
  },
  interactions: {
    columns: ['a', 'b', 'c'],
    row: (random) => {
      const [a, b, c] = [random.normal(), random.normal(), random.normal()];
      return { values: [a, b, c], logOdds: 2 * Math.sign(a * b) + 0.3 * c };
    },
  },
  noise: {
    columns: ['a', 'b', 'c', 'd'],
    row: (random) => ({ values: Array.from({ length: 4 }, () => random.normal()), logOdds: 0 }),
  },
  'ten thousand categories': {
    columns: ['code', 'a'],
    categorical: ['code'],
    row: (random) => {
      // Squared, so that some codes are frequent and most are rare.
      const code = Math.floor(10_000 * random.unit() ** 2);
      const a = random.normal();
      return { values: [code, a], logOdds: ((code * 7919) % 11) / 5 - 1 + 0.5 * a };
    },
  },
  'empty columns': {
    columns: ['a', 'empty', 'constant', 'infinite'],
    row: (random) => {
      const a = random.normal();
      const infinite = [Infinity, -Infinity, NaN, 1][random.below(4)]!;
      return { values: [a, NaN, 7, infinite], logOdds: a + (infinite === Infinity ? 1 : 0) };
    },
  },
  imbalanced: {
    columns: ['a', 'b'],
    row: (random) => {
      const [a, b] = [random.normal(), random.normal()];
      return { values: [a, b], logOdds: -6.2 + 1.2 * a + 0.5 * b };
    },
  },
  'dates only': {
    columns: ['on', 'month', 'weekday'],
    row: (random) => {
      const day = random.below(700);
      const weekday = (day % 7) + 1;
      const values = [20_000 + day, (Math.floor(day / 30) % 12) + 1, weekday];
      return { values, logOdds: (weekday > 5 ? 1 : -1) + 0.5 * Math.sin(day / 60) };
    },
  },
  'duplicated columns': {
    columns: ['a', 'again', 'and again', 'b'],
    row: (random) => {
      const [a, b] = [random.normal(), random.normal()];
      return { values: [a, a, a, b], logOdds: a + b };
    },
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;

export function synthetic(name: KindName, rows: number, seed: number): TrainingPart {
  const kind: Kind = kinds[name];
  const random = seededRandom(seed);
  const columns = kind.columns.map(() => new Float32Array(rows));
  const y = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const { values, logOdds } = kind.row(random);
    values.forEach((value, k) => (columns[k]![row] = value));
    y[row] = random.unit() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  }
  return { frame: { rows, names: kind.columns, columns, categorical: kind.categorical ?? [] }, y };
}
