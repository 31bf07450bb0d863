import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { createCalendar } from '../../../ingest/simulate/calendar.js';
import { openStreams } from '../../../ingest/simulate/chance.js';
import { addMonths, civil, formatDay, parseDay, weekday } from '../../../core/days.js';
import { publicHolidays } from '../../../core/holidays.js';
import type { School } from '../../../ingest/simulate/schools.js';
import { createSchools, planPricePaise, PLANS } from '../../../ingest/simulate/schools.js';
import { endToday, historyDays } from '../../../ingest/simulate/settings.js';

const day = (text: string): number => parseDay(text) ?? Number.NaN;
const schools = createSchools(openStreams(seededRandom(1)), 10, day('2025-05-01'), day('2026-11-01'));
const calendar = createCalendar();
function schoolIn(code: string): School {
  const school = schools.find(({ state }) => state.code === code);
  if (school === undefined) throw new Error(`no school in ${code}`);
  return school;
}

describe('the school calendar', () => {
  it.each(['2025-08-15', '2025-10-02', '2026-01-26', '2025-12-25', '2025-10-20', '2026-11-08'])(
    'serves no lunch anywhere on the public holiday %s',
    (text) => {
      expect(schools.filter((school) => calendar.isServed(school, day(text)))).toEqual([]);
    },
  );

  it('serves no lunch on any holiday, Sunday or day of the summer break of any state', () => {
    for (const school of schools) {
      const summer = calendar.summer(school, 2026);
      const shut = [...publicHolidays(school.state.code, 2026)];
      for (let on = summer.firstDay; on <= summer.lastDay; on++) shut.push(on);
      for (let on = day('2026-01-04'); on < day('2027-01-01'); on += 7) shut.push(on);
      expect(shut.filter((on) => calendar.isServed(school, on))).toEqual([]);
    }
  });

  it.each([
    ['KA', '2026-04-20', '2026-06-10'],
    ['DL', '2026-06-20', '2026-05-05'],
    ['KL', '2026-05-20', '2026-06-10'],
    ['WB', '2026-10-22', '2026-10-05'],
    ['TN', '2026-05-20', '2026-08-25'],
  ])('in %s is shut on %s and open on %s', (code, shut, open) => {
    expect(calendar.isServed(schoolIn(code), day(shut))).toBe(false);
    expect(calendar.isServed(schoolIn(code), day(open))).toBe(true);
  });

  it('serves 170 to 245 days a year', () => {
    for (const school of schools) {
      let served = 0;
      for (let on = day('2026-01-01'); on < day('2027-01-01'); on++)
        served += calendar.isServed(school, on) ? 1 : 0;
      expect(served).toBeGreaterThan(170);
      expect(served).toBeLessThan(245);
    }
  });

  it('counts days since the salary, from the last working day of the month too', () => {
    expect(calendar.daysSincePayday('1', day('2026-06-01'))).toBe(0);
    expect(calendar.daysSincePayday('5', day('2026-06-04'))).toBe(30);
    // 31 May 2026 is a Sunday: salaries come on Friday the 29th.
    expect(calendar.daysSincePayday('last-working-day', day('2026-06-01'))).toBe(3);
  });
});

describe('days', () => {
  it('clamp a monthly anchor to the end of short months', () => {
    expect(formatDay(addMonths(day('2026-01-31'), 1))).toBe('2026-02-28');
    expect(formatDay(addMonths(day('2026-02-28'), 1, 31))).toBe('2026-03-31');
    expect(formatDay(addMonths(day('2026-11-15'), 3))).toBe('2027-02-15');
  });

  it('know their weekday and civil date', () => {
    expect(weekday(day('2026-11-22'))).toBe(0);
    expect(civil(day('2028-02-29'))).toEqual({ year: 2028, month: 2, dayOfMonth: 29 });
    expect(parseDay('2026-02-29')).toBeNull();
  });
});

describe('prices', () => {
  it('rise once, in whole multiples of five rupees', () => {
    for (const school of schools) {
      for (const plan of PLANS) {
        const before = planPricePaise(school, plan, school.priceRiseOn - 1);
        const after = planPricePaise(school, plan, school.priceRiseOn);
        expect(after).toBeGreaterThan(before);
        expect([before % 500, after % 500]).toEqual([0, 0]);
      }
    }
  });
});

describe('settings', () => {
  it.each([
    [{ months: 0 }, /months must be a whole number from 1 to 60, not 0/],
    [{ payers: 2.5 }, /payers must be a whole number/],
    [{ endOn: '2026-02-30' }, /end must be a date/],
    [{ endOn: '2023-06-01' }, /holidays are known for 2023 to 2030 only/],
  ])('refuse %j in one clear line', (wrong, message) => {
    expect(() => historyDays({ months: 18, schools: 2, payers: 100, endOn: '2026-11-01', ...wrong })).toThrow(
      message,
    );
  });

  it('end a history today in Kolkata, or where the holiday table ends', () => {
    expect(endToday(Date.UTC(2026, 10, 22, 18, 29))).toBe('2026-11-22');
    expect(endToday(Date.UTC(2026, 10, 22, 18, 31))).toBe('2026-11-23');
    expect(endToday(Date.UTC(2040, 0, 1))).toBe('2030-12-31');
  });
});
