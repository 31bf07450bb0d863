/**
 * A mandate as people and programs see it: what it allows, where it stands, how it is registered, and how likely its next debit is to
 * pass. Nothing in it could be charged, and nothing says at which bank account or UPI id.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { HOUR_MS } from '../../core/days.js';
import { declineCause } from '../../core/decline-reasons.js';
import type { PaymentMethod } from '../../core/decline-reasons.js';
import { nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { mandateHealth } from './health.js';
import type { MandateFacts } from './health.js';
import { noMandate } from './move.js';
import { MANDATE_STATUSES } from './states.js';
import type { MandateStatus } from './states.js';
import { PURPOSES } from './terms.js';

const Instant = Type.String({ format: 'date-time' });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const METHODS = ['upi', 'card', 'emandate', 'nach'] as const;

export const MandateView = Type.Object({
  mandateId: Type.String(),
  payerId: Type.String(),
  method: Type.Enum(METHODS),
  purpose: Type.Enum(PURPOSES),
  status: Type.Enum(MANDATE_STATUSES, {
    description:
      '`paused`: by the payer, who alone can resume it. `pending`: put before the payer, or before the bank.',
  }),
  frequency: Type.String(),
  maxPaise: Type.Integer({ description: 'The most of one debit, paise.' }),
  expiresAt: Instant,
  subscriptionId: nullable(Type.String()),
  issuer: nullable(Type.String()),
  paymentId: nullable(Type.String({ description: 'The payment that authorises it.' })),
  checkoutPath: nullable(
    Type.String({ description: 'The page on which the payer approves it, on this server.' }),
  ),
  linkUrl: nullable(Type.String({ description: 'The link on which the payer approves it.' })),
  failure: nullable(Type.String()),
  confirmedAt: nullable(Instant),
  pausedAt: nullable(Instant),
  endedAt: nullable(Instant),
  health: Type.Object(
    {
      probability: Share,
      standing: Share,
      passing: Share,
      at: Instant,
      facts: Type.Object({
        pauses: Type.Integer(),
        successes: Type.Integer(),
        failures: Type.Integer(),
        failuresInRow: Type.Integer(),
        isRefused: Type.Boolean(),
        methodRate: Share,
        isBankDown: Type.Boolean(),
      }),
    },
    {
      description:
        'Chance that it stands (standing) and that a debit passes (passing) at the next slot, or in two days.',
    },
  ),
  createdAt: Instant,
});
export type MandateView = Static<typeof MandateView>;

/** Of a method that has not been debited yet: what Indian recurring debits do, roughly. */
const PRIOR_RATE = 0.8;
const PRIOR_DEBITS = 20;
const NO_SLOT_MS = 48 * HOUR_MS;

interface Row {
  mandate_id: string;
  payer_id: string;
  method: (typeof METHODS)[number];
  purpose: (typeof PURPOSES)[number];
  status: MandateStatus;
  frequency: string;
  max_paise: bigint;
  expires_at: number;
  subscription_id: string | null;
  issuer: string | null;
  payment_id: string | null;
  is_payable: boolean;
  link_url: string | null;
  failure: string | null;
  confirmed_at: number | null;
  paused_at: number | null;
  ended_at: number | null;
  created_at: number;
  next_slot_at: number | null;
  pauses: number;
  successes: number;
  failures: number;
  failures_in_row: number;
  last_reason: string | null;
  method_good: number;
  method_made: number;
  is_bank_down: boolean;
}

const SELECT = `
  SELECT m.*, coalesce(p.order_id IS NOT NULL AND m.link_url IS NULL AND m.status = 'pending', false) AS is_payable,
    next.slot_at AS next_slot_at,
    (SELECT count(*)::int FROM token_events e WHERE e.token_id = m.token_id AND e.event = 'paused') AS pauses,
    coalesce(made.successes, 0) AS successes, coalesce(made.failures, 0) AS failures,
    coalesce(made.failures_in_row, 0) AS failures_in_row, made.last_reason, rates.good AS method_good,
    rates.made AS method_made,
    EXISTS (SELECT FROM gateway_downtimes t WHERE t.method = m.method AND t.severity <> 'low'
      AND (t.instruments = '{}' OR m.issuer = ANY(t.instruments))
      AND coalesce(next.slot_at, to_timestamp($1::float8 / 1000) + $2::float8 * interval '1 millisecond')
        BETWEEN t.begins_at AND coalesce(t.ends_at, to_timestamp($1::float8 / 1000) + interval '6 hours')) AS is_bank_down
  FROM mandates m LEFT JOIN payments p ON p.payment_id = m.payment_id
  LEFT JOIN LATERAL (SELECT min(d.slot_at) AS slot_at FROM debits d WHERE d.mandate_id = m.mandate_id
    AND d.status IN ('planned', 'announcing', 'announced')) AS next ON true
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status = 'succeeded')::int AS successes,
      count(*) FILTER (WHERE status = 'failed')::int AS failures,
      count(*) FILTER (WHERE status = 'failed' AND charged_at > coalesce(
        (SELECT max(s.charged_at) FROM debits s WHERE s.mandate_id = m.mandate_id AND s.status = 'succeeded'),
        '-infinity'))::int AS failures_in_row,
      (array_agg(CASE status WHEN 'failed' THEN decline_reason END ORDER BY charged_at DESC))[1] AS last_reason
    FROM debits d WHERE d.mandate_id = m.mandate_id AND d.status IN ('succeeded', 'failed')) AS made ON true
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.status = 'succeeded')::float8 AS good, count(*)::float8 AS made
    FROM debits d JOIN mandates o USING (mandate_id) WHERE o.method = m.method AND d.status IN ('succeeded', 'failed')
      AND d.resolved_at > to_timestamp($1::float8 / 1000) - interval '90 days') AS rates ON true`;

interface ReadDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/** @throws AppError `mandate-not-found`. */
export async function readMandate({ pool, clock }: ReadDeps, mandateId: string): Promise<MandateView> {
  const now = clock.now();
  const { rows } = await pool.query<Row>(`${SELECT} WHERE m.mandate_id = $3`, [now, NO_SLOT_MS, mandateId]);
  if (rows[0] === undefined) throw noMandate(mandateId);
  return toView(rows[0], now);
}

/** Newest first. */
export async function listMandates(
  { pool, clock }: ReadDeps,
  query: Page & { readonly payerId?: string; readonly status?: MandateStatus },
): Promise<MandateView[]> {
  const now = clock.now();
  const equal = { 'm.payer_id': query.payerId, 'm.status': query.status };
  const { clause, values } = pageOf(query, 'm.mandate_id', equal, [now, NO_SLOT_MS]);
  const { rows } = await pool.query<Row>(`${SELECT} WHERE ${clause}`, values);
  return rows.map((row) => toView(row, now));
}

function toView(row: Row, now: number): MandateView {
  const facts = factsOf(row);
  const at = row.next_slot_at ?? now + NO_SLOT_MS;
  const { status: _status, confirmedAt: _confirmedAt, expiresAt: _expiresAt, ...told } = facts;
  return {
    mandateId: row.mandate_id,
    payerId: row.payer_id,
    method: row.method,
    purpose: row.purpose,
    status: row.status,
    frequency: row.frequency,
    maxPaise: Number(row.max_paise),
    expiresAt: iso(row.expires_at),
    subscriptionId: row.subscription_id,
    issuer: row.issuer,
    paymentId: row.payment_id,
    checkoutPath: row.is_payable ? `/pay/${row.payment_id}` : null,
    linkUrl: row.link_url,
    failure: row.failure,
    confirmedAt: isoOrNull(row.confirmed_at),
    pausedAt: isoOrNull(row.paused_at),
    endedAt: isoOrNull(row.ended_at),
    health: { ...mandateHealth(facts, now, Math.max(now, at)), at: iso(at), facts: told },
    createdAt: iso(row.created_at),
  };
}

function factsOf(row: Row): MandateFacts {
  const { method, last_reason: reason } = row;
  const context = { method: method as PaymentMethod, isRecurring: true };
  const cause = reason === null ? null : declineCause(reason, context);
  return {
    status: row.status,
    confirmedAt: row.confirmed_at,
    expiresAt: row.expires_at,
    pauses: row.pauses,
    successes: row.successes,
    failures: row.failures,
    failuresInRow: row.failures_in_row,
    isRefused: cause !== null && ['mandate', 'instrument', 'risk'].includes(cause.class),
    methodRate:
      Math.round(((row.method_good + PRIOR_RATE * PRIOR_DEBITS) / (row.method_made + PRIOR_DEBITS)) * 1000) /
      1000,
    isBankDown: row.is_bank_down,
  };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : iso(instant);
}

/** What registering and cancelling need of it. @throws AppError `mandate-not-found`. */
export interface Mandate {
  readonly mandateId: string;
  readonly status: MandateStatus;
  readonly customerId: string | null;
  readonly tokenId: string | null;
  readonly linkId: string | null;
  readonly paymentId: string | null;
  /** Of the authorisation. */
  readonly amountPaise: bigint;
  readonly expiresAt: number;
}

export async function mandateOf(pool: Pool, mandateId: string): Promise<Mandate> {
  const { rows } = await pool.query<Mandate>(
    `SELECT m.mandate_id AS "mandateId", m.status, m.customer_id AS "customerId", m.token_id AS "tokenId",
       m.link_id AS "linkId", m.payment_id AS "paymentId", coalesce(p.amount_paise, 0) AS "amountPaise",
       m.expires_at AS "expiresAt"
     FROM mandates m LEFT JOIN payments p ON p.payment_id = m.payment_id WHERE m.mandate_id = $1`,
    [mandateId],
  );
  if (rows[0] === undefined) throw noMandate(mandateId);
  return rows[0];
}
