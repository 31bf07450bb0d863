/**
 * Which webhook requests are let in: signed with a secret of ours over the bytes that came, well formed, and neither older nor
 * newer than a provider sends. Whatever is refused is not stored. Razorpay retries for 24 hours and replays single events up
 * to 15 days old (razorpay.com/docs/webhooks/best-practices).
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { isSigned } from '../../core/signature.js';

/** How far ahead of ours a provider's clock may be. */
const MAX_SKEW_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export interface ArrivedWebhook {
  readonly raw: Uint8Array;
  readonly signature: string | undefined;
  /** Null when the header is missing. */
  readonly eventId: string | null;
}

export interface AdmissionRules {
  /** Current first, then previous. Empty: nothing can be let in. */
  readonly secrets: readonly string[];
  readonly maxAgeDays: number;
}

/** A verified event, as the inbox stores it. */
export interface NewEvent {
  readonly eventId: string;
  readonly bodyHash: Buffer;
  readonly event: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly body: string;
}

/** @throws AppError that says why the request is refused. */
export function admitWebhook(arrived: ArrivedWebhook, rules: AdmissionRules, now: number): NewEvent {
  if (rules.secrets.length === 0)
    throw new AppError(
      'unavailable',
      'webhook-secret-missing',
      'webhooks cannot be verified: set RAZORPAY_WEBHOOK_SECRET',
    );
  if (!isSigned(arrived.raw, arrived.signature, rules.secrets))
    throw new AppError(
      'unauthorised',
      'webhook-signature-invalid',
      'X-Razorpay-Signature does not match the body: sign the exact bytes with the webhook secret',
    );
  const event = readEvent(arrived.raw, arrived.eventId, now);
  requireFresh(event, rules.maxAgeDays);
  return event;
}

/** The envelope of a body whose sender is trusted. @throws AppError `webhook-malformed`. */
export function readEvent(raw: Uint8Array, eventId: string | null, receivedAt: number): NewEvent {
  const body = decode(raw);
  const envelope = parse(body);
  if (typeof envelope.event !== 'string' || !EVENT_NAME.test(envelope.event))
    throw malformed('`event` is not the name of an event');
  if (typeof envelope.payload !== 'object' || envelope.payload === null)
    throw malformed('`payload` is not an object');
  const bodyHash = createHash('sha256').update(raw).digest();
  // Some events carry the instant inside the payload, some nowhere.
  const seconds = envelope.created_at ?? (envelope.payload as Envelope).created_at;
  if (eventId !== null && !EVENT_ID.test(eventId)) throw malformed('x-razorpay-event-id is not an id');
  return {
    eventId: eventId ?? `body_${bodyHash.toString('hex')}`,
    bodyHash,
    event: envelope.event,
    occurredAt: typeof seconds === 'number' && Number.isSafeInteger(seconds) ? seconds * 1000 : receivedAt,
    receivedAt,
    body,
  };
}

const EVENT_NAME = /^[\w.-]{1,100}$/;
const EVENT_ID = /^[\x21-\x7e]{1,200}$/;

interface Envelope {
  readonly event?: unknown;
  readonly payload?: unknown;
  readonly created_at?: unknown;
}

function decode(raw: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw malformed('the body is not UTF-8');
  }
}

function parse(body: string): Envelope {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    throw malformed('the body is not valid JSON');
  }
  throw malformed('the body is not a JSON object');
}

function malformed(what: string): AppError {
  return new AppError('bad-input', 'webhook-malformed', what);
}

function requireFresh({ occurredAt, receivedAt }: NewEvent, maxAgeDays: number): void {
  if (receivedAt - occurredAt > maxAgeDays * DAY_MS)
    throw new AppError(
      'bad-input',
      'webhook-too-old',
      `the event is more than ${maxAgeDays} days old: \`hasivu webhooks import\` takes old events`,
    );
  if (occurredAt - receivedAt > MAX_SKEW_MS)
    throw new AppError(
      'bad-input',
      'webhook-from-the-future',
      'the event is more than 5 minutes ahead of this clock: set the clock right',
    );
}
