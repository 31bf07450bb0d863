/**
 * Failure reasons, Razorpay's `error_reason` values, by cause and method with their relative frequency.
 * Source: Razorpay, "Payments error reasons" (cards, UPI, netbanking, wallets, recurring payments).
 */
import type { PaidBy } from './instruments.js';
import type { Weighted } from './chance.js';

type ByMethod = Readonly<Record<PaidBy, Weighted<string>>>;

/** The payer walked away or let the request run out. */
const dropOff: ByMethod = {
  upi: [
    ['payment_cancelled', 5],
    ['payment_timed_out', 4],
    ['payment_collect_request_expired', 1],
  ],
  card: [
    ['payment_cancelled', 6],
    ['payment_timed_out', 3],
  ],
  netbanking: [
    ['payment_cancelled', 6],
    ['payment_timed_out', 4],
  ],
  wallet: [['payment_cancelled', 1]],
};

/** The payer could not prove who they are. */
const credential: ByMethod = {
  upi: [
    ['incorrect_pin', 8],
    ['number_of_pin_tries_exceeded', 1],
  ],
  card: [
    ['authentication_failed', 5],
    ['incorrect_otp', 5],
    ['otp_expired', 3],
    ['incorrect_cvv', 3],
    ['incorrect_card_expiry_date', 1],
  ],
  netbanking: [['authentication_failed', 1]],
  wallet: [
    ['incorrect_otp', 3],
    ['otp_expired', 1],
  ],
};

const technical: ByMethod = {
  upi: [
    ['bank_technical_error', 5],
    ['gateway_technical_error', 3],
    ['request_timed_out', 3],
    ['psp_not_available', 2],
    ['upi_app_technical_error', 1],
    ['server_error', 0.3],
  ],
  card: [
    ['gateway_technical_error', 4],
    ['issuer_technical_error', 3],
    ['bank_technical_error', 2],
    ['server_error', 0.3],
  ],
  netbanking: [
    ['bank_technical_error', 4],
    ['gateway_technical_error', 2],
  ],
  wallet: [
    ['gateway_technical_error', 4],
    ['server_error', 1],
  ],
};

/** The issuer is down. */
const outage: ByMethod = {
  upi: [
    ['bank_not_available', 4],
    ['bank_technical_error', 4],
    ['request_timed_out', 2],
  ],
  card: [
    ['issuer_technical_error', 5],
    ['bank_not_available', 2],
    ['gateway_technical_error', 2],
  ],
  netbanking: [
    ['bank_not_available', 6],
    ['bank_technical_error', 3],
  ],
  wallet: [['gateway_technical_error', 1]],
};

const limit: ByMethod = {
  upi: [
    ['transaction_limit_exceeded', 5],
    ['transaction_daily_limit_exceeded', 3],
    ['transaction_daily_count_exceeded', 1],
  ],
  card: [
    ['transaction_limit_exceeded', 3],
    ['transaction_daily_limit_exceeded', 2],
  ],
  netbanking: [['payment_declined', 1]],
  wallet: [['credit_limit_exceeded', 1]],
};

/** Declined without a cause. */
const undisclosed: ByMethod = {
  upi: [
    ['payment_failed', 4],
    ['payment_declined', 2],
    ['debit_declined', 1],
  ],
  card: [
    ['card_declined', 6],
    ['payment_failed', 2],
  ],
  netbanking: [['payment_failed', 1]],
  wallet: [['payment_failed', 1]],
};

/** This instrument will not do, today or tomorrow. */
const instrument: ByMethod = {
  upi: [
    ['invalid_vpa', 3],
    ['debit_instrument_inactive', 1],
    ['transaction_not_allowed', 1],
  ],
  card: [
    ['card_disabled_for_online_payments', 4],
    ['debit_instrument_blocked', 2],
    ['card_not_enrolled', 1],
  ],
  netbanking: [['user_not_registered_for_netbanking', 1]],
  wallet: [['payment_declined', 1]],
};

/** Recurring debits only: the payer acted on the mandate in the bank's or UPI app. */
const mandate: ByMethod = {
  upi: [
    ['mandate_cancelled', 4],
    ['mandate_paused', 2],
    ['debit_declined', 1],
  ],
  card: [
    ['customer_action_required', 3],
    ['mandate_cancelled', 1],
  ],
  netbanking: [['mandate_cancelled', 1]],
  wallet: [['mandate_cancelled', 1]],
};

export const REASONS = {
  dropOff,
  credential,
  technical,
  outage,
  limit,
  undisclosed,
  instrument,
  mandate,
} as const;
export type Cause = keyof typeof REASONS;

/** What a stolen card meets: most of it also happens to honest payers. */
export const STOLEN_CARD_REASONS: Weighted<string> = [
  ['card_declined', 28],
  ['authentication_failed', 18],
  ['incorrect_cvv', 14],
  ['incorrect_otp', 8],
  ['insufficient_funds', 8],
  ['otp_expired', 6],
  ['payment_timed_out', 6],
  ['payment_risk_check_failed', 5],
  ['card_disabled_for_online_payments', 4],
  ['incorrect_card_expiry_date', 3],
];

/** Reasons after which an unattended debit must not be repeated: the payer has to act first. */
export const NEVER_RETRIED: ReadonlySet<string> = new Set([
  'card_expired',
  'invalid_vpa',
  'debit_instrument_inactive',
  'debit_instrument_blocked',
  'debit_declined',
  'transaction_not_allowed',
  'card_disabled_for_online_payments',
  'card_not_enrolled',
  'mandate_cancelled',
  'mandate_paused',
  'customer_action_required',
  'payment_risk_check_failed',
]);
