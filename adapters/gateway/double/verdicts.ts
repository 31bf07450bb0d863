/**
 * How the double's banks decide: by what was scripted for the payment, else by Razorpay's published test ids, test cards and
 * test amounts (razorpay.com/docs/payments/payments/test-card-details, …/test-upi-details). Cards are told apart by their last
 * five digits, so that no card number is kept anywhere.
 */
export const OUTCOMES = ['success', 'failure', 'late', 'pending'] as const;

export interface Verdict {
  /** `late`: fails now and is authorised `lateAfterMs` later. `pending`: no answer until the bank's window ends. */
  readonly outcome: (typeof OUTCOMES)[number];
  /** Of a failure; any `error_reason`. */
  readonly reason?: string;
  readonly lateAfterMs?: number;
}

const SUCCESS: Verdict = { outcome: 'success' };

/** Visa and Mastercard error cards by their last five digits. */
const ERROR_CARDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    payment_timed_out: '90000 60000',
    insufficient_fund: '80001 50001',
    payment_cancelled: '70002 40002',
    card_declined: '60003 50004 40005 30003 20004 10005',
    card_disabled_for_online_payments: '30006 00006',
    card_number_invalid: '10008 80008',
    gateway_technical_error: '20007 90007',
    authentication_failed: '00009 70009',
  }).flatMap(([reason, cards]) => cards.split(' ').map((last5) => [last5, reason] as const)),
);

/** UPI amounts in paise. */
const ERROR_AMOUNTS: ReadonlyMap<number, string> = new Map([
  [201, 'insufficient_funds'],
  [204, 'incorrect_pin'],
  [302, 'payment_cancelled'],
  [402, 'payment_declined'],
]);

/** What the published test material says; null: the payer chooses on the bank's page. */
export function testVerdict(paid: {
  readonly method: string;
  readonly amount: number;
  readonly vpa?: string | undefined;
  readonly last5?: string | undefined;
}): Verdict | null {
  if (paid.vpa === 'failure@razorpay') return failure('payment_failed');
  const reason = paid.method === 'upi' ? ERROR_AMOUNTS.get(paid.amount) : ERROR_CARDS.get(paid.last5 ?? '');
  if (reason !== undefined) return failure(reason);
  return paid.vpa === 'success@razorpay' ? SUCCESS : null;
}

/** The next scripted verdict for the first of `keys` that has one (an order, a token, or `*` for any); success without a script. */
export function takeVerdict(scripted: Map<string, Verdict[]>, keys: readonly string[]): Verdict {
  return scriptedVerdict(scripted, keys) ?? SUCCESS;
}

export function scriptedVerdict(scripted: Map<string, Verdict[]>, keys: readonly string[]): Verdict | null {
  const queue = [...keys, '*']
    .map((key) => scripted.get(key))
    .find((verdicts) => (verdicts?.length ?? 0) > 0);
  return queue?.shift() ?? null;
}

function failure(reason: string): Verdict {
  return { outcome: 'failure', reason };
}

const GATEWAY_REASONS = /technical_error|gateway|not_available|timed_out$|server_error|authentication_failed/;

/** The error fields of a failed payment. */
export function errorFields(reason: string) {
  const isGateway = GATEWAY_REASONS.test(reason);
  const isPayer = /^payment_cancelled|otp|pin|cvv|vpa|insufficient|authentication/.test(reason);
  return {
    error_code: isGateway ? 'GATEWAY_ERROR' : 'BAD_REQUEST_ERROR',
    error_description: `Payment failed: ${reason.replaceAll('_', ' ')}.`,
    error_source: isGateway ? 'gateway' : isPayer ? 'customer' : 'issuer_bank',
    error_step: isPayer ? 'payment_authentication' : 'payment_authorization',
    error_reason: reason,
  };
}
