/**
 * The double's webhooks: signed over the exact bytes, the same event id on every delivery, delivered by a schedule that may be
 * late, repeat, reorder or lose; a refused delivery is tried again for 24 hours with the secret of its time, then the webhook is
 * switched off (razorpay.com/docs/webhooks). Retry intervals are unpublished; these are ours.
 */
import type { Random } from '../../../core/random.js';
import { sign } from '../../../core/signature.js';
import type { Agenda } from './agenda.js';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

export interface SentEvent {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly createdAt: number;
}

export interface DeliveryAttempt {
  readonly eventId: string;
  readonly event: string;
  /** Null: no answer. */
  readonly status: number | null;
}

/** Delays of each delivery of an event in milliseconds; none: it is lost. */
export type WebhookSchedule = (event: string) => readonly number[];

export interface Sender {
  emit(event: string, payload: Readonly<Record<string, unknown>>): void;
  /** Null: nothing is delivered. Events of before keep the secret that they were made with. */
  setTarget(target: WebhookTarget | null): void;
  setSchedule(schedule: WebhookSchedule): void;
  /** Sends an event again, now. */
  redeliver(eventId: string): Promise<void>;
  readonly events: readonly SentEvent[];
  readonly attempts: readonly DeliveryAttempt[];
  isDisabled(): boolean;
}

const MINUTE_MS = 60_000;
const RETRY_MINUTES = [1, 5, 15, 30, 60, 120, 240, 480];
const GIVE_UP_MS = 24 * 60 * MINUTE_MS;
const ANSWER_MS = 5_000;
/** Older ones are forgotten, so that a double may run for weeks. */
const KEPT = 10_000;

const AT_ONCE: WebhookSchedule = () => [0];

/** The first rule whose event is the event or `*`; without one, at once. */
export function ruleSchedule(
  rules: readonly { readonly event: string; readonly delaysMs: readonly number[] }[],
): WebhookSchedule {
  return (event) => rules.find((rule) => rule.event === event || rule.event === '*')?.delaysMs ?? [0];
}

/** Bad weather: each event is late by up to `maxDelayMs`, some come twice, some never. Shares from 0 to 1. */
export function roughSchedule(
  random: Random,
  weather: { readonly maxDelayMs: number; readonly twiceShare: number; readonly lostShare: number },
): WebhookSchedule {
  const delay = (): number => random.below(weather.maxDelayMs + 1);
  return () => {
    if (random.unit() < weather.lostShare) return [];
    return random.unit() < weather.twiceShare ? [delay(), delay()] : [delay()];
  };
}

export function createSender(agenda: () => Agenda, newEventId: () => string, accountId: string): Sender {
  const events: SentEvent[] = [];
  const attempts: DeliveryAttempt[] = [];
  let target: WebhookTarget | null = null;
  let schedule = AT_ONCE;
  let disabled = false;

  async function deliver(event: SentEvent, to: WebhookTarget, tries: number): Promise<void> {
    if (disabled) return;
    const status = await post(event, to);
    attempts.push({ eventId: event.id, event: event.event, status });
    if (attempts.length > KEPT) attempts.shift();
    if (status !== null && status >= 200 && status < 300) return;
    const delayMs = (RETRY_MINUTES[tries] ?? 480) * MINUTE_MS;
    if (agenda().now() + delayMs - event.createdAt > GIVE_UP_MS) disabled = true;
    else agenda().after(delayMs, () => deliver(event, to, tries + 1));
  }

  return {
    emit: (name, payload) => {
      const createdAt = agenda().now();
      const body = JSON.stringify({
        entity: 'event',
        account_id: accountId,
        event: name,
        contains: Object.keys(payload),
        payload: Object.fromEntries(Object.entries(payload).map(([key, entity]) => [key, { entity }])),
        created_at: Math.floor(createdAt / 1000),
      });
      const event = { id: newEventId(), event: name, body, createdAt };
      events.push(event);
      if (events.length > KEPT) events.shift();
      const to = target;
      if (to === null) return;
      for (const delayMs of schedule(name)) agenda().after(delayMs, () => deliver(event, to, 0));
    },
    setTarget: (next) => {
      target = next;
      disabled = false;
    },
    setSchedule: (next) => {
      schedule = next;
    },
    redeliver: async (eventId) => {
      const event = events.find(({ id }) => id === eventId);
      if (event !== undefined && target !== null) await deliver(event, target, RETRY_MINUTES.length);
    },
    events,
    attempts,
    isDisabled: () => disabled,
  };
}

async function post(event: SentEvent, { url, secret }: WebhookTarget): Promise<number | null> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Razorpay-Webhook/v1',
        'x-razorpay-event-id': event.id,
        'x-razorpay-signature': sign(event.body, secret),
      },
      body: event.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // Refused, reset or too slow: for the sender all the same, and what it does next is told by the null.
    return null;
  }
}
