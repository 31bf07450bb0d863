/**
 * What the demo merchant sells: school lunches by the month, counted by serving days, breakfasts by the month, and lunches by the term.
 * Invented names and prices. Nobody else's catalogue is touched: whoever has a plan gets no demo.
 */
import type { Pool } from 'pg';
import { putCalendar } from '../../billing/catalogue/calendars.js';
import { createPlan } from '../../billing/catalogue/plan.js';
import type { CatalogueDeps } from '../../billing/catalogue/plan.js';

export const DEMO_PLANS = {
  lunch: 'demo-lunch',
  breakfast: 'demo-breakfast',
  term: 'demo-lunch-term',
} as const;

const CALENDAR = 'demo-school-days';

export async function hasCatalogue(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT 1 FROM plans LIMIT 1');
  return rowCount !== 0;
}

export async function stockCatalogue(deps: CatalogueDeps): Promise<void> {
  await putCalendar(deps, CALENDAR, { name: 'Demo school days, Monday to Friday', week: '0111110' });
  const served = { proration: 'serving-days', calendarId: CALENDAR } as const;
  const plans = [
    {
      planId: DEMO_PLANS.lunch,
      name: 'Demo lunch, monthly',
      version: { pricePaise: 2_400_00, interval: { unit: 'month' }, ...served },
    },
    {
      planId: DEMO_PLANS.breakfast,
      name: 'Demo breakfast, monthly',
      version: { pricePaise: 1_150_00, interval: { unit: 'month' } },
    },
    {
      planId: DEMO_PLANS.term,
      name: 'Demo lunch, three months',
      version: { pricePaise: 6_900_00, interval: { unit: 'month', count: 3 }, ...served },
    },
  ] as const;
  for (const plan of plans)
    await createPlan(deps, { ...plan, taxClass: 'school-catering' }, `demo:${plan.planId}`);
}
