import { describe, expect, it } from '@jest/globals';
import { layOut, stack, withImage } from '../../../models/trees/predict-kernel.js';

describe('the memory of the prediction kernel', () => {
  it('holds the sections of an image at multiples of 16, scratch among them', () => {
    const image = layOut({ first: Uint8Array.of(1, 2, 3), scratch: 20, last: Float32Array.of(1.5) });
    expect(image.offsets).toEqual({ first: 0, scratch: 16, last: 48 });
    const { bytes, floats } = withImage(image);
    expect([...bytes.subarray(image.address, image.address + 3)]).toEqual([1, 2, 3]);
    expect(floats[(image.address + 48) / 4]).toBe(1.5);
    expect(image.address % 16).toBe(0);
  });

  it('stacks the parts of one section', () => {
    const { bytes, offsets } = stack([Uint8Array.of(7), new Uint8Array(0), Uint8Array.of(8, 9)]);
    expect(offsets).toEqual([0, 16, 16]);
    expect([bytes[0], bytes[16], bytes[17], bytes.length]).toEqual([7, 8, 9, 18]);
  });

  it('takes any number of images and brings one back that had to leave', () => {
    const images = Array.from({ length: 9 }, (_, k) =>
      layOut({ mark: Uint8Array.of(k + 1), scratch: 10 * 1024 * 1024 }),
    );
    for (const round of [1, 2]) {
      images.forEach((image, k) =>
        expect([round, withImage(image).bytes[image.address]]).toEqual([round, k + 1]),
      );
    }
    expect(withImage(images[0]!).bytes.length).toBeLessThanOrEqual(65 * 1024 * 1024);
  });
});
