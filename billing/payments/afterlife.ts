/**
 * What may follow a payment: refunds, disputes, settlements. Statuses move only through their tables; what the gateway says
 * again, or says late, changes nothing. Read once, stepped in memory, written once, however many sightings there are.
 * The caller holds the locks (apply.ts).
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { jsonRows } from '../../core/json-rows.js';
import type { Dispute, Settlement } from '../../core/ports/gateway-entities.js';
import { advance } from '../../core/state.js';
import type { SeenRefund, Sighting } from '../../ingest/webhooks/sighting.js';
import { DISPUTE, DISPUTE_STATUSES, REFUND, SETTLEMENT, SETTLEMENT_STATUSES } from './states.js';
import type { DisputeStatus, RefundStatus, SettlementStatus } from './states.js';

const TRANSACTION_OUTCOME = { pending: 'unknown', processed: 'ok', failed: 'declined' } as const;

export async function applyRefunds(
  client: PoolClient,
  seen: readonly SeenRefund[],
  now: number,
): Promise<void> {
  if (seen.length === 0) return;
  const { rows } = await client.query<{ id: string; status: RefundStatus }>(
    'SELECT refund_id AS id, status FROM refunds WHERE refund_id = ANY($1)',
    [seen.map(({ id }) => id)],
  );
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  for (const { id, status } of seen) {
    const known = statuses.get(id);
    statuses.set(id, known === undefined ? status : (advance(REFUND, known, status) ?? known));
  }
  const refunds = seen.map((refund) => {
    const status = statuses.get(refund.id) ?? refund.status;
    return { ...refund, status, outcome: TRANSACTION_OUTCOME[status] };
  });
  await client.query(
    `INSERT INTO refunds AS kept (refund_id, attempt_id, status, amount_paise, currency, receipt, speed_processed,
       created_at, changed_at)
     SELECT id, min("paymentId"), min(status), min("amountPaise"), min(currency), max(receipt), max("speedProcessed"),
       to_timestamp(min("createdAt") / 1000.0), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(id text, "paymentId" text, status text, "amountPaise" bigint, currency text,
       receipt text, "speedProcessed" text, "createdAt" float8)
     GROUP BY id
     ON CONFLICT (refund_id) DO UPDATE SET status = excluded.status, receipt = coalesce(kept.receipt, excluded.receipt),
       speed_processed = greatest(kept.speed_processed, excluded.speed_processed), changed_at = excluded.changed_at`,
    [now, jsonRows(refunds)],
  );
  // A refund that is known before its attempt gets its transaction when it is seen again.
  // One that we asked for has its request's name as receipt: what we wrote before asking is answered here.
  await client.query(
    `INSERT INTO payment_transactions AS kept (attempt_id, kind, reference, outcome, amount_paise, recorded_at)
     SELECT attempt_id, 'refund', coalesce(receipt, id), max(outcome), max("amountPaise"), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(id text, "paymentId" text, outcome text, "amountPaise" bigint, receipt text)
     JOIN payment_attempts ON attempt_id = "paymentId"
     GROUP BY attempt_id, coalesce(receipt, id)
     ON CONFLICT (attempt_id, kind, reference) DO UPDATE SET outcome = excluded.outcome`,
    [now, jsonRows(refunds)],
  );
}

interface DisputeStanding {
  readonly status: DisputeStatus;
  readonly statusAt: number;
}

/** `occurredAt` is when the source said so: of two states that are not final, the newer holds. */
export async function applyDisputes(
  client: PoolClient,
  sightings: readonly Sighting[],
  now: number,
): Promise<void> {
  const seen = sightings.flatMap(({ dispute, occurredAt }) =>
    dispute === undefined ? [] : [{ ...dispute, saidAt: occurredAt }],
  );
  if (seen.length === 0) return;
  const { rows } = await client.query<DisputeStanding & { id: string }>(
    'SELECT dispute_id AS id, status, status_at AS "statusAt" FROM disputes WHERE dispute_id = ANY($1)',
    [seen.map(({ id }) => id)],
  );
  const standings = new Map<string, DisputeStanding>(rows.map((row) => [row.id, row]));
  for (const dispute of seen) {
    const said = { status: requireStatus(dispute, DISPUTE_STATUSES), statusAt: dispute.saidAt };
    standings.set(dispute.id, stepDispute(standings.get(dispute.id) ?? null, said));
  }
  await client.query(
    `INSERT INTO disputes AS kept (dispute_id, attempt_id, status, status_at, phase, amount_paise, deducted_paise, currency,
       reason_code, respond_by, created_at, changed_at)
     SELECT id, min("paymentId"), min(status), to_timestamp(min("statusAt") / 1000.0), max(phase), min("amountPaise"),
       max("deductedPaise"), min(currency), min("reasonCode"), to_timestamp(max("respondBy") / 1000.0),
       to_timestamp(min("createdAt") / 1000.0), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(id text, "paymentId" text, status text, "statusAt" float8, phase text,
       "amountPaise" bigint, "deductedPaise" bigint, currency text, "reasonCode" text, "respondBy" float8,
       "createdAt" float8)
     GROUP BY id
     ON CONFLICT (dispute_id) DO UPDATE SET status = excluded.status, status_at = excluded.status_at,
       deducted_paise = greatest(kept.deducted_paise, excluded.deducted_paise),
       phase = CASE WHEN excluded.status_at > kept.status_at THEN excluded.phase ELSE kept.phase END,
       respond_by = greatest(kept.respond_by, excluded.respond_by), changed_at = excluded.changed_at`,
    [now, jsonRows(seen.map((dispute) => ({ ...dispute, ...standings.get(dispute.id) })))],
  );
}

/** `open` and `under_review` alternate, so there the provider's time decides; a final state is not left for them. */
function stepDispute(known: DisputeStanding | null, said: DisputeStanding): DisputeStanding {
  if (known === null) return said;
  if (known.status === said.status) return said.statusAt > known.statusAt ? said : known;
  const isSwing = said.status === 'open' || said.status === 'under_review';
  const isNewer =
    said.statusAt > known.statusAt || (said.statusAt === known.statusAt && said.status === 'under_review');
  if (isSwing && !isNewer) return known;
  return advance(DISPUTE, known.status, said.status) === null ? known : said;
}

export async function applySettlements(
  client: PoolClient,
  seen: readonly Settlement[],
  now: number,
): Promise<void> {
  if (seen.length === 0) return;
  const { rows } = await client.query<{ id: string; status: SettlementStatus }>(
    'SELECT settlement_id AS id, status FROM settlements WHERE settlement_id = ANY($1)',
    [seen.map(({ id }) => id)],
  );
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  for (const settlement of seen) {
    const said = requireStatus(settlement, SETTLEMENT_STATUSES);
    const known = statuses.get(settlement.id);
    statuses.set(settlement.id, known === undefined ? said : (advance(SETTLEMENT, known, said) ?? known));
  }
  await client.query(
    `INSERT INTO settlements AS kept (settlement_id, status, amount_paise, fees_paise, tax_paise, utr, created_at, changed_at)
     SELECT id, min(status), min("amountPaise"), max("feesPaise"), max("taxPaise"), max(utr),
       to_timestamp(min("createdAt") / 1000.0), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(id text, status text, "amountPaise" bigint, "feesPaise" bigint, "taxPaise" bigint,
       utr text, "createdAt" float8)
     GROUP BY id
     ON CONFLICT (settlement_id) DO UPDATE SET status = excluded.status, utr = coalesce(kept.utr, excluded.utr),
       changed_at = excluded.changed_at`,
    [now, jsonRows(seen.map((settlement) => ({ ...settlement, status: statuses.get(settlement.id) })))],
  );
}

/** The port leaves these statuses open: one that is not known is for a person to look at. */
function requireStatus<S extends string>(
  { id, status }: Pick<Dispute | Settlement, 'id' | 'status'>,
  known: readonly S[],
): S {
  const found = known.find((one) => one === status);
  if (found !== undefined) return found;
  const message = `${id} has the status ${status}: expected ${known.join(', ')}`;
  throw new AppError('bad-input', 'status-unknown', message);
}
