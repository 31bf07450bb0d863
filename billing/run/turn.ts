/**
 * The turn of some subscriptions in a billing run, within one transaction: each takes the steps that the calendar has for it up to an
 * instant, one after another, however late; a period that begins is invoiced, and its first debit planned. Periods of many
 * subscriptions begin and are invoiced together. The ledger comes last, since everybody waits for its end.
 */
import type { PoolClient } from 'pg';
import { DAY_MS, formatDay } from '../../core/days.js';
import { assert } from '../../core/errors.js';
import { planFirstDebits } from '../debits/plan-first.js';
import type { InvoiceDraft } from '../invoices/draft.js';
import { issueInvoices } from '../invoices/issue.js';
import type { IssuedInvoice } from '../invoices/issue.js';
import { renew } from '../invoices/renew.js';
import { postEntries } from '../ledger/post.js';
import type { Entry } from '../ledger/templates.js';
import { recurringLines } from '../subscriptions/lines.js';
import { nextStep } from '../subscriptions/next-billing.js';
import type { Step } from '../subscriptions/next-billing.js';
import { takeBillSteps, takeStep } from '../subscriptions/steps.js';
import type { Subscription } from '../subscriptions/subscription.js';
import { BILLING } from './settings.js';

/** One step that was taken. */
export interface Taken {
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly step: Step['kind'];
  /** The day that it belongs to, `YYYY-MM-DD`. */
  readonly onDay: string;
  /** What was invoiced for the period, in minor units; null where no period began. */
  readonly totalPaise: bigint | null;
  readonly currency: string;
}

export interface Turn {
  readonly taken: readonly Taken[];
  readonly debits: number;
  /** Who has more to do than a run does for one subscription. */
  readonly deferred: readonly string[];
}

interface Due {
  readonly subscription: Subscription;
  readonly step: Step;
}

/** The caller has locked the subscriptions. @param at what is due by then is done; @param now when, UTC epoch ms. */
export async function takeTurns(
  client: PoolClient,
  subscriptions: readonly Subscription[],
  { at, now }: { readonly at: number; readonly now: number },
): Promise<Turn> {
  const taken: Taken[] = [];
  const entries: Entry[] = [];
  const invoices: IssuedInvoice[] = [];
  const isDebited = new Set(
    subscriptions.filter(({ collection }) => collection === 'mandate').map((one) => one.subscriptionId),
  );
  let due = dueBy(subscriptions, at);
  for (let round = 0; due.length > 0 && round < BILLING.maxSteps; round++) {
    const begun = await beginPeriods(client, due.filter(isBill), now);
    entries.push(...begun.entries);
    invoices.push(
      ...begun.invoices.filter((_, i) => isDebited.has(begun.subscriptions[i]?.subscriptionId ?? '')),
    );
    const others: Subscription[] = [];
    for (const { subscription, step } of due.filter((one) => !isBill(one)))
      others.push(await takeStep(client, subscription, step, now));
    taken.push(...due.map((one) => describe(one, begun.totals)));
    due = dueBy([...begun.subscriptions, ...others], at);
  }
  const debits = await planDebits(client, invoices, now);
  await postEntries(client, entries, now);
  return { taken, debits, deferred: due.map(({ subscription }) => subscription.subscriptionId) };
}

function dueBy(subscriptions: readonly Subscription[], at: number): Due[] {
  return subscriptions.flatMap((subscription) => {
    const step = nextStep(subscription);
    return step === null || step.at > at ? [] : [{ subscription, step }];
  });
}

function isBill({ step }: Due): boolean {
  return step.kind === 'bill';
}

interface Begun {
  readonly subscriptions: readonly Subscription[];
  readonly invoices: readonly IssuedInvoice[];
  readonly totals: ReadonlyMap<string, bigint>;
  readonly entries: readonly Entry[];
}

async function beginPeriods(client: PoolClient, due: readonly Due[], now: number): Promise<Begun> {
  if (due.length === 0) return { subscriptions: [], invoices: [], totals: new Map(), entries: [] };
  const begun = await takeBillSteps(
    client,
    due.map(({ subscription }) => subscription),
    now,
  );
  const { invoices, entries } = await issueInvoices(
    client,
    begun.map((subscription) => toDraft(subscription, now)),
    now,
  );
  const totals = new Map<string, bigint>();
  const paid: { invoiceId: string; subscriptionId: string }[] = [];
  for (const [i, { invoiceId, totalPaise, isNew }] of invoices.entries()) {
    const subscriptionId = begun[i]?.subscriptionId ?? '';
    totals.set(subscriptionId, totalPaise);
    // With nothing to pay there will be no payment to say that the period is paid.
    if (isNew && totalPaise === 0n) paid.push({ invoiceId, subscriptionId });
  }
  const subscriptions = await renew(client, begun, paid, now);
  return { subscriptions, invoices, totals, entries };
}

function toDraft(subscription: Subscription, now: number): InvoiceDraft {
  const { period, periodStartDay: startDay, periodEndDay: endDay, collection } = subscription;
  assert(period !== null && startDay !== null && endDay !== null, 'a period has begun');
  const dueDays = collection === 'mandate' ? BILLING.mandateDueDays : BILLING.manualDueDays;
  return {
    payerId: subscription.payerId,
    counterpartyId: subscription.counterpartyId,
    subscriptionId: subscription.subscriptionId,
    kind: 'recurring',
    period: { number: period, startDay, endDay },
    cause: null,
    currency: subscription.terms.currency,
    lines: recurringLines(subscription),
    dueAt: now + dueDays * DAY_MS,
  };
}

async function planDebits(
  client: PoolClient,
  invoices: readonly IssuedInvoice[],
  now: number,
): Promise<number> {
  const owed = invoices.filter(({ isNew, totalPaise }) => isNew && totalPaise > 0n);
  if (owed.length === 0) return 0;
  const ids = owed.map(({ invoiceId }) => invoiceId);
  const planned = await planFirstDebits(client, ids, now);
  return [...planned.values()].filter(({ kind }) => kind !== 'none').length;
}

function describe({ subscription, step }: Due, totals: ReadonlyMap<string, bigint>): Taken {
  const { subscriptionId, payerId, terms } = subscription;
  return {
    subscriptionId,
    payerId,
    step: step.kind,
    onDay: formatDay(step.day),
    totalPaise: step.kind === 'bill' ? (totals.get(subscriptionId) ?? 0n) : null,
    currency: terms.currency,
  };
}
