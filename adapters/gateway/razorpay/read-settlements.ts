/**
 * Razorpay's settlements, their reconciliation rows, disputes and downtimes as the port's (razorpay.com/docs/api/settlements,
 * …/disputes, …/payments/downtime).
 */
import Type from 'typebox';
import type { Dispute, Downtime, Settlement, SettlementRow } from '../../../core/ports/gateway-entities.js';
import {
  Amount,
  instant,
  listOf,
  maybe,
  maybeInstant,
  notes,
  Open,
  paise,
  reader,
  text,
  Text,
  Whole,
} from './fields.js';

const SettlementBody = Type.Object({
  id: Type.String(),
  amount: Amount,
  status: Type.String(),
  fees: Whole,
  tax: Whole,
  utr: Text,
  created_at: Type.Integer(),
});

export const readSettlement = reader('settlement', SettlementBody, (settlement): Settlement => ({
  id: settlement.id,
  amountPaise: paise(settlement.amount),
  status: settlement.status,
  feesPaise: paise(settlement.fees),
  taxPaise: paise(settlement.tax),
  utr: text(settlement.utr),
  createdAt: instant(settlement.created_at),
}));
export const readSettlements = listOf('settlement', readSettlement);

const Row = Type.Object({
  entity_id: Type.String(),
  type: Type.String(),
  debit: Amount,
  credit: Amount,
  amount: Amount,
  currency: Type.String(),
  fee: Whole,
  tax: Whole,
  on_hold: maybe(Type.Boolean()),
  settled: maybe(Type.Boolean()),
  created_at: Type.Integer(),
  settled_at: Whole,
  settlement_id: Text,
  settlement_utr: Text,
  payment_id: Text,
  order_id: Text,
  order_receipt: Text,
  dispute_id: Text,
  method: Text,
  description: Text,
  notes: Open,
});

const readRow = reader('reconciliation row', Row, (row): SettlementRow => ({
  entityId: row.entity_id,
  type: row.type,
  debitPaise: paise(row.debit),
  creditPaise: paise(row.credit),
  amountPaise: paise(row.amount),
  currency: row.currency,
  feePaise: paise(row.fee),
  taxPaise: paise(row.tax),
  isOnHold: row.on_hold ?? false,
  isSettled: row.settled ?? false,
  createdAt: instant(row.created_at),
  settledAt: maybeInstant(row.settled_at),
  settlementId: text(row.settlement_id),
  utr: text(row.settlement_utr),
  // A payment's own row names it only as the entity.
  paymentId: text(row.payment_id) ?? (row.type === 'payment' ? row.entity_id : null),
  orderId: text(row.order_id),
  orderReceipt: text(row.order_receipt),
  disputeId: text(row.dispute_id),
  method: text(row.method),
  description: text(row.description),
  notes: notes(row.notes),
}));
export const readRows = listOf('reconciliation row', readRow);

const DisputeBody = Type.Object({
  id: Type.String(),
  payment_id: Type.String(),
  amount: Amount,
  amount_deducted: Whole,
  currency: Type.String(),
  reason_code: Text,
  status: Type.String(),
  phase: Type.String(),
  respond_by: Whole,
  created_at: Type.Integer(),
});

export const readDispute = reader('dispute', DisputeBody, (dispute): Dispute => ({
  id: dispute.id,
  paymentId: dispute.payment_id,
  amountPaise: paise(dispute.amount),
  deductedPaise: paise(dispute.amount_deducted),
  currency: dispute.currency,
  reasonCode: dispute.reason_code ?? '',
  status: dispute.status,
  phase: dispute.phase,
  respondBy: maybeInstant(dispute.respond_by),
  createdAt: instant(dispute.created_at),
}));
export const readDisputes = listOf('dispute', readDispute);

const DowntimeBody = Type.Object({
  id: Type.String(),
  method: Type.String(),
  instrument: Open,
  severity: Type.String(),
  status: Type.String(),
  scheduled: maybe(Type.Boolean()),
  begin: Type.Integer(),
  end: Whole,
});

const readDowntime = reader('downtime', DowntimeBody, (downtime): Downtime => ({
  id: downtime.id,
  method: downtime.method,
  instrument: notes(downtime.instrument),
  severity: downtime.severity,
  status: downtime.status,
  isScheduled: downtime.scheduled ?? false,
  beginsAt: instant(downtime.begin),
  endsAt: maybeInstant(downtime.end),
}));
export const readDowntimes = listOf('downtime', readDowntime);
