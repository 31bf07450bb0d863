/**
 * Sends what waits. A notice is claimed by a row that outlives a crash, sent, and marked; between sending and marking nobody knows, so
 * a lapsed claim is sent again under the same message id, which receivers recognise. What was marked is never sent again. A failure
 * that may pass is tried again later and later; the rest is dead: visible, and sent again when a person asks for it.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import type { Gateway } from '../../core/ports/gateway.js';
import type { Mailer, SendOutcome } from '../../core/ports/mailer.js';
import type { Messenger } from '../../core/ports/messenger.js';
import { contactOf, unsubscribedTopics } from './contacts.js';
import type { Contact } from './contacts.js';
import type { Channel, NoticeValues } from './post.js';
import { findWords, renderWords, withAbsent } from './render.js';
import { REFUSABLE_TOPICS } from './topics.js';
import type { NoticeTopic } from './topics.js';
import type { TemplateName } from './templates.js';

export interface NoticeDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly mailer: Mailer;
  readonly messenger: Messenger;
  /** Knows customers' addresses; null: nobody does. */
  readonly gateway: Pick<Gateway, 'customers'> | null;
}

export interface NoticeReport {
  readonly sent: number;
  readonly later: number;
  readonly dead: number;
  readonly dropped: number;
}

/** Sent at a time: a mail server takes a few connections. */
const AT_ONCE = 5;
/** Of one turn: the next comes soon. */
const MAX_NOTICES = 1000;
/** Longer than any attempt to send takes. */
const CLAIM_MS = 10 * MINUTE_MS;
/** After each failure; then it is dead, two days after it was due. */
const WAITS_MS = [1, 5, 30]
  .map((minutes) => minutes * MINUTE_MS)
  .concat([2 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS]);
/** Right-hand side of message ids (RFC 5322, 3.6.4): ours, not an address. */
const MESSAGE_DOMAIN = 'notices.hasivu';

interface Claimed {
  readonly noticeId: string;
  readonly payerId: string;
  readonly channel: Channel;
  readonly topic: NoticeTopic;
  readonly template: TemplateName;
  readonly language: string | null;
  readonly values: NoticeValues;
  readonly tries: number;
}

type Ending = SendOutcome | { readonly kind: 'dropped'; readonly reason: string };

export async function deliverNotices(deps: NoticeDeps): Promise<NoticeReport> {
  const report = { sent: 0, later: 0, dead: 0, dropped: 0 };
  for (let left = MAX_NOTICES; left > 0; left -= AT_ONCE) {
    const claimed = await claim(deps, Math.min(left, AT_ONCE));
    const ends = await Promise.all(
      claimed.map(async (notice) => finish(deps, notice, await deliver(deps, notice))),
    );
    for (const end of ends) report[end] += 1;
    if (claimed.length < AT_ONCE) break;
  }
  return report;
}

async function claim({ pool, clock }: NoticeDeps, limit: number): Promise<Claimed[]> {
  const { rows } = await pool.query<Claimed>(
    `UPDATE notices SET status = 'sending', tries = tries + 1, due_at = to_timestamp(($1 + $3) / 1000.0),
       changed_at = to_timestamp($1 / 1000.0)
     WHERE notice_id IN (SELECT notice_id FROM notices WHERE status IN ('waiting', 'sending') AND due_at <= to_timestamp($1 / 1000.0)
       ORDER BY due_at, notice_id LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING notice_id AS "noticeId", payer_id AS "payerId", channel, topic, template, language, values, tries`,
    [clock.now(), limit, CLAIM_MS],
  );
  return rows;
}

async function deliver(deps: NoticeDeps, notice: Claimed): Promise<Ending> {
  const { payerId, topic } = notice;
  const contact = await contactOf(deps, payerId, deps.clock.now());
  if (contact?.isErased === true) return { kind: 'dropped', reason: 'the payer asked to be forgotten' };
  const mayRefuse = REFUSABLE_TOPICS.some((refusable) => refusable === topic);
  if (mayRefuse && (await unsubscribedTopics(deps.pool, payerId)).includes(topic))
    return { kind: 'dropped', reason: 'the payer does not want it' };
  try {
    return await send(deps, notice, contact);
  } catch (error) {
    if (error instanceof AppError && error.code === 'template-broken')
      return { kind: 'refused', reason: error.message };
    throw error;
  }
}

async function send(deps: NoticeDeps, notice: Claimed, contact: Contact | null): Promise<SendOutcome> {
  const { channel, template, payerId } = notice;
  const to = channel === 'email' ? contact?.email : channel === 'sms' ? contact?.phone : null;
  if (to === undefined || (to === null && channel !== 'webhook'))
    return channel === 'webhook' && to === undefined
      ? { kind: 'refused', reason: 'nothing is known of the payer' }
      : { kind: 'refused', reason: `no ${channel === 'email' ? 'e-mail address' : 'phone number'} is known` };
  const found = await findWords(deps.pool, template, notice.language ?? contact?.language ?? null);
  const words = await renderWords(found.words, withAbsent(template, notice.values), found.language);
  const messageId = `${notice.noticeId}@${MESSAGE_DOMAIN}`;
  if (channel === 'email' && to !== null)
    return deps.mailer.send({ messageId, to, subject: words.subject, text: words.text, html: words.html });
  return deps.messenger.send({
    messageId,
    channel: channel === 'sms' ? 'sms' : 'webhook',
    payerId,
    to,
    template,
    language: words.language,
    text: words.short,
  });
}

async function finish(
  { pool, clock }: NoticeDeps,
  { noticeId, tries }: Claimed,
  ending: Ending,
): Promise<keyof NoticeReport> {
  const wait = WAITS_MS[tries - 1];
  const end =
    ending.kind === 'refused' || (ending.kind === 'later' && wait === undefined) ? 'dead' : ending.kind;
  const now = clock.now();
  // Only by whoever holds the claim: after it has lapsed, another attempt decides.
  await pool.query(
    `UPDATE notices SET status = $3, due_at = to_timestamp($4 / 1000.0), changed_at = to_timestamp($5 / 1000.0),
       sent_at = CASE WHEN $3 = 'sent' THEN to_timestamp($5 / 1000.0) END, reason = $6
     WHERE notice_id = $1 AND tries = $2 AND status = 'sending'`,
    [
      noticeId,
      tries,
      end === 'later' ? 'waiting' : end,
      now + (end === 'later' ? (wait ?? 0) : 0),
      now,
      ending.kind === 'sent' ? null : ending.reason,
    ],
  );
  return end;
}

export interface NoticeView {
  readonly noticeId: string;
  readonly key: string;
  readonly payerId: string;
  readonly channel: Channel;
  readonly topic: NoticeTopic;
  readonly template: string;
  readonly status: 'waiting' | 'sending' | 'sent' | 'dead' | 'dropped';
  readonly dueAt: number;
  readonly tries: number;
  readonly sentAt: number | null;
  readonly reason: string | null;
}

/** Newest first; null: any. */
export async function listNotices(
  pool: Pool,
  {
    status,
    payerId,
    limit,
  }: { readonly status: string | null; readonly payerId: string | null; readonly limit: number },
): Promise<NoticeView[]> {
  const { rows } = await pool.query<NoticeView>(
    `SELECT notice_id AS "noticeId", key, payer_id AS "payerId", channel, topic, template, status, due_at AS "dueAt", tries,
       sent_at AS "sentAt", reason
     FROM notices WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR payer_id = $2)
     ORDER BY notice_id DESC LIMIT $3`,
    [status, payerId, limit],
  );
  return rows;
}

/** Sends a dead one again, as new. @throws AppError `notice-not-dead`. */
export async function replayNotice(pool: Pool, noticeId: string, now: number): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE notices SET status = 'waiting', tries = 0, due_at = to_timestamp($2 / 1000.0), changed_at = to_timestamp($2 / 1000.0)
     WHERE notice_id = $1 AND status = 'dead'`,
    [noticeId, now],
  );
  if (rowCount !== 1)
    throw new AppError(
      'conflict',
      'notice-not-dead',
      `${noticeId} is not a dead notice: only those are sent again`,
    );
}

export interface Backlog {
  readonly noticesWaiting: number;
  readonly noticesDead: number;
  readonly eventsWaiting: number;
  readonly eventsDead: number;
}

/** What waits, and what was given up. */
export async function noticeBacklog(pool: Pool): Promise<Backlog> {
  const { rows } = await pool.query<Backlog>(
    `SELECT (SELECT count(*)::int FROM notices WHERE status IN ('waiting', 'sending')) AS "noticesWaiting",
       (SELECT count(*)::int FROM notices WHERE status = 'dead') AS "noticesDead",
       (SELECT count(*)::int FROM event_deliveries WHERE status = 'waiting') AS "eventsWaiting",
       (SELECT count(*)::int FROM event_deliveries WHERE status = 'dead') AS "eventsDead"`,
  );
  return rows[0] ?? { noticesWaiting: 0, noticesDead: 0, eventsWaiting: 0, eventsDead: 0 };
}
