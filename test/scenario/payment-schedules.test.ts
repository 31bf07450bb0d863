import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDesk } from '../support/payment-desk.js';
import type { Desk } from '../support/payment-desk.js';
import { runSchedules } from '../support/payment-schedules.js';

/** `npm run bench -- payments` runs 10,000. */
const SCHEDULES = 100;
const AT_ONCE = 50;

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
}, 60_000);
afterAll(() => desk.close());

it('random schedules charge nobody twice, lose no payment and balance the books', async () => {
  for (let done = 0; done < SCHEDULES; done += AT_ONCE) await runSchedules(desk, AT_ONCE, done + 1);
  const { rows } = await desk.pool.query<{ statuses: bigint }>(
    'SELECT count(DISTINCT status) AS statuses FROM payments',
  );
  expect(Number(rows[0]?.statuses)).toBeGreaterThan(3);
}, 120_000);
