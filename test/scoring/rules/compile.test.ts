import { describe, expect, it } from '@jest/globals';
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import type { AppError } from '../../../core/errors.js';
import { compileCondition } from '../../../scoring/rules/compile.js';
import { FIELDS, holds, subjectOf } from './subjects.js';

describe('a condition', () => {
  it.each`
    condition                                            | values                                      | expected
    ${'deviceFailures10m >= 8'}                          | ${{ deviceFailures10m: 8 }}                 | ${true}
    ${'8 <= deviceFailures10m'}                          | ${{ deviceFailures10m: 7 }}                 | ${false}
    ${'payerSum1h / payerCount1h > 100'}                 | ${{ payerSum1h: 500, payerCount1h: 4 }}     | ${true}
    ${'amountPaise == 9007199254740991'}                 | ${{ amountPaise: Number.MAX_SAFE_INTEGER }} | ${true}
    ${'payerRisk30d == 0.1'}                             | ${{ payerRisk30d: 0.1 }}                    | ${true}
    ${'payerRisk30d in [0.1, 0.7]'}                      | ${{ payerRisk30d: 0.7 }}                    | ${true}
    ${'country != ipCountry'}                            | ${{ country: 'IN', ipCountry: 'US' }}       | ${true}
    ${'method == "card" && bin in ["411111", "555555"]'} | ${{ method: 'card', bin: '555555' }}        | ${true}
    ${'!(emailDomain in ["example.com"])'}               | ${{ emailDomain: 'example.org' }}           | ${true}
    ${'kind == "retry"'}                                 | ${{}}                                       | ${false}
    ${'orElse(kmPerHour, 0) < 1'}                        | ${{}}                                       | ${true}
    ${'orElse(emailDomain, "none") == "none"'}           | ${{}}                                       | ${true}
    ${'missing(deviceId) && !missing(payerId)'}          | ${{}}                                       | ${true}
    ${'missing(kmPerHour)'}                              | ${{ kmPerHour: 3 }}                         | ${false}
  `('$condition is $expected of $values', ({ condition, values, expected }) => {
    expect(holds(condition as string, values as Record<string, number | string>)).toBe(expected);
  });

  it.each`
    condition                       | position | message
    ${'devceFailures10m >= 8'}      | ${1}     | ${'there is no field "devceFailures10m" (did you mean "deviceFailures10m"?)'}
    ${'amount > "high"'}            | ${8}     | ${'cannot compare a number with a text'}
    ${'amount'}                     | ${1}     | ${'a condition is true or false, this is a number'}
    ${'amount > 1 && country'}      | ${15}    | ${'expected something true or false, this is a text'}
    ${'country > "IN"'}             | ${9}     | ${'texts are compared with ==, != or in'}
    ${'method == "upii"'}           | ${11}    | ${'method is never "upii" (did you mean "upi"?)'}
    ${'"india" != country'}         | ${1}     | ${'country is never "india": it looks like "IN"'}
    ${'bin in ["4111"]'}            | ${9}     | ${'bin is never "4111"'}
    ${'country in ["IN", 3]'}       | ${19}    | ${'expected a text, this is a number'}
    ${'-country == 1'}              | ${2}     | ${'expected a number, this is a text'}
    ${'1 < 2'}                      | ${1}     | ${'names no field'}
    ${'mising(ip)'}                 | ${1}     | ${'did you mean "missing"?'}
    ${'missing(1)'}                 | ${1}     | ${'takes the name of one field'}
    ${'orElse(kmPerHour, "x") > 1'} | ${19}    | ${'expected a number, this is a text'}
    ${'orElse(kmPerHour) > 1'}      | ${1}     | ${'orElse takes a value and what stands for it'}
    ${'(amount > 1) in [1]'}        | ${14}    | ${'only a number or a text can be in a list'}
  `('refuses $condition at position $position', ({ condition, position, message }) => {
    expect.assertions(2);
    try {
      compileCondition(condition as string, FIELDS);
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-condition', details: { position } });
      expect((error as AppError).message).toContain(message);
    }
  });

  it('names the fields that it uses', () => {
    const { names } = compileCondition('missing(ip) || orElse(amount, 1) > amountPaise', FIELDS);
    expect(names).toEqual(['amount', 'amountPaise', 'ip']);
  });
});

const NUMBERS = ['amountPaise', 'payerCount1h', 'kmPerHour', 'ipSum1d'];
const TEXTS = ['country', 'ipCountry', 'deviceId'];
const COUNTRIES = ['IN', 'US', 'NP'];

/** Conditions over a few fields, written so that CEL reads them too: its numbers need a point. */
const { truth } = fc.letrec<{ number: string; truth: string }>((tie) => ({
  number: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...NUMBERS),
    fc.integer({ min: 0, max: 9 }).map((n) => `${n}.0`),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('number').map((a) => `-${a}`),
  ),
  truth: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc
      .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
      .map(([a, op, b]) => `${a} ${op} ${b}`),
    fc
      .tuple(
        fc.constantFrom('country', 'ipCountry'),
        fc.constantFrom('==', '!='),
        fc.constantFrom(...COUNTRIES),
      )
      .map(([a, op, b]) => `${a} ${op} "${b}"`),
    fc.constantFrom('country == ipCountry', 'ipCountry != country', 'deviceId == "IN"'),
    fc
      .tuple(
        fc.constantFrom('country', 'ipCountry'),
        fc.uniqueArray(fc.constantFrom(...COUNTRIES), { minLength: 1 }),
      )
      .map(([a, items]) => `${a} in [${items.map((item) => `"${item}"`).join(', ')}]`),
    fc
      .tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth'))
      .map(([a, op, b]) => `(${a}) ${op} ${b}`),
    fc
      .tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth'))
      .map(([a, op, b]) => `${a} ${op} (${b})`),
    tie('truth').map((a) => `!(${a})`),
  ),
}));

const values = fc.record({
  ...Object.fromEntries(NUMBERS.map((name) => [name, fc.integer({ min: 0, max: 9 })])),
  ...Object.fromEntries(TEXTS.map((name) => [name, fc.constantFrom(...COUNTRIES)])),
}) as fc.Arbitrary<Record<string, number | string>>;

const cel = new Environment();
for (const name of NUMBERS) cel.registerVariable(name, 'double');
for (const name of TEXTS) cel.registerVariable(name, 'string');

/** Conditions that name no field are refused here and are not in CEL. */
const namesField = (condition: string): boolean =>
  [...NUMBERS, ...TEXTS].some((name) => condition.includes(name));

describe('the language', () => {
  it('means what CEL means where nothing is missing', () => {
    fc.assert(
      fc.property(truth.filter(namesField), values, (condition, known) => {
        expect(holds(condition, known)).toBe(cel.evaluate(condition, known));
      }),
      { numRuns: 1000 },
    );
  });

  it('fires with something missing only if it fires whatever the missing is', () => {
    fc.assert(
      fc.property(
        truth.filter(namesField),
        values,
        values,
        fc.constantFrom(...NUMBERS.slice(1), ...TEXTS),
        (condition, known, other, name) => {
          const { [name]: _missing, ...without } = known;
          const fires = compileCondition(condition, FIELDS).holds(subjectOf(without));
          if (fires) {
            expect(holds(condition, known)).toBe(true);
            expect(holds(condition, { ...without, [name]: other[name]! })).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never lets a condition and its negation fire together', () => {
    fc.assert(
      fc.property(
        truth.filter(namesField),
        values,
        fc.constantFrom(...NUMBERS.slice(1)),
        (condition, known, name) => {
          const { [name]: _missing, ...without } = known;
          expect(holds(condition, without) && holds(`!(${condition})`, without)).toBe(false);
        },
      ),
    );
  });
});
