/** What a billing run did, or would do, for people at a terminal. */
import type { BillingReport } from '../billing/run/bill.js';
import { counted } from '../core/counted.js';
import { formatMoney } from '../core/money.js';
import { textTable } from './text-table.js';

const SHOWN = 20;

export function billingText(report: BillingReport): string {
  const { dryRun, invoices, debits, failed, parked, deferred, overdue } = report;
  const money = Object.entries(report.totals).map(([currency, paise]) => formatMoney(paise, currency));
  const steps = Object.entries(report.steps).map(([step, count]) => `${step} ${count}`);
  const worth = money.length === 0 ? '' : ` of ${money.join(' and ')}`;
  return [
    `billing as of ${new Date(report.at).toISOString()}${dryRun ? ', dry: nothing is written' : ''}`,
    report.subscriptions === 0
      ? nothingDue(report)
      : `${counted(report.subscriptions, 'subscription')} due: ${counted(invoices, 'invoice')}${worth}, ${counted(debits, 'debit')} planned`,
    ...(steps.length === 0 ? [] : [`other steps: ${steps.join(', ')}`]),
    ...(overdue === 0 ? [] : [`${counted(overdue, 'invoice')} fell due unpaid`]),
    ...(failed === 0 ? [] : [`${failed} failed, ${parked} of them parked now: see hasivu billing parked`]),
    ...(deferred === 0
      ? []
      : [`${counted(deferred, 'subscription')} with more to catch up: the next run goes on`]),
    ...listing(report),
  ].join('\n');
}

function nothingDue({ nextDueAt }: BillingReport): string {
  const next =
    nextDueAt === null ? 'nor will one be' : `the next one is at ${new Date(nextDueAt).toISOString()}`;
  return `no subscription was due; ${next}`;
}

function listing({ listed }: BillingReport): string[] {
  if (listed.length === 0) return [];
  const rows = listed
    .slice(0, SHOWN)
    .map(({ onDay, step, subscriptionId, payerId, totalPaise, currency }) => [
      onDay,
      step,
      subscriptionId,
      payerId,
      totalPaise === null ? '' : formatMoney(totalPaise, currency),
    ]);
  const more = listed.length > SHOWN ? [`… the first ${listed.length} with --json`] : [];
  return ['', ...textTable([['day', 'step', 'subscription', 'payer', 'invoice'], ...rows]), ...more];
}
