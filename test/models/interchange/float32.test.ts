import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { floatAbove, floatBelow, floatUpTo } from '../../../models/interchange/float32.js';

const single = fc.float({ noNaN: true, noDefaultInfinity: true });
/** A float32 near another, where an error of one step would show. */
const pair = fc.tuple(single, fc.constantFrom(0, -2, -1, 1, 2), single).map(([t, steps, other]) => {
  if (steps === 0) return [t, other] as const;
  let near = t;
  for (let i = 0; i < Math.abs(steps); i++) near = steps > 0 ? floatAbove(near) : floatBelow(near);
  return [t, near] as const;
});

describe('neighbours of a float32', () => {
  it('turn "below" into "up to" and back without moving a value', () => {
    fc.assert(
      fc.property(pair, ([t, x]) => {
        expect(x <= floatBelow(t)).toBe(x < t);
        expect(x < floatAbove(t)).toBe(x <= t);
      }),
    );
  });

  it('replace a 64-bit threshold by a 32-bit one without moving a value', () => {
    fc.assert(
      fc.property(
        pair,
        fc.double({ noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (near, far, nudge) => {
          const t = near[0] + nudge * Math.abs(near[0]) * 2 ** -24;
          expect(near[1] <= floatUpTo(t)).toBe(near[1] <= t);
          expect(near[1] <= floatUpTo(far)).toBe(near[1] <= far);
        },
      ),
    );
  });

  it('are the smallest numbers around zero and the infinities at the ends', () => {
    expect([floatAbove(0), floatAbove(-0), floatBelow(0)]).toEqual([2 ** -149, 2 ** -149, -(2 ** -149)]);
    expect(floatAbove(floatBelow(0))).toBe(-0);
    const most = 2 ** 128 - 2 ** 104;
    expect([floatAbove(most), floatBelow(Infinity), floatUpTo(1e300)]).toEqual([Infinity, most, most]);
  });
});
