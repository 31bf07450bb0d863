/**
 * The notices there are and the values that each needs. Their words are files, `templates/<name>.<language>.liquid`, unless the
 * merchant has written others (notice_templates). A value that ends in Paise is money of `currency`, one that ends in At an instant
 * (UTC epoch milliseconds), one that ends in On a day ('YYYY-MM-DD'); the rest is text. Values marked ? may be absent.
 */
export const TEMPLATES = {
  'debit-notice': ['amountPaise', 'currency', 'debitAt', 'purpose', 'reference'],
  'debit-done': ['amountPaise', 'currency', 'debitedAt', 'purpose', 'reference'],
  'debit-failed': ['amountPaise', 'currency', 'purpose', 'reason', 'nextTryAt?', 'payUrl?'],
  'payment-received': ['amountPaise', 'currency', 'paidAt', 'purpose', 'reference'],
  'mandate-paused': ['purpose', 'manageUrl?'],
  'mandate-needed': ['purpose', 'reason?', 'linkUrl?'],
  'instrument-expiring': ['purpose', 'expiresOn?', 'linkUrl?'],
  'dunning-friendly': ['amountPaise', 'currency', 'dueAt?', 'hintAt?', 'payUrl?'],
  'dunning-firm': ['amountPaise', 'currency', 'dueAt?', 'hintAt?', 'payUrl?'],
  'dunning-final': ['amountPaise', 'currency', 'dueAt?', 'hintAt?', 'payUrl?'],
  'dunning-next-debit': ['amountPaise', 'currency', 'debitAt'],
  'dunning-payday': ['amountPaise', 'currency', 'tone', 'paydayOn', 'payUrl?'],
  'dunning-finish-payment': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'dunning-update-instrument': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'dunning-other-method': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'dunning-split-or-other': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'dunning-resume-mandate': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'dunning-new-mandate': ['amountPaise', 'currency', 'tone', 'payUrl?'],
  'suspension-warning': ['amountPaise', 'currency', 'suspendsAt', 'payUrl?'],
  'service-suspended': ['amountPaise', 'currency', 'payUrl?'],
  'instalment-due': ['amountPaise', 'currency', 'number', 'dueOn', 'payUrl?'],
  'payment-plan': ['amountPaise', 'currency', 'parts', 'lapsesAt', 'offerUrl?'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type TemplateName = keyof typeof TEMPLATES;
