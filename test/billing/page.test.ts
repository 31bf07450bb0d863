import { expect, it } from '@jest/globals';
import { pageOf } from '../../billing/page.js';

it('the first page has all there is, in pages of twenty', () => {
  expect(pageOf({}, 'id', {})).toEqual({ clause: 'true ORDER BY id DESC LIMIT $1', values: [20] });
});

it('only the filters that were asked for are in the statement', () => {
  const { clause, values } = pageOf({}, 'id', { a: undefined, b: 'x' });
  expect([clause, values]).toEqual(['b = $1 ORDER BY id DESC LIMIT $2', ['x', 20]]);
});

it('a later page comes before the last id, behind the values of the statement', () => {
  const { clause, values } = pageOf({ before: 'z', limit: 5 }, 'id', { a: 'x' }, [7]);
  expect([clause, values]).toEqual(['a = $2 AND id < $3 ORDER BY id DESC LIMIT $4', [7, 'x', 'z', 5]]);
});
