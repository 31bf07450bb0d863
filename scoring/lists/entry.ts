/**
 * What can be on a list and how its values are written: one canonical text for each thing, so that an entry and a request
 * meet by equality. An e-mail is known by its domain and a card by its first digits: neither is ever stored whole.
 */
import { AppError } from '../../core/errors.js';
import { canonicalRange } from './addresses.js';

export const LIST_KINDS = ['block', 'allow'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

export const LIST_SUBJECTS = [
  'payer',
  'instrument',
  'device',
  'ip',
  'emailDomain',
  'bin',
  'country',
] as const;
export type ListSubject = (typeof LIST_SUBJECTS)[number];

/** How reasons name them. */
export const SUBJECT_WORDS: Readonly<Record<ListSubject, string>> = {
  payer: 'payer',
  instrument: 'instrument',
  device: 'device',
  ip: 'IP address',
  emailDomain: 'e-mail domain',
  bin: 'card range',
  country: 'country',
};

export interface ListEntry {
  readonly kind: ListKind;
  readonly subject: ListSubject;
  /** Canonical: see `canonicalValue`. */
  readonly value: string;
  /** Of a block: whether an allow list may undo it. */
  readonly overridable: boolean;
  /** On the list until before this instant, UTC epoch milliseconds; null is without end. */
  readonly expiresAt: number | null;
  /** In plain words, for whoever helps the payer. */
  readonly reason: string;
}

/** One step of the lists' history; `changeId` counts up without two alike, and is the lists' version after it. */
export type ListChange = { readonly changeId: number } & (
  | ({ readonly change: 'add' } & ListEntry)
  | ({ readonly change: 'remove' } & Pick<ListEntry, 'kind' | 'subject' | 'value'>)
);

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws AppError `bad-input` for what the subject cannot be; the value itself is not repeated. */
export function canonicalValue(subject: ListSubject, value: string): string {
  switch (subject) {
    case 'payer':
    case 'instrument':
    case 'device':
      return value;
    case 'ip':
      return canonicalRange(value);
    case 'emailDomain': {
      const domain = value.toLowerCase();
      if (domain.includes('@'))
        throw invalidValue('must be the domain alone, without the address before the @');
      if (!DOMAIN.test(domain)) throw invalidValue('must be a domain, for instance example.com');
      return domain;
    }
    case 'bin':
      if (!/^\d{6,8}$/.test(value))
        throw invalidValue('must be the first 6 to 8 digits of a card, never its number');
      return value;
    case 'country':
      if (!/^[A-Z]{2}$/.test(value))
        throw invalidValue('must be two capital letters (ISO 3166 alpha-2), for instance IN');
      return value;
    default:
      return subject satisfies never;
  }
}

function invalidValue(message: string): AppError {
  return new AppError('bad-input', 'invalid-request', `value ${message}`, {
    details: { errors: [{ field: 'value', message }] },
  });
}
