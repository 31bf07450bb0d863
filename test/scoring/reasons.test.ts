import { describe, expect, it } from '@jest/globals';
import { FEATURES, FEATURE_NAMES } from '../../features/definitions.js';
import { strongestReasons } from '../../scoring/reasons.js';

const zero = new Float32Array(FEATURES.length);

describe('the reasons of a model', () => {
  it('are the three features that count most, the strongest first, with their direction', () => {
    const contributions = FEATURE_NAMES.slice(0, 6).map((feature, k) => ({
      feature,
      contribution: [0.1, -3, 0.4, 0, 0.2, 0.3][k]!,
    }));
    expect(strongestReasons(contributions, zero, 'INR')).toEqual([
      { code: 'feature-hourIst', text: 'it is 00:00 in India, which lowers the risk', contribution: -3 },
      {
        code: 'feature-weekdayIst',
        text: 'it is a Monday in India, which raises the risk',
        contribution: 0.4,
      },
      {
        code: 'feature-method',
        text: 'the method of payment is card, which raises the risk',
        contribution: 0.3,
      },
    ]);
  });

  it.each(FEATURES)('can name $name in a sentence', ({ name }) => {
    for (const value of [NaN, 0, 1, 7.5]) {
      const vector = zero.map((_, k) => (FEATURE_NAMES[k] === name ? value : 0));
      const [reason] = strongestReasons([{ feature: name, contribution: 1 }], vector, 'INR');
      expect(reason!.text).toMatch(/^[a-z0-9].+, which raises the risk$/);
    }
  });

  it('name a feature that is not of the set by its name', () => {
    const [reason] = strongestReasons([{ feature: 'spend', contribution: 1 }], zero, 'INR');
    expect(reason!.text).toBe('the feature spend counts, which raises the risk');
  });
});
