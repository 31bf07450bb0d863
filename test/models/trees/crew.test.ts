import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCrew } from '../../../models/trees/crew.js';

const ROWS = 100_003; // No multiple of any number of threads.
const FEATURES = 18;

describe('a crew of three threads', () => {
  const crew = openCrew(3);
  const place = {
    list: crew.reserve(ROWS * 4),
    left: crew.reserve(ROWS * 4 + 4),
    right: crew.reserve(ROWS * 4 + 4),
    counts: crew.reserve(64),
    sides: crew.reserve(256),
    blocks: crew.reserve(2 * ROWS * 16),
    gradients: crew.reserve(ROWS * 8 + 8),
    histogram: crew.reserve(20 * crew.stride),
    parts: crew.reserve(2 * 20 * crew.stride),
  };

  beforeAll(async () => {
    const { u8, i32 } = crew.views;
    for (let at = 0; at < 2 * ROWS * 16; at++) u8[place.blocks + at] = (at * 7919 + (at >> 7)) & 255;
    for (let at = 0; at < 256; at++) u8[place.sides + at] = at % 3 === 0 ? 1 : 0;
    for (let at = 0; at < 2 * ROWS; at++) i32[place.gradients / 4 + at] = (at % 1009) - 500;
    crew.start(Infinity);
    while (crew.threadsFor(Infinity) < 3) await new Promise((resolve) => setImmediate(resolve));
  });
  afterAll(() => crew.close());

  it('parts rows as one thread does, both sides ascending', () => {
    const parted = (threads: number): Int32Array => {
      crew.lead('LIST', threads, [place.list, ROWS]);
      const args = [
        place.list,
        place.left,
        place.right,
        5,
        ROWS - 3,
        place.blocks,
        4,
        place.sides,
        place.counts,
      ];
      crew.lead('PART', threads, args);
      crew.lead('JOIN', threads, args);
      return crew.views.i32.slice(place.list / 4, place.list / 4 + ROWS);
    };
    const alone = parted(1);
    expect(parted(3)).toEqual(alone);
    expect(parted(2)).toEqual(alone);
    const sideOf = (row: number): number =>
      crew.views.u8[place.sides + crew.views.u8[place.blocks + row * 16]!]!;
    const rows = [...alone.subarray(5, ROWS - 3)];
    const middle = rows.findIndex((row) => sideOf(row) === 0);
    expect(rows.slice(middle).every((row) => sideOf(row) === 0)).toBe(true);
    for (const half of [rows.slice(0, middle), rows.slice(middle)])
      expect(half).toEqual(half.toSorted((a, b) => a - b));
  });

  it.each([true, false])(
    'counts parts that add up to the sums of one thread (rows listed: %s)',
    (isListed) => {
      crew.lead('LIST', 1, [place.list, ROWS]);
      const bytes = 20 * crew.stride;
      const counted = (threads: number): number[] => {
        const list = isListed ? place.list : 0;
        const args = [
          place.histogram,
          place.parts,
          bytes,
          place.blocks,
          ROWS * 16,
          FEATURES,
          place.gradients,
          list,
          7,
          ROWS,
        ];
        crew.lead('COUNT', threads, args);
        const starts = [place.histogram, place.parts, place.parts + bytes].slice(0, threads);
        return Array.from({ length: FEATURES * 256 * 3 }, (_, k) => {
          const [feature, bin, word] = [Math.floor(k / 768), Math.floor(k / 3) % 256, k % 3];
          const at = (feature * crew.stride + bin * 16) / 4 + word;
          return starts.reduce((sum, start) => sum + crew.views.i32[start / 4 + at]!, 0);
        });
      };
      const alone = counted(1);
      expect(counted(3)).toEqual(alone);
      const expected = new Array<number>(256 * 3).fill(0);
      for (let row = 7; row < ROWS; row++) {
        const bin = crew.views.u8[place.blocks + ROWS * 16 + row * 16 + 1]!;
        expected[bin * 3]! += crew.views.i32[place.gradients / 4 + 2 * row]!;
        expected[bin * 3 + 1]! += crew.views.i32[place.gradients / 4 + 2 * row + 1]!;
        expected[bin * 3 + 2]!++;
      }
      expect(alone.slice(17 * 768)).toEqual(expected);
    },
  );

  it('lays out no memory once its threads are at work', () => {
    expect(() => crew.reserve(1)).toThrow(/before the workers start/);
  });
});
