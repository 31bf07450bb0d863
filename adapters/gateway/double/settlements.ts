/**
 * Settlements, reconciliation rows and disputes of the double (razorpay.com/docs/api/settlements, …/disputes). A settlement is
 * the sum of its rows: credits less debits; a payment's credit is its amount less the fee, which includes the tax. Days are
 * days of the Indian calendar.
 */
import { civil, dayOf } from '../../../core/days.js';
import { paymentRow } from './bank.js';
import type { Endpoints } from './endpoint.js';
import { checkFields, collection, invalid, known } from './refuse.js';
import type { Json, WirePayment } from './wire.js';
import type { Movement, WireDispute, World } from './world.js';

const MAX_ROWS = 1000;
const RESPOND_WITHIN_SECONDS = 7 * 86_400;

export const settlementEndpoints: Endpoints = {
  'GET /v1/settlements': (world, { query }) => collection(world.settlements.values(), query),
  'GET /v1/settlements/recon/combined': (world, { query }) => reconRows(world, query),
  'GET /v1/settlements/*': (world, { ids: [id] }) => known(world.settlements, id),
  'GET /v1/disputes': (world, { query }) => collection(world.disputes.values(), query),
  'GET /v1/disputes/*': (world, { ids: [id] }) => known(world.disputes, id),
  'POST /v1/disputes/*/accept': (world, { ids: [id] }) =>
    resolveDispute(world, openDispute(world, id), 'lost'),
  'PATCH /v1/disputes/*/contest': (world, { ids: [id], body }) =>
    contest(world, openDispute(world, id), body),
};

/** Settles what is due, or with `isForced` everything. Null: nothing to pay out. */
export function settle(world: World, isForced: boolean): Json | null {
  const now = world.agenda.now();
  const due = world.movements.filter(
    ({ settlement, settleableAt }) => settlement === null && (isForced || settleableAt <= now),
  );
  const amount = due.reduce((sum, { row }) => sum + row.credit - row.debit, 0);
  // A debt waits for the next day's credits.
  if (due.length === 0 || amount <= 0) return null;
  const { id, createdAt } = world.stamp('setl');
  const utr = `${createdAt}${id.slice(-6).toLowerCase()}`;
  for (const movement of due) movement.settlement = { id, settledAt: createdAt, utr };
  const settlement = {
    id,
    entity: 'settlement',
    amount,
    status: 'processed',
    fees: 0,
    tax: 0,
    utr,
    created_at: createdAt,
  };
  world.settlements.set(id, settlement);
  world.emit('settlement.processed', { settlement });
  return settlement;
}

function reconRows(world: World, query: URLSearchParams): Json {
  const year = wholeNumber(query, 'year', 1000, 9999);
  const month = wholeNumber(query, 'month', 1, 12);
  const day = query.has('day') ? wholeNumber(query, 'day', 1, 31) : null;
  if (year === null) throw invalid('The year field is required.', 'year');
  if (month === null) throw invalid('The month field is required.', 'month');
  const wanted = world.movements.filter(({ settlement }) => {
    if (settlement === null) return false;
    const settled = civil(dayOf(settlement.settledAt * 1000));
    const isMonth = settled.year === year && settled.month === month;
    return isMonth && (day === null || settled.dayOfMonth === day);
  });
  const rows = wanted.map(reconRow);
  const count = wholeNumber(query, 'count', 1, MAX_ROWS) ?? 10;
  const skip = wholeNumber(query, 'skip', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const items = rows.slice(skip, skip + count);
  return { entity: 'collection', count: items.length, items };
}

function wholeNumber(query: URLSearchParams, name: string, least: number, most: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw invalid(`The ${name} is not a valid ${name}.`, name);
  return value;
}

function reconRow({ row, settlement }: Movement): Json {
  return {
    ...row,
    settled: settlement !== null,
    settled_at: settlement?.settledAt ?? null,
    settlement_id: settlement?.id ?? null,
    settlement_utr: settlement?.utr ?? null,
  };
}

/** A payer's bank takes a payment back. */
export function raiseDispute(
  world: World,
  payment: WirePayment,
  amount: number,
  reasonCode: string,
): WireDispute {
  const { id, createdAt } = world.stamp('disp');
  const dispute: WireDispute = {
    id,
    entity: 'dispute',
    payment_id: payment.id,
    amount,
    currency: payment.currency,
    amount_deducted: 0,
    reason_code: reasonCode,
    respond_by: createdAt + RESPOND_WITHIN_SECONDS,
    status: 'open',
    phase: 'chargeback',
    created_at: createdAt,
    evidence: { amount, summary: null, submitted_at: null },
  };
  world.disputes.set(id, dispute);
  world.emit('payment.dispute.created', { payment, dispute });
  return dispute;
}

function openDispute(world: World, id: string | undefined): WireDispute {
  const dispute = known(world.disputes, id);
  if (dispute.status !== 'open') throw invalid(`Dispute is not open: it is in ${dispute.status} state`);
  return dispute;
}

/** Lost: the amount is taken by an adjustment in the next settlement. */
export function resolveDispute(world: World, dispute: WireDispute, status: 'won' | 'lost'): WireDispute {
  const payment = known(world.payments, dispute.payment_id);
  dispute.status = status;
  if (status === 'lost') {
    dispute.amount_deducted = dispute.amount;
    world.movements.push({
      row: {
        ...paymentRow(world, payment),
        entity_id: world.newId('adj'),
        type: 'adjustment',
        amount: dispute.amount,
        debit: dispute.amount,
        credit: 0,
        fee: 0,
        tax: 0,
        payment_id: payment.id,
        dispute_id: dispute.id,
        description: `Debit for dispute ${dispute.id}`,
        created_at: world.seconds(),
      },
      settleableAt: world.agenda.now(),
      settlement: null,
    });
  }
  world.emit(`payment.dispute.${status}`, { payment, dispute });
  return dispute;
}

const PROOFS =
  'shipping_proof billing_proof cancellation_proof customer_communication proof_of_service explanation_letter refund_confirmation ' +
  'access_activity_log refund_cancellation_policy term_and_conditions others';

function contest(world: World, dispute: WireDispute, body: Json): WireDispute {
  checkFields(body, `amount summary action ${PROOFS}`);
  const { action, ...evidence } = body;
  const isSubmitted = action === 'submit';
  dispute.evidence = { ...dispute.evidence, ...evidence, submitted_at: isSubmitted ? world.seconds() : null };
  if (isSubmitted) {
    dispute.status = 'under_review';
    world.emit('payment.dispute.under_review', {
      payment: known(world.payments, dispute.payment_id),
      dispute,
    });
  }
  return dispute;
}
