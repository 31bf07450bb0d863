/**
 * Razorpay's entities as they go over the wire, as the double makes them: the published field names and order, snake case,
 * amounts in paise, instants in Unix seconds, `[]` for empty notes (razorpay.com/docs/api).
 */
export type Json = Readonly<Record<string, unknown>>;

export interface Stamp {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
}

export type WireNotes = Json | readonly never[];
export interface MandateTerms {
  readonly method: string;
  readonly max_amount: number;
  readonly expire_at: number;
  readonly frequency: string | null;
  readonly auth_type: string | null;
}
export interface Notification {
  readonly id: string;
  readonly token_id: string;
  readonly payment_after: number;
  status: string | null;
  delivered_at: number | null;
}

export function newOrder(
  { id, createdAt }: Stamp,
  order: { amount: number; currency: string; receipt: string | null; notes: WireNotes },
) {
  return {
    id,
    entity: 'order',
    amount: order.amount,
    amount_paid: 0,
    amount_due: order.amount,
    currency: order.currency,
    receipt: order.receipt,
    offer_id: null,
    status: 'created' as 'created' | 'attempted' | 'paid',
    attempts: 0,
    notes: order.notes,
    created_at: createdAt,
    token: undefined as MandateTerms | undefined,
    notification: undefined as Notification | undefined,
  };
}
export type WireOrder = ReturnType<typeof newOrder>;

export interface Instrument {
  readonly method: string;
  readonly vpa?: string | undefined;
  readonly bank?: string | undefined;
  readonly wallet?: string | undefined;
  readonly card?: CardFace | undefined;
}
export interface CardFace {
  readonly last4: string;
  readonly network: string;
  readonly type: string;
  readonly issuer: string;
}

export function newPayment(
  { id, createdAt }: Stamp,
  order: Pick<WireOrder, 'id' | 'currency' | 'notes'>,
  paid: { amount: number; instrument: Instrument; email: string; contact: string; cardId: string | null },
) {
  const { instrument } = paid;
  return {
    id,
    entity: 'payment',
    amount: paid.amount,
    currency: order.currency,
    base_amount: paid.amount,
    status: 'created' as 'created' | 'authorized' | 'captured' | 'refunded' | 'failed',
    order_id: order.id,
    invoice_id: null as string | null,
    international: false,
    method: instrument.method,
    amount_refunded: 0,
    amount_transferred: 0,
    refund_status: null as null | 'partial' | 'full',
    captured: false,
    description: null as string | null,
    card_id: paid.cardId,
    card: cardEntity(paid.cardId, instrument.card),
    bank: instrument.bank ?? null,
    wallet: instrument.wallet ?? null,
    vpa: instrument.vpa ?? null,
    email: paid.email,
    contact: paid.contact,
    customer_id: undefined as string | undefined,
    token_id: undefined as string | undefined,
    notes: order.notes,
    fee: null as number | null,
    tax: null as number | null,
    error_code: null as string | null,
    error_description: null as string | null,
    error_source: null as string | null,
    error_step: null as string | null,
    error_reason: null as string | null,
    acquirer_data: {} as Json,
    created_at: createdAt,
    late_authorized: undefined as boolean | undefined,
  };
}
export type WirePayment = ReturnType<typeof newPayment>;

function cardEntity(id: string | null, card: CardFace | undefined) {
  if (id === null || card === undefined) return undefined;
  return {
    id,
    entity: 'card',
    name: '',
    ...card,
    international: false,
    emi: false,
    sub_type: 'consumer',
    token_iin: null,
  };
}

export function newRefund(
  { id, createdAt }: Stamp,
  payment: WirePayment,
  refund: { amount: number; speed: string; receipt: string | null; notes: WireNotes },
) {
  return {
    id,
    entity: 'refund',
    amount: refund.amount,
    currency: payment.currency,
    payment_id: payment.id,
    notes: refund.notes,
    receipt: refund.receipt,
    acquirer_data: { arn: null as string | null },
    created_at: createdAt,
    batch_id: null,
    status: 'pending' as 'pending' | 'processed' | 'failed',
    speed_requested: refund.speed,
    speed_processed: 'normal',
  };
}
export type WireRefund = ReturnType<typeof newRefund>;

export function newCustomer(
  { id, createdAt }: Stamp,
  customer: {
    name: string;
    email: string | null;
    contact: string | null;
    gstin: string | null;
    notes: WireNotes;
  },
) {
  return { id, entity: 'customer', ...customer, created_at: createdAt };
}
export type WireCustomer = ReturnType<typeof newCustomer>;

export function newToken(
  { id, createdAt }: Stamp,
  token: { customerId: string; instrument: Instrument; terms: MandateTerms | undefined; secret: string },
) {
  const { instrument, terms } = token;
  const [username, handle] = (instrument.vpa ?? '').split('@');
  return {
    id,
    entity: 'token',
    token: token.secret,
    customer_id: token.customerId,
    bank: instrument.bank ?? null,
    wallet: instrument.wallet ?? null,
    method: instrument.method,
    card: instrument.card && { entity: 'card', name: '', ...instrument.card, ...CARD_EXPIRY },
    vpa: instrument.vpa === undefined ? null : { username, handle, name: null },
    recurring: terms !== undefined,
    recurring_details: { status: terms && ('confirmed' as string), failure_reason: null as string | null },
    auth_type: terms?.auth_type ?? null,
    mrn: null,
    used_at: createdAt,
    created_at: createdAt,
    start_time: createdAt,
    max_amount: terms?.max_amount,
    expired_at: terms?.expire_at ?? null,
    status: instrument.card && 'active',
    notes: [],
    dcc_enabled: false,
  };
}
export type WireToken = ReturnType<typeof newToken>;

const CARD_EXPIRY = { international: false, expiry_month: 12, expiry_year: 2099 };

export function newInvoice(
  { id, createdAt }: Stamp,
  order: WireOrder,
  link: { customerId: string; description: string; url: string; expireBy: number | null },
) {
  return {
    id,
    entity: 'invoice',
    receipt: order.receipt,
    invoice_number: order.receipt,
    customer_id: link.customerId,
    order_id: order.id,
    line_items: [],
    payment_id: null as string | null,
    status: 'issued' as 'issued' | 'paid' | 'cancelled' | 'expired',
    expire_by: link.expireBy,
    issued_at: createdAt,
    paid_at: null as number | null,
    cancelled_at: null as number | null,
    amount: order.amount,
    amount_paid: 0,
    amount_due: order.amount,
    currency: order.currency,
    description: link.description,
    notes: order.notes,
    short_url: link.url,
    type: 'link',
    created_at: createdAt,
  };
}
export type WireInvoice = ReturnType<typeof newInvoice>;

export function newLink({ id, createdAt }: Stamp, orderId: string, url: string, asked: Json) {
  return {
    accept_partial: asked['accept_partial'] === true,
    amount: Number(asked['amount']),
    amount_paid: 0,
    callback_method: asked['callback_method'] ?? '',
    callback_url: asked['callback_url'] ?? '',
    cancelled_at: 0,
    created_at: createdAt,
    currency: String(asked['currency'] ?? 'INR'),
    customer: asked['customer'] ?? {},
    description: asked['description'] ?? '',
    expire_by: Number(asked['expire_by'] ?? 0),
    expired_at: 0,
    first_min_partial_amount: Number(asked['first_min_partial_amount'] ?? 0),
    id,
    notes: asked['notes'] ?? [],
    notify: asked['notify'] ?? {},
    order_id: orderId,
    payments: [] as {
      payment_id: string;
      amount: number;
      method: string;
      status: string;
      created_at: number;
    }[],
    reference_id: String(asked['reference_id'] ?? ''),
    reminder_enable: asked['reminder_enable'] === true,
    reminders: [],
    short_url: url,
    status: 'created' as 'created' | 'partially_paid' | 'paid' | 'cancelled' | 'expired',
    updated_at: createdAt,
    user_id: '',
  };
}
export type WireLink = ReturnType<typeof newLink>;
