/**
 * States in which the merchant serves schools: a city's coordinates and the pattern of the school year. Patterns follow
 * the states' usual school calendars; `monthDay` is `MM-DD`, festival breaks are days before and after the festival.
 */
import type { Festival } from '../../core/holidays.js';

interface FestivalBreak {
  readonly festival: Festival;
  readonly daysBefore: number;
  readonly daysAfter: number;
}

export interface State {
  readonly code: string;
  readonly latitude: number;
  readonly longitude: number;
  /** First and last day without lessons, [MM-DD, MM-DD], within one year. */
  readonly summer: readonly [string, string];
  readonly winter: readonly [string, string];
  readonly festivals: readonly FestivalBreak[];
}

const around = (festival: Festival, daysBefore: number, daysAfter: number): FestivalBreak => ({
  festival,
  daysBefore,
  daysAfter,
});

export const STATES: readonly State[] = [
  {
    code: 'KA',
    latitude: 12.97,
    longitude: 77.59,
    summer: ['04-11', '05-31'],
    winter: ['12-24', '12-26'],
    festivals: [around('dussehra', 9, 4), around('diwali', 1, 2)],
  },
  {
    code: 'MH',
    latitude: 19.08,
    longitude: 72.88,
    summer: ['05-02', '06-12'],
    winter: ['12-25', '12-31'],
    festivals: [around('dussehra', 0, 0), around('diwali', 4, 9)],
  },
  {
    code: 'DL',
    latitude: 28.61,
    longitude: 77.21,
    summer: ['05-15', '06-30'],
    winter: ['01-01', '01-15'],
    festivals: [around('dussehra', 2, 0), around('diwali', 1, 2)],
  },
  {
    code: 'TN',
    latitude: 13.08,
    longitude: 80.27,
    summer: ['05-01', '06-05'],
    winter: ['12-24', '12-31'],
    festivals: [around('dussehra', 4, 1), around('diwali', 1, 1)],
  },
  {
    code: 'TG',
    latitude: 17.39,
    longitude: 78.49,
    summer: ['04-24', '06-11'],
    winter: ['01-11', '01-16'],
    festivals: [around('dussehra', 10, 2), around('diwali', 0, 1)],
  },
  {
    code: 'WB',
    latitude: 22.57,
    longitude: 88.36,
    summer: ['05-10', '06-05'],
    winter: ['12-25', '12-31'],
    festivals: [around('dussehra', 5, 7), around('diwali', 1, 3)],
  },
  {
    code: 'GJ',
    latitude: 23.02,
    longitude: 72.57,
    summer: ['05-05', '06-08'],
    winter: ['01-14', '01-15'],
    festivals: [around('dussehra', 0, 0), around('diwali', 4, 16)],
  },
  {
    code: 'KL',
    latitude: 9.93,
    longitude: 76.27,
    summer: ['04-01', '05-31'],
    winter: ['12-23', '12-31'],
    festivals: [around('onam', 4, 5), around('dussehra', 1, 0), around('diwali', 0, 0)],
  },
  {
    code: 'UP',
    latitude: 26.85,
    longitude: 80.95,
    summer: ['05-20', '06-30'],
    winter: ['01-01', '01-14'],
    festivals: [around('dussehra', 2, 1), around('diwali', 2, 3)],
  },
  {
    code: 'RJ',
    latitude: 26.91,
    longitude: 75.79,
    summer: ['05-17', '06-30'],
    winter: ['12-25', '12-31'],
    festivals: [around('dussehra', 1, 0), around('diwali', 4, 7)],
  },
];
