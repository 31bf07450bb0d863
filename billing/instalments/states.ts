/**
 * The life of an instalment plan and of its parts. A plan is broken when a part stays unpaid beyond its grace: what is left is then
 * owed at once, in the usual ways. A part whose payment was withdrawn or went back waits to be asked for again.
 */
import type { StateTable } from '../../core/state.js';

export type PlanStatus = 'active' | 'settled' | 'broken' | 'cancelled';
type PlanEvent = 'settle' | 'break' | 'cancel';

export const INSTALMENT_PLAN = {
  active: { settle: 'settled', break: 'broken', cancel: 'cancelled' },
  settled: {},
  broken: {},
  cancelled: {},
} as const satisfies StateTable<PlanStatus, PlanEvent>;

export type InstalmentStatus = 'waiting' | 'asked' | 'paid' | 'covered' | 'void';
export type InstalmentEvent = 'ask' | 'pay' | 'withdraw' | 'return' | 'cover' | 'void';

export const INSTALMENT = {
  waiting: { ask: 'asked', cover: 'covered', void: 'void' },
  asked: { pay: 'paid', withdraw: 'waiting', cover: 'covered', void: 'void' },
  paid: { return: 'waiting', cover: 'covered', void: 'void' },
  covered: {},
  void: {},
} as const satisfies StateTable<InstalmentStatus, InstalmentEvent>;
