import { describe, expect, it } from '@jest/globals';
import { TAX_CLASSES, taxRate } from '../../../billing/tax/rates.js';
import { parseDay } from '../../../core/days.js';

const day = (text: string): number => parseDay(text) ?? NaN;

describe('the table of tax rates', () => {
  it('G8: a contractor of a school canteen adds five per cent, also after 22 September 2025', () => {
    expect(taxRate('school-catering', day('2025-09-21'))).toBe(500);
    expect(taxRate('school-catering', day('2025-09-22'))).toBe(500);
    expect(taxRate('hotel-catering', day('2026-01-01'))).toBe(1800);
  });

  it('G9: what a school is supplied with, or supplies, is exempt', () => {
    expect(taxRate('exempt', day('2026-01-01'))).toBe(0);
  });

  it('changes on the day that its row says and not before', () => {
    expect(taxRate('school-catering', day('2017-11-14'))).toBe(1800);
    expect(taxRate('school-catering', day('2017-11-15'))).toBe(500);
  });

  it('has two equal heads in every rate', () => {
    for (const taxClass of TAX_CLASSES) expect(taxRate(taxClass, day('2026-01-01')) % 2).toBe(0);
  });

  it('refuses a class or a day that it does not know, and says where to add it', () => {
    expect(() => taxRate('toString', day('2026-01-01'))).toThrow(/no tax class toString/);
    expect(() => taxRate('standard', day('2017-06-30'))).toThrow(/add a row to billing\/tax\/rates.ts/);
  });
});
