/**
 * How often debits succeeded by weekday, day of the month and hour in Asia/Kolkata, for each decline class and method, and by issuer. A rate
 * is drawn towards coarser ones: the class and method as a whole, shifted by what the slot is worth to all (Beta-binomial shrinkage
 * in log-odds). What is observed after a choice is not in the rates it was made by.
 */
import { civil, dayOf, minuteOfDay, weekday } from '../../core/days.js';
import type { RetryMoment } from './moment.js';

/** The width of each axis. */
const AXES = { weekday: 7, monthDay: 32, hour: 24 } as const;
type Axis = keyof typeof AXES;

/** Tries and successes, interleaved. */
type Counts = number[];

export interface SlotCounters {
  observe(moment: RetryMoment, succeeded: boolean): void;
  rate(axis: Axis, moment: RetryMoment): number;
  /** Of the decline class and method, whatever the slot. */
  keyRate(moment: RetryMoment): number;
  issuerRate(moment: RetryMoment): number;
  toJSON(): SlotCountersJson;
}

export interface SlotCountersJson {
  readonly [key: string]: readonly number[];
}

/** Tries' worth of pull to the coarser rate: a few weeks of a small key. */
const PULL = 40;

/** Continues from saved counts. */
export function createSlotCounters(saved: SlotCountersJson = {}): SlotCounters {
  const counts = new Map<string, Counts>(Object.entries(saved).map(([key, values]) => [key, [...values]]));
  const add = (key: string, width: number, at: number, succeeded: boolean): void => {
    const row = counts.get(key) ?? new Array<number>(2 * width).fill(0);
    counts.set(key, row);
    row[2 * at]! += 1;
    if (succeeded) row[2 * at + 1]! += 1;
  };
  const shrunk = (key: string, at: number, towards: number): number => {
    const row = counts.get(key);
    return ((row?.[2 * at + 1] ?? 0) + PULL * towards) / ((row?.[2 * at] ?? 0) + PULL);
  };
  const overall = (): number => shrunk('all', 0, 0.5);
  const keyRate = (moment: RetryMoment): number => shrunk(`key ${keyOf(moment)}`, 0, overall());
  return {
    observe: (moment, succeeded) => {
      const key = keyOf(moment);
      add('all', 1, 0, succeeded);
      add(`key ${key}`, 1, 0, succeeded);
      if (moment.issuer !== null) add(`issuer ${moment.issuer}`, 1, 0, succeeded);
      for (const [axis, width] of axes()) {
        const at = placeOf(axis, moment.slotAtMs);
        add(axis, width, at, succeeded);
        add(`${axis} ${key}`, width, at, succeeded);
      }
    },
    rate: (axis, moment) => {
      const at = placeOf(axis, moment.slotAtMs);
      const all = overall();
      const ofSlot = shrunk(axis, at, all);
      const expected = logit(keyRate(moment)) + logit(ofSlot) - logit(all);
      return shrunk(`${axis} ${keyOf(moment)}`, at, 1 / (1 + Math.exp(-expected)));
    },
    keyRate,
    issuerRate: (moment) =>
      moment.issuer === null ? overall() : shrunk(`issuer ${moment.issuer}`, 0, overall()),
    toJSON: () => Object.fromEntries(counts),
  };
}

function axes(): [Axis, number][] {
  return Object.entries(AXES) as [Axis, number][];
}

function keyOf({ declineClass, method }: RetryMoment): string {
  return `${declineClass ?? 'first'} ${method ?? 'other'}`;
}

function placeOf(axis: Axis, atMs: number): number {
  if (axis === 'hour') return Math.floor(minuteOfDay(atMs) / 60);
  const day = dayOf(atMs);
  return axis === 'weekday' ? weekday(day) : civil(day).dayOfMonth;
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
