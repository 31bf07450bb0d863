/** Why something waits for a person, and what that person can do about it. */
export const REASONS = {
  'payment-unknown': 'A payment of which we know nothing: read the day again with `hasivu webhooks sweep`.',
  'capture-unknown':
    'Money for a payment of ours that we have not seen captured: sweep the day, or link the row.',
  'amount-differs': 'Another amount than ours: compare the payment at the gateway; ask the gateway.',
  'net-differs': 'Credited with another sum than amount less fee: ask the gateway for a breakdown.',
  'fee-differs': 'The fee is above every rate that was agreed: ask the gateway.',
  'tax-differs': 'The tax is not GST on the fee, so it gives no input tax credit: ask for a tax invoice.',
  'currency-differs': 'Another currency than ours: compare the payment at the gateway.',
  'identifiers-disagree': 'Its identifiers lead to different payments of ours: find out who wrote them.',
  'duplicate-row': 'Settled a second time: the gateway will take it back; accept it once it has.',
  'refund-unknown': 'A refund that fits no payment of ours: find out who made it.',
  'status-differs': 'The gateway took money for a refund that failed: wait for its return, or ask.',
  'chargeback-unknown': 'A dispute of which we know nothing, or not so: read the dispute at the gateway.',
  'adjustment-unknown': 'An adjustment that names no dispute: ask the gateway what it is.',
  'movement-unknown': 'A kind of movement that is not used here: find out who arranged it.',
  'adjustment-reversed': 'A person reversed its adjustment: accept it, or reopen it to adjust again.',
  'payment-not-settled': 'Captured and not settled in time: ask whether it is on hold.',
  'refund-not-settled': 'Refunded and never taken from a settlement: ask the gateway.',
  'chargeback-not-settled': 'A dispute was lost and never taken from a settlement: ask the gateway.',
  'settlement-unknown': 'Rows of a settlement that we have not heard of as paid out: sweep the day.',
  'settlement-sum-differs': 'Its rows do not sum to what was paid out: read the days again, then ask.',
  'bank-credit-missing':
    'Paid out and not on the bank statement: ask the bank with the UTR, then the gateway.',
  'bank-amount-differs': 'The bank credited another sum for this UTR: ask the bank.',
  'bank-credit-unknown': 'A credit from the gateway for no settlement of ours: link it to one.',
} as const;

export type Reason = keyof typeof REASONS;
export const REASON_NAMES = Object.keys(REASONS) as Reason[];
