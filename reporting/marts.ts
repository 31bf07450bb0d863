/**
 * The analysts' tables, in the order they are built: each is one SELECT in `marts/<name>.sql` whose first line says what
 * a row is. They read facts only through the schema `known` (`known_at < as_of()`, strictly) and earlier marts through
 * `warehouse`; the calendar is Indian Standard Time.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../core/package-root.js';

export const MARTS = [
  'payments',
  'refunds',
  'attempts',
  'recoveries',
  'disputes',
  'settlements',
  'daily_payments',
  'methods_daily',
  'failure_reasons',
  'fraud_daily',
  'label_lag',
  'counterparty_daily',
  'payers',
  'subscriptions_monthly',
  'churn_monthly',
  'decisions_daily',
  'gate_weekly',
  'calibration_weekly',
  'revenue_daily',
  'revenue_forecasts',
  'revenue_components',
] as const;

interface MartSource {
  /** What a row is: the file's first comment. */
  readonly meaning: string;
  readonly select: string;
}

export function martSource(name: (typeof MARTS)[number]): MartSource {
  const select = readFileSync(path.join(packageRoot(), 'reporting', 'marts', `${name}.sql`), 'utf8');
  const firstLine = select.slice(0, select.indexOf('\n'));
  return { meaning: firstLine.replace(/^--\s*/, ''), select };
}
