/**
 * Every webhook event that Razorpay publishes (razorpay.com/docs/webhooks, 2026-08), by the entity in its payload that it is
 * about. An event that is not here is kept and counted as unknown: a new name at the provider loses nothing.
 */
const EVENTS = {
  payment: ['payment.authorized', 'payment.captured', 'payment.failed'],
  order: ['order.paid'],
  notification: ['order.notification.delivered', 'order.notification.failed'],
  refund: ['refund.created', 'refund.processed', 'refund.failed', 'refund.speed_changed'],
  dispute: under('payment.dispute', 'created', 'under_review', 'action_required', 'won', 'lost', 'closed'),
  'payment.downtime': under('payment.downtime', 'started', 'updated', 'resolved'),
  invoice: under('invoice', 'paid', 'partially_paid', 'expired'),
  subscription: under(
    'subscription',
    'authenticated',
    'activated',
    'charged',
    'completed',
    'pending',
    'halted',
    'paused',
    'resumed',
    'updated',
    'cancelled',
  ),
  token: under(
    'token',
    'confirmed',
    'rejected',
    'cancelled',
    'paused',
    'resumed',
    'cancellation_initiated',
    'initiated',
    'activated',
    'suspended',
    'deactivated',
    'expiry_updated',
  ),
  payment_link: under('payment_link', 'paid', 'partially_paid', 'cancelled', 'expired'),
  qr_code: under('qr_code', 'created', 'credited', 'closed'),
  settlement: ['settlement.processed'],
  virtual_account: under('virtual_account', 'created', 'credited', 'closed'),
  'fund_account.validation': under('fund_account.validation', 'completed', 'failed'),
  transfer: under('transfer', 'processed', 'failed'),
  product: under('product.route', 'under_review', 'needs_clarification', 'activated'),
  payout: under(
    'payout',
    'pending',
    'rejected',
    'queued',
    'initiated',
    'processed',
    'updated',
    'reversed',
    'failed',
  ),
  'payout.downtime': under('payout.downtime', 'started', 'resolved'),
  payout_link: under(
    'payout_link',
    'pending',
    'issued',
    'processing',
    'processed',
    'attempted',
    'cancelled',
    'rejected',
    'expired',
  ),
  transaction: ['transaction.created'],
} as const satisfies Record<string, readonly string[]>;

type Subject = keyof typeof EVENTS;

function under(prefix: string, ...names: string[]): string[] {
  return names.map((name) => `${prefix}.${name}`);
}

const SUBJECTS: ReadonlyMap<string, Subject> = new Map(
  Object.entries(EVENTS).flatMap(([subject, names]) => names.map((name) => [name, subject as Subject])),
);

/** The entity that an event is about; null for an event that nobody has published. */
export function subjectOf(event: string): Subject | null {
  return SUBJECTS.get(event) ?? null;
}
