/**
 * Terms for tests that need no catalogue: one usual plan, and only what a test is about is said.
 * Amounts are paise.
 */
import type { Terms } from '../../../billing/catalogue/terms.js';

/** A monthly plan at 3,000 rupees by calendar days, and what a test says of it otherwise. */
export function sold(terms: Partial<Terms> = {}): Terms {
  return {
    planId: 'lunch',
    planVersion: 1,
    planName: 'Lunch',
    taxClass: 'school-catering',
    currency: 'INR',
    interval: { unit: 'month', count: 1 },
    quantity: 1,
    unitPaise: 3000_00n,
    addOns: [],
    setupFeePaise: 0n,
    trialDays: 0,
    proration: 'calendar-days',
    calendarId: null,
    ...terms,
  };
}
