import { describe, expect, it } from '@jest/globals';
import { advanceMode, requireFreeId, RULE_MODES } from '../../../scoring/rules/rule.js';
import type { RuleMode } from '../../../scoring/rules/rule.js';

/** From the left to the top. */
const TABLE = `
            draft  shadow  live  retired
  draft     -      yes     yes   yes
  shadow    -      -       yes   yes
  live      -      yes     -     yes
  retired   -      yes     yes   -
`;

const [header = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([from, ...answers]) =>
  answers.map((answer, i) => ({ from, to: header[i], answer })),
);

describe('the modes of a version', () => {
  it('are all in the table', () => {
    expect(header).toEqual([...RULE_MODES]);
    expect(cells).toHaveLength(RULE_MODES.length ** 2);
  });

  it.each(cells)('$from to $to: $answer', ({ from, to, answer }) => {
    const advance = () => advanceMode({ ruleId: 'x', version: 2 }, from as RuleMode, to as RuleMode);
    if (answer === 'yes') expect(advance()).toBe(to);
    else expect(advance).toThrow(`version 2 of x is ${from}`);
  });
});

describe("a rule's id", () => {
  it.each(['feature-amount', 'block-list', 'allow-list', 'no-fraud-model', 'model-failed'])(
    'cannot be %s, the code of another reason',
    (ruleId) => {
      expect(() => requireFreeId(ruleId)).toThrow('choose another name');
    },
  );

  it('can be anything else', () => {
    expect(() => requireFreeId('card-testing-device')).not.toThrow();
  });
});
