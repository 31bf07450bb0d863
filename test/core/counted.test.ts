import { expect, it } from '@jest/globals';
import { counted } from '../../core/counted.js';

it('one thing is singular, none and many are plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'invoice'))).toEqual([
    '0 invoices',
    '1 invoice',
    '2 invoices',
  ]);
});
