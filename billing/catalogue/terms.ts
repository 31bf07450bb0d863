/**
 * What a subscription is sold at: a version of a plan with its counterparty's own price and calendar, times a quantity, with
 * add-ons. A version never changes and its overrides do not while they are in use, so terms are what they were when they were billed.
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { halfUpDivide } from '../../core/money.js';

export const INTERVAL_UNITS = ['day', 'week', 'month', 'year'] as const;
export const PRORATIONS = ['calendar-days', 'serving-days', 'none'] as const;

export interface Interval {
  readonly unit: (typeof INTERVAL_UNITS)[number];
  readonly count: number;
}

interface BoughtAddOn {
  readonly addOnId: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPaise: bigint;
}

/** Which terms are meant: the four that a subscription chooses. */
export interface Choice {
  readonly planId: string;
  readonly planVersion: number;
  readonly quantity: number;
  readonly addOns: readonly { readonly addOnId: string; readonly quantity: number }[];
}

export interface Terms extends Omit<Choice, 'addOns'> {
  readonly planName: string;
  readonly taxClass: string;
  readonly currency: string;
  readonly interval: Interval;
  /** Of one, for one period, tax included. */
  readonly unitPaise: bigint;
  readonly addOns: readonly BoughtAddOn[];
  /** With the first period, once. */
  readonly setupFeePaise: bigint;
  readonly trialDays: number;
  readonly proration: (typeof PRORATIONS)[number];
  readonly calendarId: string | null;
}

/** One period's price, without the setup fee. */
export function periodPaise({ unitPaise, quantity, addOns }: Terms): bigint {
  return addOns.reduce(
    (sum, addOn) => sum + addOn.unitPaise * BigInt(addOn.quantity),
    unitPaise * BigInt(quantity),
  );
}

/** Intervals in twelve months: a year has 52 weeks and 365 days here. */
const IN_TWELVE_MONTHS = { day: 365n, week: 52n, month: 12n, year: 1n } as const;

/** What the price comes to in a month (MRR). */
export function monthlyPaise(terms: Terms): bigint {
  const { unit, count } = terms.interval;
  return halfUpDivide(periodPaise(terms) * IN_TWELVE_MONTHS[unit], 12n * BigInt(count));
}

export interface TermsRow {
  plan_id: string;
  plan_version: number;
  plan_name: string;
  tax_class: string;
  currency: string;
  interval_unit: Interval['unit'];
  interval_count: number;
  unit_paise: bigint;
  setup_fee_paise: bigint;
  trial_days: number;
  proration: Terms['proration'];
  calendar_id: string | null;
  quantity: number;
  add_ons: readonly { addOnId: string; name: string; quantity: number; unitPaise: string }[];
}

/** Of the plan `p`, its version `v` and the override `o` of the counterparty. */
export const TERMS_COLUMNS = `p.plan_id, v.version AS plan_version, p.name AS plan_name, p.tax_class, v.currency, v.interval_unit,
  v.interval_count, coalesce(o.price_paise, v.price_paise) AS unit_paise, v.setup_fee_paise, v.trial_days, v.proration,
  coalesce(o.calendar_id, v.calendar_id) AS calendar_id`;

/** The add-ons among `bought(add_on_id, quantity)` that the version has. */
export function addOnsSql(bought: string): string {
  return `(SELECT coalesce(json_agg(json_build_object('addOnId', a.add_on_id, 'name', a.name, 'quantity', b.quantity,
      'unitPaise', a.price_paise::text) ORDER BY a.add_on_id), '[]')
    FROM ${bought} JOIN plan_add_ons a ON a.plan_id = v.plan_id AND a.version = v.version AND a.add_on_id = b.add_on_id)`;
}

export function toTerms(row: TermsRow): Terms {
  return {
    planId: row.plan_id,
    planVersion: row.plan_version,
    planName: row.plan_name,
    taxClass: row.tax_class,
    currency: row.currency,
    interval: { unit: row.interval_unit, count: row.interval_count },
    quantity: row.quantity,
    unitPaise: row.unit_paise,
    addOns: row.add_ons.map((addOn) => ({ ...addOn, unitPaise: BigInt(addOn.unitPaise) })),
    setupFeePaise: row.setup_fee_paise,
    trialDays: row.trial_days,
    proration: row.proration,
    calendarId: row.calendar_id,
  };
}

/** @throws AppError `plan-not-found` or `add-on-not-found`. */
export async function readTerms(
  client: PoolClient,
  { planId, planVersion, quantity, addOns }: Choice,
  counterpartyId: string | null,
): Promise<Terms> {
  const { rows } = await client.query<TermsRow>(
    `SELECT ${TERMS_COLUMNS}, $4::integer AS quantity,
       ${addOnsSql('json_to_recordset($5::json) AS b(add_on_id text, quantity integer)')} AS add_ons
     FROM plans p JOIN plan_versions v USING (plan_id)
     LEFT JOIN plan_overrides o ON o.plan_id = v.plan_id AND o.version = v.version AND o.counterparty_id = $3
     WHERE v.plan_id = $1 AND v.version = $2`,
    [
      planId,
      planVersion,
      counterpartyId,
      quantity,
      JSON.stringify(addOns.map((addOn) => ({ add_on_id: addOn.addOnId, quantity: addOn.quantity }))),
    ],
  );
  const [row] = rows;
  if (row === undefined) {
    throw new AppError('not-found', 'plan-not-found', `there is no plan ${planId} in version ${planVersion}`);
  }
  const missing = addOns.find(({ addOnId }) => !row.add_ons.some((known) => known.addOnId === addOnId));
  if (missing === undefined) return toTerms(row);
  const message = `${planId} in version ${planVersion} has no add-on ${missing.addOnId}: see GET /v1/plans/${planId}`;
  throw new AppError('bad-input', 'add-on-not-found', message);
}
