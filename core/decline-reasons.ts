/**
 * Why payments fail, as data: reason -> class, whether an unattended debit may be repeated, who caused it, and what to tell the
 * payer. Reasons are Razorpay's `error_reason` values (razorpay.com/docs/errors/payments); class and retry are our judgement:
 * a hard cause is never repeated, an unnamed one once. Reasons in `OURS` are what the API only describes in prose.
 */
export const PAYMENT_METHODS = [
  'card',
  'upi',
  'netbanking',
  'wallet',
  'emandate',
  'nach',
  'emi',
  'cardless_emi',
  'paylater',
  'bank_transfer',
] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** `merchant`: our mistake, alert somebody. `pending`: not decided, poll. `none`: not a failure. `undisclosed`: the bank does not say. */
export type DeclineClass =
  | 'funds'
  | 'technical'
  | 'limit'
  | 'payer-action'
  | 'instrument'
  | 'mandate'
  | 'risk'
  | 'merchant'
  | 'pending'
  | 'undisclosed'
  | 'none';

/** May an unattended debit be repeated: on the schedule (days), after an hour or more, on another day, or never. */
export type AutoRetry = 'schedule' | 'backoff' | 'next-day' | 'never';

export interface DeclineCause {
  readonly class: DeclineClass;
  readonly autoRetry: AutoRetry;
  /** Who usually causes it, in Razorpay's words. */
  readonly source: string;
  /** For the payer, in plain words: what happened and what to do. */
  readonly advice: string;
}

export interface Decline extends DeclineCause {
  readonly reason: string;
  readonly step: string | null;
  /** The gateway's sentence: for logs, not for decisions. */
  readonly description: string;
  /** The request's field at fault. */
  readonly field: string | null;
  readonly paymentId: string | null;
}

export interface DeclineContext {
  readonly method?: PaymentMethod | 'unknown' | undefined;
  /** Nobody was there to act: a debit on a mandate. */
  readonly isRecurring?: boolean | undefined;
}

interface Row extends DeclineCause {
  readonly reasons: string;
  /** Where an unattended debit differs; `on` limits it to methods. */
  readonly recurring?: Partial<DeclineCause> & { readonly on?: readonly PaymentMethod[] };
}

const NEW_MANDATE: Partial<DeclineCause> = {
  class: 'mandate',
  autoRetry: 'never',
  advice: 'Your bank no longer accepts this automatic payment. Please set it up again.',
};
const OUR_FAULT = 'Something is wrong on our side. You have not been charged; we are looking into it.';
const TRY_LATER = 'The bank or payment network had a problem. Please try again in a while.';

const OURS = {
  merchant:
    'id_not_found authentication_refused feature_not_enabled already_captured already_refunded invalid_state ' +
    'receipt_reused idempotency_key_reused url_not_found',
  technical: 'too_many_requests operation_in_progress gateway_unavailable',
};

const ROWS: readonly Row[] = [
  {
    class: 'funds',
    autoRetry: 'schedule',
    source: 'customer',
    advice: 'There was not enough money in the account. Please add funds or use another way to pay.',
    reasons:
      'insufficient_funds insufficient_fund adequate_funds_not_available_blocked funds_blocked_by_mandate credit_limit_exceeded',
  },
  {
    class: 'instrument',
    autoRetry: 'never',
    source: 'issuer',
    advice: 'This credit or wallet account cannot be used for the payment. Please use another way to pay.',
    reasons:
      'credit_limit_expired credit_limit_inactive credit_limit_not_approved credit_not_permitted user_not_eligible',
  },
  {
    class: 'limit',
    autoRetry: 'next-day',
    source: 'issuer_bank',
    advice:
      'The payment is above a limit set by your bank. Please try tomorrow, raise the limit, or pay another way.',
    reasons:
      'transaction_limit_exceeded per_transaction_limit_exceeded limit_exceeded_remitting_bank transaction_daily_limit_exceeded ' +
      'transaction_daily_count_exceeded',
  },
  {
    class: 'limit',
    autoRetry: 'next-day',
    source: 'issuer_bank',
    advice: 'Your bank allows no more payments for now. Please try tomorrow or pay another way.',
    reasons: 'transaction_frequency_limit_exceeded',
    recurring: { ...NEW_MANDATE, on: ['upi'] },
  },
  {
    class: 'technical',
    autoRetry: 'backoff',
    source: 'gateway',
    advice: TRY_LATER,
    reasons:
      'gateway_technical_error invalid_response_from_gateway null_ack_processing_failure regid_details_must_be_present ' +
      'payment_declined_due_to_high_traffic verification_failed duplicate_rrn_found duplicate_request',
  },
  {
    class: 'technical',
    autoRetry: 'backoff',
    source: 'issuer_bank',
    advice: 'Your bank is not answering at the moment. Please try again in an hour or use another bank.',
    reasons:
      'bank_technical_error bank_not_available bank_cutoff_in_progress issuer_technical_error banks_hsm_is_down_remitter',
  },
  {
    class: 'technical',
    autoRetry: 'backoff',
    source: 'internal',
    advice: TRY_LATER,
    reasons: `server_error ${OURS.technical}`,
  },
  {
    class: 'technical',
    autoRetry: 'backoff',
    source: 'network',
    advice: 'The UPI network or app did not answer. Please try again, or use another UPI app.',
    reasons:
      'request_timed_out psp_timeout response_not_received_within_tat psp_not_available psp_bank_not_available psp_app_not_available ' +
      'upi_app_technical_error vpa_resolution_failed merchant_error_payee_psp bad_request_error',
  },
  {
    class: 'technical',
    autoRetry: 'backoff',
    source: 'beneficiary_bank',
    advice:
      'The payment did not reach us. If money left your account it comes back by itself; please try again.',
    reasons:
      'credit_failed credit_to_beneficiary_failed unable_to_process_beneficiary_bank issuer_dispatch_failed remitter_dispatch_failed ' +
      'invalid_transaction_beneficiary no_original_request_found id_value_must_be_present seqnum_mismatch_payer_psp',
  },
  {
    class: 'technical',
    autoRetry: 'next-day',
    source: 'gateway',
    advice: 'We could not announce the automatic payment in time. Nothing was charged; we will try again.',
    reasons: 'pre_debit_notification_failed pre_debit_notification_not_sent',
  },
  {
    class: 'technical',
    autoRetry: 'next-day',
    source: 'bank',
    advice: 'Your bank is still setting up the automatic payment. Nothing to do for now.',
    reasons: 'payment_mandate_not_active',
  },
  {
    class: 'pending',
    autoRetry: 'never',
    source: 'bank',
    advice:
      'The payment is still being decided. Please do not pay again; we will tell you when it is through.',
    reasons: 'payment_pending payment_pending_approval collect_request_pending deemed_transaction',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The payment was not completed in time. Please try again and confirm it in your app.',
    reasons: 'payment_timed_out',
    recurring: { class: 'technical', autoRetry: 'schedule' },
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The payment was cancelled before it was finished. Please try again if you still want to pay.',
    reasons: 'payment_cancelled payment_cancelled_by_user authorisation_declined_by_psp',
    recurring: { ...NEW_MANDATE, on: ['emandate', 'nach'] },
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The payment request expired. Please start again and confirm it within a few minutes.',
    reasons: 'payment_collect_request_expired payment_session_expired reqauth_mandate_not_acknowledged',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The PIN, password or card details were not right. Please check them and try again.',
    reasons:
      'authentication_failed incorrect_otp invalid_otp otp_expired incorrect_cvv invalid_cvv incorrect_pin incorrect_atm_pin ' +
      'incorrect_card_details incorrect_card_expiry_date incorrect_cardholder_name card_number_invalid',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The PIN or password was wrong too often. Please wait a day or pay another way.',
    reasons: 'otp_attempts_exceeded pin_attempts_exceeded number_of_pin_tries_exceeded',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'Your UPI app is not ready to pay: set a UPI PIN on this phone, then try again.',
    reasons: 'pin_not_set mpin_not_set_by_customer invalid_device',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'Your bank asks you to approve this payment. Please follow the link it sent, then try again.',
    reasons: 'customer_action_required',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'You have paused the automatic payment. Please resume it in your UPI app.',
    reasons: 'mandate_paused',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The automatic payment was not set up. Please authorise it again.',
    reasons:
      'mandate_creation_declined mandate_creation_expired mandate_creation_failed mandate_creation_timeout already_declined ' +
      'duplicate_mandate_request mandate_request_limit_breached card_mandate_card_not_supported',
  },
  {
    class: 'payer-action',
    autoRetry: 'never',
    source: 'bank',
    advice: 'Your bank could not confirm the account. Please check the details and try again.',
    reasons: 'bank_account_validation_failed',
    recurring: { class: 'technical', autoRetry: 'next-day' },
  },
  {
    class: 'instrument',
    autoRetry: 'never',
    source: 'customer_psp',
    advice: 'This UPI id cannot be used. Please check it or use another UPI id or app.',
    reasons:
      'invalid_vpa transaction_on_vpa_restricted no_financial_address_record_found transaction_not_permitted_to_vpa ' +
      'psp_not_registered psp_app_not_supported upi_autopay_not_supported_on_psp',
  },
  {
    class: 'undisclosed',
    autoRetry: 'next-day',
    source: 'issuer_bank',
    advice:
      'Your bank declined the payment without saying why. Please use another way to pay or ask your bank.',
    reasons: 'card_declined payment_declined payment_failed',
  },
  {
    class: 'undisclosed',
    autoRetry: 'next-day',
    source: 'issuer_bank',
    advice:
      'Your bank declined the payment without saying why. Please use another way to pay or ask your bank.',
    reasons: 'debit_declined',
    recurring: { ...NEW_MANDATE, on: ['upi'] },
  },
  {
    class: 'instrument',
    autoRetry: 'never',
    source: 'issuer_bank',
    advice: 'This card has expired. Please use another card.',
    reasons: 'card_expired',
  },
  {
    class: 'instrument',
    autoRetry: 'never',
    source: 'issuer_bank',
    advice: 'The card or account is blocked. Please use another one or ask your bank.',
    reasons: 'debit_instrument_blocked debit_instrument_inactive',
    recurring: { ...NEW_MANDATE, on: ['upi'] },
  },
  {
    class: 'instrument',
    autoRetry: 'never',
    source: 'issuer_bank',
    advice:
      'This card or account may not be used for online payments. Please enable it with your bank or use another.',
    reasons:
      'card_not_enrolled card_disabled_for_online_payments international_transaction_not_allowed card_type_invalid ' +
      'transaction_not_allowed transaction_not_permitted_cardholder transaction_not_permitted_cardholder_beneficiary ' +
      'nature_of_debit_not_allowed joint_account_not_allowed user_not_registered_for_netbanking',
  },
  {
    class: 'mandate',
    autoRetry: 'never',
    source: 'issuer_bank',
    advice:
      'The bank account can no longer be debited. Please set up the automatic payment with another account.',
    reasons:
      'bank_account_invalid remitter_account_dormant incorrect_ifsc mobile_number_invalid payer_account_has_changed ' +
      'account_changed account_restricted payment_stopped_by_court_order',
  },
  {
    class: 'mandate',
    autoRetry: 'never',
    source: 'customer',
    advice: 'The automatic payment has ended or was cancelled. Please set it up again.',
    reasons: 'mandate_cancelled mandate_expired mandate_not_active umn_does_not_exist_payer invalid_token',
  },
  {
    class: 'risk',
    autoRetry: 'never',
    source: 'issuer_bank',
    advice: 'The payment was stopped by a security check. Please ask your bank or use another way to pay.',
    reasons: 'payment_risk_check_failed suspected_fraud_decline compliance_violation payment_amount_tampered',
  },
  {
    class: 'merchant',
    autoRetry: 'never',
    source: 'business',
    advice: 'This has been paid already. Please do not pay again.',
    reasons: 'order_already_paid mandate_current_cycle_allowed_debit_exceeds mandate_already_executed',
  },
  {
    class: 'merchant',
    autoRetry: 'never',
    source: 'business',
    advice: OUR_FAULT,
    reasons:
      'mcc_amount_limit_exceeded amount_less_than_minimum_amount execution_day_rule_mismatch amount_does_not_match_mandate_amount ' +
      'mandate_debit_beyond_psp_amount_cap payer_seqnum_validation_failure BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED ' +
      'beneficiary_account_does_not_exist beneficiary_account_dormant collect_on_mcc_blocked input_validation_failed invalid_request ' +
      'invalid_amount invalid_currency invalid_order_id invalid_email invalid_mobile_number invalid_user_details record_not_found ' +
      'mismatch_in_transaction_details order_amount_mismatch order_payment_method_mismatch bank_not_enabled card_network_not_enabled ' +
      'payment_method_not_enabled recurring_payment_not_enabled upi_collect_not_enabled upi_intent_not_enabled live_mode_not_enabled ' +
      'merchant_not_activated emi_plan_unavailable emi_greater_than_max_amount capture_failed refund_limit_crossed duplicate_refund_id ' +
      OURS.merchant,
  },
  {
    class: 'none',
    autoRetry: 'never',
    source: 'business',
    advice: 'The automatic payment is set up. Nothing was charged.',
    reasons: 'upi_dummy_payment',
  },
];

const ANY_OTHER: Row = {
  class: 'undisclosed',
  autoRetry: 'next-day',
  source: 'gateway',
  advice: 'The payment did not go through. Please try again or use another way to pay.',
  reasons: '',
};

const BY_REASON: ReadonlyMap<string, Row> = new Map(
  ROWS.flatMap((row) => row.reasons.split(' ').map((reason) => [reason, row] as const)),
);

/** What a reason means for this kind of payment. A reason nobody knows counts as undisclosed: at most one more try. */
export function declineCause(reason: string, context: DeclineContext = {}): DeclineCause {
  const { reasons: _reasons, recurring, ...cause } = BY_REASON.get(reason) ?? ANY_OTHER;
  if (recurring === undefined || context.isRecurring !== true) return cause;
  const { on, ...override } = recurring;
  const applies = on === undefined || on.some((method) => method === context.method);
  return applies ? { ...cause, ...override } : cause;
}
