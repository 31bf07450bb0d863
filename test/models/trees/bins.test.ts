import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import { binFrame, fitBins, quantileEdges } from '../../../models/trees/bins.js';
import type { Bins, BinSettings } from '../../../models/trees/bins.js';
import { openCrew } from '../../../models/trees/crew.js';
import type { Frame } from '../../../models/contract.js';

const float = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, Infinity, -Infinity, 1e-45, 3.4e38));

function oneColumn(values: readonly number[], categorical = false): Frame {
  const column = Float32Array.from(values);
  return { rows: column.length, names: ['x'], columns: [column], categorical: categorical ? ['x'] : [] };
}

const crew = openCrew(1);

function binsOf(frame: Frame, settings: BinSettings): Bins {
  return fitBins(frame, settings, seededRandom(1), crew);
}

/** The bytes of each binned column. */
function bytesOf(bins: Bins, frame: Frame): number[][] {
  const mark = crew.reserve(0);
  const columns = binFrame(bins, frame, crew).map((at) => [...crew.views.u8.slice(at, at + frame.rows)]);
  crew.release(mark);
  return columns;
}

describe('bins', () => {
  it('put every value on the side of each edge that the raw comparison gives', () => {
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 2, maxLength: 200 }),
        fc.integer({ min: 2, max: 20 }),
        (values, maxBins) => {
          const frame = oneColumn(values);
          const bins = binsOf(frame, { maxBins, binSampleRows: 1000 });
          const [feature] = bins.features;
          if (feature === undefined) return;
          const [binned] = bytesOf(bins, frame);
          expect(feature.edges.length).toBeLessThan(maxBins);
          feature.edges.forEach((edge, bin) => {
            frame.columns[0]!.forEach((value, row) => expect(binned![row]! <= bin).toBe(value <= edge));
          });
        },
      ),
    );
  });

  it('give every distinct value its own bin while they fit', () => {
    expect([...quantileEdges(Float32Array.of(1, 1, 2, 5, 5, 9), 255)]).toEqual([1.5, 3.5, 7]);
  });

  it('keep a frequent value alone and share the rest about equally', () => {
    const values = Float32Array.from([...Array(900).fill(0), ...Array(100).keys()]).sort();
    const edges = quantileEdges(values, 11);
    expect(edges[0]).toBe(0.5);
    expect(edges).toHaveLength(10);
  });

  it('separate neighbouring floats, whose mean rounds to one of them', () => {
    const low = Math.fround(1);
    const high = Math.fround(1 + 2 ** -23);
    const [edge] = quantileEdges(Float32Array.of(low, high), 255);
    expect(low <= edge! && high > edge!).toBe(true);
  });

  it('send missing values to the last bin and drop columns that cannot split', () => {
    const bins = binsOf(oneColumn([1, NaN, 2]), { maxBins: 255, binSampleRows: 10 });
    expect(bytesOf(bins, oneColumn([1, NaN, 2]))).toEqual([[0, 2, 1]]);
    for (const values of [
      [3, 3, 3],
      [NaN, NaN],
    ]) {
      expect(binsOf(oneColumn(values), { maxBins: 255, binSampleRows: 10 }).features).toHaveLength(0);
    }
  });

  it('bin the most frequent categories and treat the others as missing', () => {
    const frame = oneColumn([7, 7, 7, 3, 3, 5], true);
    const bins = binsOf(frame, { maxBins: 2, binSampleRows: 10 });
    expect(bytesOf(bins, frame)).toEqual([[1, 1, 1, 0, 0, 2]]);
  });

  it('treat codes that were never seen, or are none, as missing', () => {
    const bins = binsOf(oneColumn([0, 0, 2], true), { maxBins: 9, binSampleRows: 9 });
    expect(bytesOf(bins, oneColumn([0, 1, 2, 3, -1, 0.5, NaN, Infinity, 1e9], true))).toEqual([
      [0, 2, 1, 2, 2, 2, 2, 2, 2],
    ]);
  });

  it('sort infinities, both zeros and subnormal values as numbers', () => {
    const values = [0, Infinity, -1, -0, -Infinity, 1e-45, 1, NaN, -3.4e38];
    const { features } = binsOf(oneColumn(values), { maxBins: 255, binSampleRows: 100 });
    expect(features[0]!.bins).toBe(7);
    expect(bytesOf({ features }, oneColumn(values))).toEqual([[3, 6, 2, 3, 0, 4, 5, 7, 1]]);
  });

  it('refuse categories that are no small whole codes', () => {
    const fit = (code: number) => () => binsOf(oneColumn([1, code], true), { maxBins: 9, binSampleRows: 9 });
    for (const code of [-1, 0.5, 70_000, Infinity]) expect(fit(code)).toThrow(/whole codes/);
  });
});
