import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSmtpMailer } from '../../../adapters/mail/smtp.js';
import { createMessenger } from '../../../adapters/notify/messenger.js';
import { createPost } from '../../../adapters/notify/post.js';
import { openJobLocks } from '../../../app/schedule/locks.js';
import { runDelivery } from '../../../app/schedule/run-delivery.js';
import { saveContact } from '../../../billing/notices/contacts.js';
import { deliverEvents } from '../../../billing/notices/deliver-events.js';
import { deliverNotices } from '../../../billing/notices/deliver-notices.js';
import { createEndpoint } from '../../../billing/notices/endpoints/endpoints.js';
import { postNotice } from '../../../billing/notices/post.js';
import { publishEvents } from '../../../billing/notices/publish.js';
import { manualClock } from '../../../core/clock.js';
import { createLog } from '../../../core/log.js';
import { inTransaction } from '../../../core/transaction.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const NOW = Date.UTC(2026, 6, 1, 6);
const EMAIL = 'parent@example.com';
const PHONE = '+919876543210';
const SECRETS = ['of-the-messenger-1', 'smtp-password-1'];

let postgres: TestPostgres;
let receiver: Server;
let base = '';
const clock = manualClock(NOW);
const lines: string[] = [];
const log = createLog({
  level: 'trace',
  pretty: false,
  destination: new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  }),
});

beforeAll(async () => {
  postgres = await testPostgres();
  // Refuses everybody, and quotes what it was sent.
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => response.writeHead(500).end(`refused: ${body}`));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((resolve) => receiver.close(resolve));
  await postgres.close();
});

async function failingTurns(): Promise<{ readonly endpointSecret: string }> {
  const { pool } = postgres;
  const post = createPost('loopback');
  // An HTTP server's greeting is none that SMTP knows.
  const mailer = createSmtpMailer({
    url: `smtp://meals:${SECRETS[1]}@${base}`,
    from: 'Meals <meals@example.com>',
    timeoutMs: 200,
  });
  const messenger = createMessenger({ url: `http://${base}/sms`, secret: SECRETS[0] ?? '', post, clock });
  const locks = openJobLocks(pool, log);
  const turn = (name: string, run: () => Promise<unknown>) =>
    runDelivery({ pool, clock, log, locks }, { name, run }, 'turn-1').catch(() => undefined);
  const { secret } = await createEndpoint(
    { pool, clock },
    { url: `http://${base}/events`, topics: ['invoice.paid'] },
    'shop',
  );
  await saveContact(pool, 'payer_1', { email: EMAIL, phone: PHONE, language: null }, NOW);
  await inTransaction(pool, async (client) => {
    for (const channel of ['email', 'sms'] as const)
      await postNotice(
        client,
        {
          key: channel,
          payerId: 'payer_1',
          channel,
          template: 'mandate-paused',
          values: { purpose: 'the lunch of Asha' },
          topic: 'mandates',
        },
        NOW,
      );
    await publishEvents(
      client,
      [{ key: 'paid', topic: 'invoice.paid', payload: { invoiceId: 'inv_Asha' } }],
      NOW,
    );
  });
  await turn('deliver-notices', () => deliverNotices({ pool, clock, mailer, messenger, gateway: null }));
  await turn('deliver-events', () => deliverEvents({ pool, clock, post }));
  await turn('billing', async () => {
    throw Object.assign(
      new Error(`duplicate row (payer_1, ${EMAIL}, ${PHONE}, ${EMAIL.replace('.com', '')})`),
      {
        detail: `Key (phone)=(${PHONE}) exists: the lunch of Asha`,
      },
    );
  });
  await turn('dunning', () => pool.query('SELECT $1::bigint', [`Asha, ${PHONE}`]));
  mailer.close();
  locks.close();
  return { endpointSecret: secret };
}

describe('what is written of turns that fail', () => {
  it('holds no address, number, secret or word of what was to be said, in the log and in the runs', async () => {
    const { endpointSecret } = await failingTurns();
    const { pool } = postgres;
    const kept = await Promise.all(
      [
        'SELECT job, status, reason FROM job_runs',
        'SELECT job, last_reason FROM job_totals',
        'SELECT status, reason FROM notices',
        'SELECT status, reason FROM event_deliveries',
      ].map(async (query) => JSON.stringify((await pool.query(query)).rows)),
    );
    // They did fail, and say so.
    expect(lines.filter((line) => line.includes('job-failed'))).toHaveLength(2);
    for (const said of [
      'invalid input syntax',
      'the mail server',
      'the messenger answered 500',
      'it answered 500',
    ])
      expect(kept.join('')).toContain(said);
    const written = [...lines, ...kept].join('\n');
    for (const secret of ['example', '9876543210', 'Asha', endpointSecret, ...SECRETS])
      expect(written).not.toContain(secret);
  });
});
