/**
 * Dated Indian public and festival holidays. Dates of moon-sighted and lunar
 * festivals are those of the gazetted lists for past years and the published almanac dates for coming ones (a day's
 * error is possible there). The table begins in 2019; a year outside borrows the movable dates of the nearest year.
 */
import { assert } from './errors.js';
import { dayNumber } from './days.js';

const MOVABLE = {
  2019: {
    holi: '03-21',
    mahavirJayanti: '04-17',
    goodFriday: '04-19',
    eidUlFitr: '06-05',
    buddhaPurnima: '05-18',
    bakrid: '08-12',
    muharram: '09-10',
    onam: '09-11',
    janmashtami: '08-24',
    ganeshChaturthi: '09-02',
    miladUnNabi: '11-10',
    dussehra: '10-08',
    diwali: '10-27',
    guruNanak: '11-12',
  },
  2020: {
    holi: '03-10',
    mahavirJayanti: '04-06',
    goodFriday: '04-10',
    eidUlFitr: '05-25',
    buddhaPurnima: '05-07',
    bakrid: '08-01',
    muharram: '08-30',
    onam: '08-31',
    janmashtami: '08-12',
    ganeshChaturthi: '08-22',
    miladUnNabi: '10-30',
    dussehra: '10-25',
    diwali: '11-14',
    guruNanak: '11-30',
  },
  2021: {
    holi: '03-29',
    mahavirJayanti: '04-25',
    goodFriday: '04-02',
    eidUlFitr: '05-14',
    buddhaPurnima: '05-26',
    bakrid: '07-21',
    muharram: '08-19',
    onam: '08-21',
    janmashtami: '08-30',
    ganeshChaturthi: '09-10',
    miladUnNabi: '10-19',
    dussehra: '10-15',
    diwali: '11-04',
    guruNanak: '11-19',
  },
  2022: {
    holi: '03-18',
    mahavirJayanti: '04-14',
    goodFriday: '04-15',
    eidUlFitr: '05-03',
    buddhaPurnima: '05-16',
    bakrid: '07-10',
    muharram: '08-09',
    onam: '09-08',
    janmashtami: '08-19',
    ganeshChaturthi: '08-31',
    miladUnNabi: '10-09',
    dussehra: '10-05',
    diwali: '10-24',
    guruNanak: '11-08',
  },
  2023: {
    holi: '03-08',
    mahavirJayanti: '04-04',
    goodFriday: '04-07',
    eidUlFitr: '04-22',
    buddhaPurnima: '05-05',
    bakrid: '06-29',
    muharram: '07-29',
    onam: '08-29',
    janmashtami: '09-07',
    ganeshChaturthi: '09-19',
    miladUnNabi: '09-28',
    dussehra: '10-24',
    diwali: '11-12',
    guruNanak: '11-27',
  },
  2024: {
    holi: '03-25',
    mahavirJayanti: '04-21',
    goodFriday: '03-29',
    eidUlFitr: '04-11',
    buddhaPurnima: '05-23',
    bakrid: '06-17',
    muharram: '07-17',
    onam: '09-15',
    janmashtami: '08-26',
    ganeshChaturthi: '09-07',
    miladUnNabi: '09-16',
    dussehra: '10-12',
    diwali: '10-31',
    guruNanak: '11-15',
  },
  2025: {
    holi: '03-14',
    mahavirJayanti: '04-10',
    goodFriday: '04-18',
    eidUlFitr: '03-31',
    buddhaPurnima: '05-12',
    bakrid: '06-07',
    muharram: '07-06',
    onam: '09-05',
    janmashtami: '08-16',
    ganeshChaturthi: '08-27',
    miladUnNabi: '09-05',
    dussehra: '10-02',
    diwali: '10-20',
    guruNanak: '11-05',
  },
  2026: {
    holi: '03-04',
    mahavirJayanti: '03-31',
    goodFriday: '04-03',
    eidUlFitr: '03-21',
    buddhaPurnima: '05-01',
    bakrid: '05-27',
    muharram: '06-26',
    onam: '08-26',
    janmashtami: '09-04',
    ganeshChaturthi: '09-14',
    miladUnNabi: '08-26',
    dussehra: '10-20',
    diwali: '11-08',
    guruNanak: '11-24',
  },
  2027: {
    holi: '03-22',
    mahavirJayanti: '04-19',
    goodFriday: '03-26',
    eidUlFitr: '03-10',
    buddhaPurnima: '05-20',
    bakrid: '05-17',
    muharram: '06-16',
    onam: '09-12',
    janmashtami: '08-25',
    ganeshChaturthi: '09-04',
    miladUnNabi: '08-15',
    dussehra: '10-09',
    diwali: '10-29',
    guruNanak: '11-14',
  },
  2028: {
    holi: '03-11',
    mahavirJayanti: '04-07',
    goodFriday: '04-14',
    eidUlFitr: '02-27',
    buddhaPurnima: '05-09',
    bakrid: '05-05',
    muharram: '06-04',
    onam: '09-01',
    janmashtami: '08-13',
    ganeshChaturthi: '08-23',
    miladUnNabi: '08-03',
    dussehra: '09-27',
    diwali: '10-17',
    guruNanak: '11-02',
  },
  2029: {
    holi: '03-01',
    mahavirJayanti: '03-27',
    goodFriday: '03-30',
    eidUlFitr: '02-15',
    buddhaPurnima: '05-27',
    bakrid: '04-24',
    muharram: '05-24',
    onam: '08-22',
    janmashtami: '09-01',
    ganeshChaturthi: '09-11',
    miladUnNabi: '07-24',
    dussehra: '10-16',
    diwali: '11-05',
    guruNanak: '11-21',
  },
  2030: {
    holi: '03-20',
    mahavirJayanti: '04-16',
    goodFriday: '04-19',
    eidUlFitr: '02-05',
    buddhaPurnima: '05-17',
    bakrid: '04-14',
    muharram: '05-13',
    onam: '09-09',
    janmashtami: '08-21',
    ganeshChaturthi: '09-01',
    miladUnNabi: '07-14',
    dussehra: '10-06',
    diwali: '10-26',
    guruNanak: '11-10',
  },
} as const;

export type Festival = keyof (typeof MOVABLE)[2025];

/** First year of the table. */
const FIRST_KNOWN_YEAR = 2019;
/** First year that is simulated. */
export const FIRST_HOLIDAY_YEAR = 2023;
export const LAST_HOLIDAY_YEAR = 2030;

/** Republic Day, Ambedkar Jayanti, Labour Day, Independence Day, Gandhi Jayanti, Christmas. */
const FIXED = ['01-26', '04-14', '05-01', '08-15', '10-02', '12-25'] as const;

/** Kept as a holiday in these states only. */
const REGIONAL: Partial<Record<Festival, readonly string[]>> = {
  onam: ['KL'],
  ganeshChaturthi: ['MH', 'KA', 'TG', 'GJ'],
  holi: ['MH', 'DL', 'UP', 'RJ', 'GJ', 'WB'],
};

function onDate(year: number, monthDay: string): number {
  return dayNumber(year, Number(monthDay.slice(0, 2)), Number(monthDay.slice(3)));
}

function movable(year: number): Readonly<Record<Festival, string>> {
  const nearest = Math.min(LAST_HOLIDAY_YEAR, Math.max(FIRST_KNOWN_YEAR, year));
  const dates = MOVABLE[nearest as keyof typeof MOVABLE];
  assert(dates !== undefined, 'every year of the range has its festivals');
  return dates;
}

export function festivalDay(festival: Festival, year: number): number {
  return onDate(year, movable(year)[festival]);
}

/** Fixed holidays by their date, festivals by their name. */
export const HOLIDAY_NAMES: readonly string[] = [...FIXED, ...Object.keys(MOVABLE[2025])];

/** Every holiday of the table whatever the state, by its place among the names; none of a year outside it. */
export function namedHolidays(year: number): { readonly place: number; readonly day: number }[] {
  if (year < FIRST_KNOWN_YEAR || year > LAST_HOLIDAY_YEAR) return [];
  const dates = [...FIXED, ...Object.values<string>(movable(year))];
  return dates.map((monthDay, place) => ({ place, day: onDate(year, monthDay) }));
}

/** Public and festival holidays of one state in one year, as day numbers. */
export function publicHolidays(stateCode: string, year: number): number[] {
  const kept = (Object.keys(movable(year)) as Festival[]).filter((festival) => {
    const states = REGIONAL[festival];
    return states === undefined || states.includes(stateCode);
  });
  return [...FIXED.map((monthDay) => onDate(year, monthDay)), ...kept.map((name) => festivalDay(name, year))];
}
