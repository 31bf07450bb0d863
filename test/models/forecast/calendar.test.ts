import { describe, expect, it } from '@jest/globals';
import { civil, dayNumber, parseDay, weekday } from '../../../core/days.js';
import { namedHolidays } from '../../../core/holidays.js';
import { seededRandom } from '../../../core/random.js';
import { adjustCalendar, calendarRows, calendarSlice } from '../../../models/forecast/calendar.js';
import { adjustSeasons } from '../../../models/forecast/decompose.js';
import { forecast } from '../../../models/forecast/forecast.js';
import { smapeOf } from '../../../models/forecast/measures.js';

const FIRST = dayNumber(2024, 1, 10);
const DAYS = 500;
const H = 30;

/** Payments a day: more in the first week of a month, half on holidays. */
function payments(seed: number, noise: number): Float64Array {
  const random = seededRandom(seed);
  const holidays = new Set([2024, 2025].flatMap((year) => namedHolidays(year).map(({ day }) => day)));
  return Float64Array.from({ length: DAYS + H }, (_, t) => {
    const day = FIRST + t;
    const week = 1 + 0.1 * Math.cos((2 * Math.PI * weekday(day)) / 7);
    const payday = civil(day).dayOfMonth <= 7 ? 1.3 : 1;
    return 1000 * week * payday * (holidays.has(day) ? 0.5 : 1) * (1 + noise * random.normal());
  });
}

describe('the calendar of a dated series', () => {
  it('takes most of paydays and holidays out of a history, and puts them on the days ahead', () => {
    const whole = payments(1, 0.02);
    const y = whole.slice(0, DAYS);
    const season = adjustSeasons(y, [7], H, 'multiplicative');
    const rows = calendarRows({ step: 'day', first: FIRST }, DAYS + H);
    const found = adjustCalendar(y, season, rows, 'day')!;
    const spread = (values: Float64Array): number => {
      const logs = adjustSeasons(values, [7], H, 'multiplicative').adjusted.map(Math.log);
      const mean = logs.reduce((a, b) => a + b, 0) / DAYS;
      return Math.sqrt(logs.reduce((a, b) => a + (b - mean) ** 2, 0) / DAYS);
    };
    expect(spread(found.adjusted)).toBeLessThan(0.5 * spread(y));
    const payday = Array.from({ length: H }, (_, t) => t).find(
      (t) => civil(FIRST + DAYS + t).dayOfMonth === 3,
    )!;
    const plain = Array.from({ length: H }, (_, t) => t).find(
      (t) => civil(FIRST + DAYS + t).dayOfMonth === 12,
    )!;
    expect(found.ahead[payday]! / found.ahead[plain]!).toBeGreaterThan(1.15);
  });

  it('makes forecasts of dated payments better than the same without dates', async () => {
    const whole = Array.from({ length: 3 }, (_, seed) => payments(seed + 2, 0.03));
    const series = whole.map((y) => y.slice(0, DAYS));
    const request = { h: H, season: 7, seed: 1, threads: 1 };
    const dates = series.map(() => ({ step: 'day' as const, first: FIRST }));
    const [dated, undated] = [await forecast(series, { ...request, dates }), await forecast(series, request)];
    const error = ({ series: found }: typeof dated): number =>
      found.reduce((sum, { mean }, i) => sum + smapeOf(whole[i]!.slice(DAYS), mean), 0);
    expect(error(dated)).toBeLessThan(0.8 * error(undated));
  });

  it('counts the days of weeks and months, and knows no effect of a short history', () => {
    const rows = calendarRows({ step: 'month', first: 2024 * 12 + 1 }, 2);
    const [leap, march] = [calendarSlice(rows, 0, 1), calendarSlice(rows, 1, 2)];
    const days = (row: Float64Array): number => Math.max(...row);
    expect([days(leap), days(march)]).toEqual([29, 31]);
    const y = Float64Array.from({ length: 40 }, (_, t) => 100 + t);
    const short = calendarRows({ step: 'day', first: FIRST }, 47);
    expect(adjustCalendar(y, adjustSeasons(y, [], 7, 'additive'), short, 'day')).toBeNull();
  });

  it('counts the Sundays and the holidays of the very months', () => {
    const row = [...calendarRows({ step: 'month', first: 2021 * 12 + 7 }, 1)];
    const ofAugust = namedHolidays(2021)
      .map(({ day }) => day)
      .filter((day) => civil(day).month === 8);
    expect(row[11]).toBe(5);
    expect(row[15]).toBe(ofAugust.filter((day) => weekday(day) !== 0).length);
    expect(row.slice(18).reduce((sum, count) => sum + count, 0)).toBe(ofAugust.length);
  });

  it('forecasts totals of months by their days, from the second year on', async () => {
    const random = seededRandom(9);
    const first = 2021 * 12 + 4;
    const days = (t: number): number => dayNumber(2021, 6 + t, 0) - dayNumber(2021, 5 + t, 0);
    const whole = Array.from({ length: 20 }, () =>
      Float64Array.from({ length: 34 }, (_, t) => 100 * 1.02 ** t * days(t) * (1 + 0.005 * random.normal())),
    );
    const series = whole.map((y) => y.slice(0, 30));
    const request = { h: 4, season: 12, seed: 1, threads: 1 };
    const dates = series.map(() => ({ step: 'month' as const, first }));
    const [dated, undated] = [await forecast(series, { ...request, dates }), await forecast(series, request)];
    const error = ({ series: found }: typeof dated): number =>
      found.reduce((sum, { mean }, i) => sum + smapeOf(whole[i]!.slice(30), mean), 0);
    expect(error(dated)).toBeLessThan(0.7 * error(undated));
  });

  it('names every holiday of 2019 to 2030 once a year, and none outside', () => {
    for (let year = 2019; year <= 2030; year++) {
      const days = namedHolidays(year).map(({ day }) => day);
      expect(days).toHaveLength(20);
      expect(days.every((day) => civil(day).year === year)).toBe(true);
    }
    expect(namedHolidays(2021).map(({ day }) => day)).toContain(parseDay('2021-11-04'));
    expect(namedHolidays(1997)).toEqual([]);
  });
});
