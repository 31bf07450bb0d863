/**
 * What a thrown value of the SDK means: a refusal (certainly no effect) or an unknown outcome. Only a readable 4xx body refuses;
 * silence, 5xx and unreadable answers say nothing about the effect. Refusals that Razorpay words but does not name get a
 * reason of ours from `PROSE`, never used where the answer carries a reason.
 */
import Type from 'typebox';
import Value from 'typebox/value';
import { declineCause } from '../../../core/decline-reasons.js';
import type { Decline, DeclineContext } from '../../../core/decline-reasons.js';
import type { Outcome, UnknownCause } from '../../../core/ports/gateway.js';
import { BAD_PATH } from './client.js';

type Failed = Exclude<Outcome<never>, { kind: 'ok' }>;

const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const Thrown = Type.Object({
  statusCode: Type.Number(),
  error: Type.Object({
    code: Text,
    description: Text,
    field: Text,
    source: Text,
    step: Text,
    reason: Text,
    metadata: Type.Optional(Type.Unknown()),
  }),
});

interface ErrorBody {
  readonly code?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly field?: string | null | undefined;
  readonly source?: string | null | undefined;
  readonly step?: string | null | undefined;
  readonly reason?: string | null | undefined;
  readonly metadata?: unknown;
}

/** Nothing was sent: no connection was ever made. */
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const TIMEOUTS = new Set(['ERR_CANCELED', 'ECONNABORTED', 'ETIMEDOUT']);

/** Reasons that say no more than that the request was refused. */
const EMPTY_REASONS = new Set(['', 'NA', 'input_validation_failed', 'bad_request_error']);

const PROSE: readonly (readonly [RegExp, string])[] = [
  [/operation is in progress|concurrent request/i, 'operation_in_progress'],
  [/id provided does not exist|is not a valid id|no db records found/i, 'id_not_found'],
  [/requested url was not found/i, 'url_not_found'],
  [/^authentication failed$|api key provided is invalid/i, 'authentication_refused'],
  [/already (been )?captured/i, 'already_captured'],
  [/(fully|already) (been )?refunded/i, 'already_refunded'],
  [/duplicate (request|receipt)|reference_?id.* (exists|already|unique)|already exists/i, 'receipt_reused'],
  [/order (is |has )?already (been )?paid/i, 'order_already_paid'],
  [/not enabled|access denied|not allowed for this merchant/i, 'feature_not_enabled'],
  [/in \w+ (status|state)|cannot be cancelled|only .* can be captured|not been captured/i, 'invalid_state'],
];

/** @param thrown what an SDK call threw or rejected with; a bug of ours or of the SDK counts as an unknown outcome. */
export function failureOf(thrown: unknown): Failed {
  if (!Value.Check(Thrown, thrown)) return unknown('bad-answer', messageOf(thrown));
  const { statusCode: status, error } = thrown;
  const message = `${status} ${error.description ?? ''}`;
  if (status === 0) return unanswered(error);
  if (error.code === 'UNREADABLE_ERROR')
    return unknown(status >= 500 ? 'server-error' : 'bad-answer', message);
  if (status < 400 || status >= 500) return unknown('server-error', message);
  if (status === 408) return unknown('timeout', message);
  if (status === 409 && /progress|processing|running/i.test(message)) return unknown('in-progress', message);
  return declined(refusalReason(status, error), error);
}

function unanswered(error: ErrorBody): Failed {
  const code = error.reason ?? '';
  if (code === BAD_PATH) return declined('id_not_found', error);
  if (UNSENT.has(code)) return declined('gateway_unavailable', error);
  return unknown(TIMEOUTS.has(code) ? 'timeout' : 'connection', error.description ?? code);
}

function refusalReason(status: number, error: ErrorBody): string {
  const reason = error.reason ?? '';
  if (status === 429) return 'too_many_requests';
  if (status === 409) return 'idempotency_key_reused';
  if (status === 401) return 'authentication_refused';
  if (!EMPTY_REASONS.has(reason)) return reason;
  const named = PROSE.find(([prose]) => prose.test(error.description ?? ''));
  return named?.[1] ?? 'input_validation_failed';
}

function declined(reason: string, error: ErrorBody): Failed {
  return { kind: 'declined', decline: declineOf(reason, error) };
}

/** For calls that were never sent. */
export function refusal(reason: string, description: string): Failed {
  return declined(reason, { description });
}

/** @param error an error body, or the `error_…` fields of a payment under their short names. */
export function declineOf(reason: string, error: ErrorBody, context: DeclineContext = {}): Decline {
  const cause = declineCause(reason, context);
  const paymentId = Object(error.metadata).payment_id as unknown;
  return {
    ...cause,
    source: named(error.source) ?? cause.source,
    reason,
    step: named(error.step),
    description: error.description ?? '',
    field: named(error.field),
    paymentId: typeof paymentId === 'string' ? paymentId : null,
  };
}

function named(text: string | null | undefined): string | null {
  return text === undefined || text === null || text === '' || text === 'NA' ? null : text;
}

function unknown(cause: UnknownCause, message: string): Failed {
  return { kind: 'unknown', cause, message };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error
    ? thrown.message
    : `unexpected answer ${JSON.stringify(thrown)}`.slice(0, 200);
}
