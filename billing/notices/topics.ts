/**
 * What is spoken of. Notices to payers: a topic is either owed to them, because of what they have bought or the law (India rules:
 * pre-debit notices), or offered, which they may refuse. Events to other programs: the list that endpoints choose from.
 */
export const NOTICE_TOPICS = [
  'debits',
  'payments',
  'mandates',
  'dunning',
  'subscriptions',
  'offers',
] as const;
export type NoticeTopic = (typeof NOTICE_TOPICS)[number];

/** Those that a payer may unsubscribe from. */
export const REFUSABLE_TOPICS = ['offers'] as const satisfies readonly NoticeTopic[];

export const EVENT_TOPICS = [
  'payment.captured',
  'payment.failed',
  'payment.refunded',
  'debit.succeeded',
  'debit.failed',
  'subscription.changed',
  'invoice.issued',
  'invoice.paid',
  'mandate.changed',
  'dunning.changed',
] as const;
export type EventTopic = (typeof EVENT_TOPICS)[number];
