import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../core/errors.js';
import { parseCondition } from '../../../scoring/rules/parse.js';
import type { Node } from '../../../scoring/rules/parse.js';

/** The tree in prefix notation. */
function shape(node: Node): string {
  switch (node.kind) {
    case 'number':
    case 'text':
      return JSON.stringify(node.value);
    case 'name':
      return node.name;
    case 'call':
      return `(${[node.name, ...node.operands.map(shape)].join(' ')})`;
    case 'not':
    case 'minus':
      return `(${node.kind} ${shape(node.operand)})`;
    case 'in':
      return `(in ${[node.operand, ...node.items].map(shape).join(' ')})`;
    default:
      return `(${node.operator} ${shape(node.left)} ${shape(node.right)})`;
  }
}

describe('parsing a condition', () => {
  it.each`
    condition                           | tree
    ${'a || b && c'}                    | ${'(|| a (&& b c))'}
    ${'(a || b) && c'}                  | ${'(&& (|| a b) c)'}
    ${'!a && b'}                        | ${'(&& (not a) b)'}
    ${'a + b * c - d > 1'}              | ${'(> (- (+ a (* b c)) d) 1)'}
    ${'-a * -2 <= .5e1'}                | ${'(<= (* (minus a) (minus 2)) 5)'}
    ${'country in ["IN", \'NP\'] || x'} | ${'(|| (in country "IN" "NP") x)'}
    ${'orElse(kmPerHour, 0) != 1'}      | ${'(!= (orElse kmPerHour 0) 1)'}
    ${'missing(ip)&&\n\tamount==1'}     | ${'(&& (missing ip) (== amount 1))'}
    ${'inside in [1]'}                  | ${'(in inside 1)'}
  `('reads $condition', ({ condition, tree }) => {
    expect(shape(parseCondition(condition as string))).toBe(tree);
  });

  it.each`
    condition      | position | message
    ${''}          | ${1}     | ${'expected a value, found the end'}
    ${'a >= '}     | ${6}     | ${'expected a value, found the end'}
    ${'a = 1'}     | ${3}     | ${'did you mean ==?'}
    ${'a & b'}     | ${3}     | ${'did you mean &&?'}
    ${'a and b'}   | ${3}     | ${'write && for and'}
    ${'not a'}     | ${1}     | ${'write ! for not'}
    ${'a < b < c'} | ${7}     | ${'join two with &&'}
    ${'(a > 1'}    | ${7}     | ${'expected ")", found the end'}
    ${'a in 3'}    | ${6}     | ${'expected "[", found "3"'}
    ${'a in []'}   | ${7}     | ${'expected a value, found "]"'}
    ${'x in [-1]'} | ${7}     | ${'expected a value, found "-"'}
    ${'a == "x'}   | ${6}     | ${'no closing quote'}
    ${'a == 1 2'}  | ${8}     | ${'expected an operator or the end, found "2"'}
    ${'a == 🏏'}   | ${6}     | ${'unexpected "🏏"'}
    ${'in [1]'}    | ${1}     | ${'a value is missing before in'}
  `('refuses $condition at position $position', ({ condition, position, message }) => {
    expect.assertions(2);
    try {
      parseCondition(condition as string);
    } catch (error) {
      expect(error).toMatchObject({ kind: 'bad-input', code: 'bad-condition', details: { position } });
      expect((error as Error).message).toContain(message);
    }
  });

  it('has bounds on length, nesting and size', () => {
    expect(() => parseCondition('x'.repeat(2001))).toThrow('at most 2000 characters');
    expect(() => parseCondition(`${'('.repeat(999)}a${')'.repeat(999)}`)).toThrow('nested deeper');
    expect(() => parseCondition('!'.repeat(1999))).toThrow('nested deeper');
    expect(() => parseCondition(`a${'||a'.repeat(300)}`)).toThrow('at most 200 parts');
  });

  it('answers any text with a tree or with a position inside of it', () => {
    const pieces =
      'a amount in not and missing ( ) [ ] , ! - + * / < <= == != && || & | = 1 2.5 .5 1e9 "x" \' " # 🏏 \n'.split(
        ' ',
      );
    const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), soup), (text) => {
        try {
          parseCondition(text);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          const { position } = error.details;
          expect(position).toBeGreaterThanOrEqual(1);
          expect(position).toBeLessThanOrEqual(text.length + 1);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
