/**
 * Plans and how they come to be. A version is written once and never changes: a new price is a new version, and those who subscribed
 * before keep theirs until they are moved. A counterparty may have a price or a calendar of its own; it is settled before
 * anybody there subscribes, so that what was billed can always be computed again.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, idSchema, nullable, printable } from '../../scoring/request.js';
import { claimCommand } from '../payments/commands.js';
import { TAX_CLASSES } from '../tax/rates.js';
import { INTERVAL_UNITS, PRORATIONS } from './terms.js';

const closed = { additionalProperties: false } as const;
const MOST_PAISE = 1_000_000_000_00;
const Price = (description: string) => Type.Integer({ minimum: 0, maximum: MOST_PAISE, description });

export const VersionBody = Type.Object(
  {
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    pricePaise: Price('Of one, for one period, in minor units with tax.'),
    interval: Type.Object(
      {
        unit: Type.Enum(INTERVAL_UNITS),
        count: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 1 })),
      },
      closed,
    ),
    trialDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 730, default: 0 })),
    setupFeePaise: Type.Optional(Price('Charged once, with the first period.')),
    proration: Type.Optional(
      Type.Enum(PRORATIONS, { default: 'calendar-days', description: 'How parts of a period are counted.' }),
    ),
    calendarId: Type.Optional(idSchema('Which days are served; needed for `serving-days`.')),
    addOns: Type.Optional(
      Type.Array(
        Type.Object(
          {
            addOnId: idSchema('Within the plan.'),
            name: printable(120, 'As invoices show it.'),
            pricePaise: Price('Of one, for one period.'),
          },
          closed,
        ),
        { maxItems: 20 },
      ),
    ),
  },
  closed,
);
type VersionBody = Static<typeof VersionBody>;

export const PlanBody = Type.Object(
  {
    planId: Type.Optional(idSchema('Given when absent.')),
    name: printable(120, 'As invoices show it.'),
    taxClass: Type.Enum(TAX_CLASSES),
    version: VersionBody,
  },
  closed,
);
type PlanBody = Static<typeof PlanBody>;

export const OverrideBody = Type.Object(
  {
    pricePaise: Type.Optional(Price('In place of the version’s price.')),
    calendarId: Type.Optional(idSchema('In place of the version’s calendar.')),
  },
  { ...closed, minProperties: 1 },
);
type OverrideBody = Static<typeof OverrideBody>;

const Instant = Type.String({ format: 'date-time' });
const Paise = Type.Integer({ description: 'Minor units, tax included.' });

export const PlanView = Type.Object({
  planId: Type.String(),
  name: Type.String(),
  taxClass: Type.String(),
  createdAt: Instant,
  archivedAt: nullable(Instant),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      currency: Type.String(),
      pricePaise: Paise,
      interval: Type.Object({ unit: Type.Enum(INTERVAL_UNITS), count: Type.Integer() }),
      trialDays: Type.Integer(),
      setupFeePaise: Paise,
      proration: Type.Enum(PRORATIONS),
      calendarId: nullable(Type.String()),
      addOns: Type.Array(Type.Object({ addOnId: Type.String(), name: Type.String(), pricePaise: Paise })),
      overrides: Type.Array(
        Type.Object({
          counterpartyId: Type.String(),
          pricePaise: nullable(Paise),
          calendarId: nullable(Type.String()),
        }),
      ),
    }),
  ),
});
export type PlanView = Static<typeof PlanView>;

export interface CatalogueDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/** @throws AppError `plan-exists`, `calendar-not-found`, `plan-version-invalid`, `idempotency-key-reused`. */
export function createPlan({ pool, clock }: CatalogueDeps, body: PlanBody, key: string): Promise<PlanView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const wanted = body.planId ?? newId('plan', clock);
    const claim = { kind: 'plan', key, bodyHash: bodyHash(body), subject: wanted } as const;
    const { subject: planId, isNew } = await claimCommand(client, claim, now);
    if (isNew) {
      const { rowCount } = await client.query(
        `INSERT INTO plans (plan_id, name, tax_class, created_at) VALUES ($1, $2, $3, to_timestamp($4 / 1000.0))
         ON CONFLICT DO NOTHING`,
        [planId, body.name, body.taxClass, now],
      );
      if (rowCount === 0) {
        const message = `there is a plan ${planId}: add a version to it, or use another id`;
        throw new AppError('conflict', 'plan-exists', message);
      }
      await insertVersion(client, planId, 1, body.version, now);
    }
    return readPlan(client, planId);
  });
}

/** @throws AppError `plan-not-found`, and as `createPlan`. */
export function addVersion(
  deps: CatalogueDeps,
  planId: string,
  body: VersionBody,
  key: string,
): Promise<PlanView> {
  return order(deps, { planId, key, body: { planId, order: 'version', ...body } }, async (client, now) => {
    const { rows } = await client.query<{ newest: number }>(
      'SELECT max(version) AS newest FROM plan_versions WHERE plan_id = $1',
      [planId],
    );
    await insertVersion(client, planId, (rows[0]?.newest ?? 0) + 1, body, now);
  });
}

/** No new subscriptions from now on; repeating it changes nothing. @throws AppError `plan-not-found`. */
export function archivePlan(deps: CatalogueDeps, planId: string, key: string): Promise<PlanView> {
  return order(deps, { planId, key, body: { planId, order: 'archive' } }, async (client, now) => {
    await client.query(
      'UPDATE plans SET archived_at = coalesce(archived_at, to_timestamp($2 / 1000.0)) WHERE plan_id = $1',
      [planId, now],
    );
  });
}

interface Overridden {
  readonly planId: string;
  readonly version: number;
  readonly counterpartyId: string;
}

/** @throws AppError `plan-not-found`, `calendar-not-found`, `override-settled`. */
export function overridePlan(
  deps: CatalogueDeps,
  { planId, version, counterpartyId }: Overridden,
  body: OverrideBody,
  key: string,
): Promise<PlanView> {
  const described = { planId, version, counterpartyId, order: 'override', ...body };
  return order(deps, { planId, key, body: described }, async (client) => {
    await requireVersion(client, planId, version);
    if (body.calendarId !== undefined) await requireCalendar(client, body.calendarId);
    const { rows } = await client.query(
      `SELECT FROM plan_overrides WHERE plan_id = $1 AND version = $2 AND counterparty_id = $3
       UNION ALL
       SELECT FROM subscriptions WHERE plan_id = $1 AND plan_version = $2 AND counterparty_id = $3 AND ended_at IS NULL`,
      [planId, version, counterpartyId],
    );
    if (rows.length > 0) {
      const message = `what ${counterpartyId} pays for ${planId} in version ${version} is settled: make a new version`;
      throw new AppError('conflict', 'override-settled', message);
    }
    await client.query(
      'INSERT INTO plan_overrides (plan_id, version, counterparty_id, price_paise, calendar_id) VALUES ($1, $2, $3, $4, $5)',
      [planId, version, counterpartyId, body.pricePaise ?? null, body.calendarId ?? null],
    );
  });
}

interface Order {
  readonly planId: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Once for a key, with the plan locked. */
function order(
  { pool, clock }: CatalogueDeps,
  { planId, key, body }: Order,
  work: (client: PoolClient, now: number) => Promise<void>,
): Promise<PlanView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const claim = { kind: 'plan-order', key, bodyHash: bodyHash(body), subject: planId } as const;
    const { isNew } = await claimCommand(client, claim, now);
    const { rowCount } = await client.query('SELECT 1 FROM plans WHERE plan_id = $1 FOR UPDATE', [planId]);
    if (rowCount === 0) throw noPlan(planId);
    if (isNew) await work(client, now);
    return readPlan(client, planId);
  });
}

async function insertVersion(
  client: PoolClient,
  planId: string,
  version: number,
  body: VersionBody,
  now: number,
): Promise<void> {
  const { interval, proration = 'calendar-days', calendarId = null, addOns = [] } = body;
  if (proration === 'serving-days' && calendarId === null) {
    const message = 'version/calendarId: serving-days are counted on a calendar, name one';
    throw new AppError('bad-input', 'plan-version-invalid', message);
  }
  if (new Set(addOns.map(({ addOnId }) => addOnId)).size < addOns.length)
    throw new AppError('bad-input', 'plan-version-invalid', 'version/addOns: each id once');
  if (calendarId !== null) await requireCalendar(client, calendarId);
  await client.query(
    `INSERT INTO plan_versions (plan_id, version, currency, price_paise, interval_unit, interval_count, trial_days,
       setup_fee_paise, proration, calendar_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11 / 1000.0))`,
    [
      planId,
      version,
      body.currency ?? 'INR',
      body.pricePaise,
      interval.unit,
      interval.count ?? 1,
      body.trialDays ?? 0,
      body.setupFeePaise ?? 0,
      proration,
      calendarId,
      now,
    ],
  );
  await client.query(
    `INSERT INTO plan_add_ons (plan_id, version, add_on_id, name, price_paise)
     SELECT $1, $2, "addOnId", name, "pricePaise"
     FROM json_to_recordset($3) AS row("addOnId" text, name text, "pricePaise" bigint)`,
    [planId, version, JSON.stringify(addOns)],
  );
}

async function requireCalendar(client: PoolClient, calendarId: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM serving_calendars WHERE calendar_id = $1', [
    calendarId,
  ]);
  if (rowCount === 1) return;
  const message = `there is no calendar ${calendarId}: PUT /v1/serving-calendars/${calendarId} first`;
  throw new AppError('not-found', 'calendar-not-found', message);
}

async function requireVersion(client: PoolClient, planId: string, version: number): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM plan_versions WHERE plan_id = $1 AND version = $2', [
    planId,
    version,
  ]);
  if (rowCount === 0) throw noPlan(`${planId} in version ${version}`);
}

function noPlan(which: string): AppError {
  return new AppError('not-found', 'plan-not-found', `there is no plan ${which}`);
}

interface Row {
  plan_id: string;
  name: string;
  tax_class: string;
  created_at: number;
  archived_at: number | null;
  versions: PlanView['versions'];
}

const SELECT = `
  SELECT p.plan_id, p.name, p.tax_class, p.created_at, p.archived_at,
    (SELECT json_agg(json_build_object('version', v.version, 'currency', v.currency, 'pricePaise', v.price_paise,
       'interval', json_build_object('unit', v.interval_unit, 'count', v.interval_count), 'trialDays', v.trial_days,
       'setupFeePaise', v.setup_fee_paise, 'proration', v.proration, 'calendarId', v.calendar_id,
       'addOns', (SELECT coalesce(json_agg(json_build_object('addOnId', a.add_on_id, 'name', a.name,
           'pricePaise', a.price_paise) ORDER BY a.add_on_id), '[]')
         FROM plan_add_ons a WHERE a.plan_id = v.plan_id AND a.version = v.version),
       'overrides', (SELECT coalesce(json_agg(json_build_object('counterpartyId', o.counterparty_id,
           'pricePaise', o.price_paise, 'calendarId', o.calendar_id) ORDER BY o.counterparty_id), '[]')
         FROM plan_overrides o WHERE o.plan_id = v.plan_id AND o.version = v.version)) ORDER BY v.version)
     FROM plan_versions v WHERE v.plan_id = p.plan_id) AS versions
  FROM plans p`;

/** @throws AppError `plan-not-found`. */
export async function readPlan(db: Pool | PoolClient, planId: string): Promise<PlanView> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE p.plan_id = $1`, [planId]);
  if (rows[0] === undefined) throw noPlan(planId);
  return toView(rows[0]);
}

/** By id, those after `after`. */
export async function listPlans(pool: Pool, after: string | null, limit: number): Promise<PlanView[]> {
  const { rows } = await pool.query<Row>(
    `${SELECT} WHERE ($1::text IS NULL OR p.plan_id > $1) ORDER BY p.plan_id LIMIT $2`,
    [after, limit],
  );
  return rows.map(toView);
}

function toView(row: Row): PlanView {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    planId: row.plan_id,
    name: row.name,
    taxClass: row.tax_class,
    createdAt: iso(row.created_at),
    archivedAt: row.archived_at === null ? null : iso(row.archived_at),
    versions: row.versions,
  };
}
