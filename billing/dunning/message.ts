/**
 * Which words a step uses and what they name. The words themselves are the notices' templates, in the payer's language; a step about a
 * coming debit carries no link, so that nobody pays twice. Amounts are minor units.
 */
import { dayOf, formatDay } from '../../core/days.js';
import type { NewNotice } from '../notices/post.js';
import type { TemplateName } from '../notices/templates.js';
import type { Tone } from './campaign.js';
import type { Part } from './parts.js';
import type { StepKind } from './state.js';

export interface Told {
  readonly kind: StepKind;
  readonly tone: Tone;
  readonly owedPaise: bigint;
  readonly currency: string;
  readonly dueAt: number;
  /** Of a coming debit, a payday or a suspension. */
  readonly namedAt: number | null;
  readonly payUrl: string | null;
}

type Message = Pick<NewNotice, 'template' | 'values'>;

const TEMPLATE_OF: Readonly<Record<Exclude<StepKind, 'reminder'>, TemplateName>> = {
  'payday-debit': 'dunning-next-debit',
  'payday-hint': 'dunning-payday',
  'finish-payment': 'dunning-finish-payment',
  'update-instrument': 'dunning-update-instrument',
  'other-method': 'dunning-other-method',
  'split-or-other': 'dunning-split-or-other',
  'resume-mandate': 'dunning-resume-mandate',
  'new-mandate': 'dunning-new-mandate',
  'plan-offer': 'payment-plan',
  'suspension-notice': 'suspension-warning',
  suspension: 'service-suspended',
};

const REMINDERS: Readonly<Record<Tone, TemplateName>> = {
  friendly: 'dunning-friendly',
  firm: 'dunning-firm',
  final: 'dunning-final',
};

export function wantsLink(kind: StepKind): boolean {
  return kind !== 'payday-debit' && kind !== 'plan-offer';
}

/** @param offer of a plan: its parts and how long it is open. */
export function messageOf(
  told: Told,
  offer: { readonly parts: readonly Part[]; readonly lapsesAt: number } | null,
): Message {
  const { kind, tone, owedPaise: amountPaise, currency, dueAt, namedAt, payUrl } = told;
  const owed = { amountPaise, currency };
  switch (kind) {
    case 'reminder':
      return { template: REMINDERS[tone], values: { ...owed, dueAt, hintAt: null, payUrl } };
    case 'payday-debit':
      return { template: TEMPLATE_OF[kind], values: { ...owed, debitAt: namedAt } };
    case 'payday-hint':
      return {
        template: TEMPLATE_OF[kind],
        values: { ...owed, tone, paydayOn: namedAt === null ? null : formatDay(dayOf(namedAt)), payUrl },
      };
    case 'suspension-notice':
      return { template: TEMPLATE_OF[kind], values: { ...owed, suspendsAt: namedAt, payUrl } };
    case 'suspension':
      return { template: TEMPLATE_OF[kind], values: { ...owed, payUrl } };
    case 'plan-offer':
      return {
        template: TEMPLATE_OF[kind],
        values: {
          ...owed,
          parts: offer?.parts.length ?? null,
          lapsesAt: offer?.lapsesAt ?? null,
          offerUrl: null,
        },
      };
    default:
      return { template: TEMPLATE_OF[kind], values: { ...owed, tone, payUrl } };
  }
}
