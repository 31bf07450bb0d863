import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eraseContact, saveContact, unsubscribe } from '../../../billing/notices/contacts.js';
import { deliverNotices, listNotices, replayNotice } from '../../../billing/notices/deliver-notices.js';
import { postNotice } from '../../../billing/notices/post.js';
import type { NewNotice } from '../../../billing/notices/post.js';
import { findWords, renderWords, withAbsent } from '../../../billing/notices/render.js';
import { TEMPLATES } from '../../../billing/notices/templates.js';
import type { TemplateName } from '../../../billing/notices/templates.js';
import { saveWords } from '../../../billing/notices/words.js';
import { manualClock } from '../../../core/clock.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/days.js';
import type { Mail, SendOutcome } from '../../../core/ports/mailer.js';
import type { Message } from '../../../core/ports/messenger.js';
import { inTransaction } from '../../../core/transaction.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const START = Date.UTC(2026, 6, 1, 3);
const NOTICE: NewNotice = {
  key: 'debit-done:deb_1:email',
  payerId: 'payer_1',
  channel: 'email',
  template: 'debit-done',
  topic: 'debits',
  values: {
    amountPaise: 1_234_550n,
    currency: 'INR',
    debitedAt: START,
    purpose: 'lunch & <more>',
    reference: 'inv_1',
  },
};

let postgres: TestPostgres;
const clock = manualClock(START);
let mails: Mail[] = [];
let messages: Message[] = [];
let answer: () => SendOutcome = () => ({ kind: 'sent' });

beforeAll(async () => {
  postgres = await testPostgres();
});

beforeEach(async () => {
  await postgres.pool.query('TRUNCATE notices, contacts, unsubscribes, notice_templates');
  clock.set(START);
  mails = [];
  messages = [];
  answer = () => ({ kind: 'sent' });
  await saveContact(
    postgres.pool,
    'payer_1',
    { email: 'parent@example.com', phone: '+919999999999', language: null },
    START,
  );
});

afterAll(() => postgres.close());

function deps() {
  return {
    pool: postgres.pool,
    clock,
    mailer: {
      send: async (mail: Mail) => {
        mails.push(mail);
        return answer();
      },
      close: () => undefined,
    },
    messenger: {
      send: async (message: Message) => {
        messages.push(message);
        return answer();
      },
    },
    gateway: null,
  };
}

const post = (notice: Partial<NewNotice> = {}): Promise<boolean> =>
  inTransaction(postgres.pool, (client) => postNotice(client, { ...NOTICE, ...notice }, clock.now()));
const all = () => listNotices(postgres.pool, { status: null, payerId: null, limit: 50 });

describe('a notice', () => {
  it('is said once, however often it is posted and delivered', async () => {
    expect([await post(), await post()]).toEqual([true, false]);
    expect(await deliverNotices(deps())).toEqual({ sent: 1, later: 0, dead: 0, dropped: 0 });
    await deliverNotices(deps());
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      to: 'parent@example.com',
      subject: '₹12,345.50 received',
      text: expect.stringContaining('lunch & <more>'),
      html: expect.stringContaining('lunch &amp; &lt;more&gt;'),
    });
  });

  it('is not there when the transaction of what it is about was undone', async () => {
    await expect(
      inTransaction(postgres.pool, async (client) => {
        await postNotice(client, NOTICE, START);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await all()).toEqual([]);
  });

  it('waits for its time', async () => {
    await post({ notBefore: START + HOUR_MS });
    expect(await deliverNotices(deps())).toMatchObject({ sent: 0 });
    clock.advance(HOUR_MS);
    expect(await deliverNotices(deps())).toMatchObject({ sent: 1 });
  });

  it('is sent by one of two programs', async () => {
    for (let i = 0; i < 12; i++) await post({ key: `notice-${i}` });
    await Promise.all([deliverNotices(deps()), deliverNotices(deps())]);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(12);
    expect(mails).toHaveLength(12);
  });

  it('whose outcome a crash has hidden is repeated under the same message id', async () => {
    await post();
    answer = () => {
      throw new Error('the program ends here');
    };
    await expect(deliverNotices(deps())).rejects.toThrow('ends here');
    answer = () => ({ kind: 'sent' });
    expect(await deliverNotices(deps())).toMatchObject({ sent: 0 });
    clock.advance(11 * MINUTE_MS);
    expect(await deliverNotices(deps())).toMatchObject({ sent: 1 });
    expect(mails).toHaveLength(2);
    expect(mails[1]?.messageId).toBe(mails[0]?.messageId);
  });

  it('that failed is tried ever later, then dead, then sent again when a person asks', async () => {
    await post();
    answer = () => ({ kind: 'later', reason: 'the mail server answered 451' });
    for (let hour = 0; hour < 72; hour++) {
      await deliverNotices(deps());
      clock.advance(HOUR_MS);
    }
    expect(await all()).toMatchObject([
      { status: 'dead', tries: 8, reason: 'the mail server answered 451', sentAt: null },
    ]);
    answer = () => ({ kind: 'sent' });
    const [dead] = await all();
    await replayNotice(postgres.pool, dead?.noticeId ?? '', clock.now());
    expect(await deliverNotices(deps())).toMatchObject({ sent: 1 });
    await expect(replayNotice(postgres.pool, dead?.noticeId ?? '', clock.now())).rejects.toMatchObject({
      code: 'notice-not-dead',
    });
  });

  it('for somebody without an address is dead and says why', async () => {
    await post({ payerId: 'payer_2' });
    await post({ key: 'other', payerId: 'payer_2', channel: 'sms' });
    expect(await deliverNotices(deps())).toMatchObject({ dead: 2 });
    expect((await all()).map(({ reason }) => reason).sort()).toEqual([
      'no e-mail address is known',
      'no phone number is known',
    ]);
  });

  it('goes to a phone as one line, and to the merchant without an address', async () => {
    await post({ channel: 'sms', language: 'hi' });
    await post({ key: 'to-merchant', channel: 'webhook', payerId: 'payer_1' });
    expect(await deliverNotices(deps())).toMatchObject({ sent: 2 });
    expect(messages.map(({ to, language }) => [to, language])).toEqual(
      expect.arrayContaining([
        ['+919999999999', 'hi'],
        [null, 'en'],
      ]),
    );
    expect(messages.every(({ text }) => !text.includes('\n'))).toBe(true);
  });

  it('that may be refused is dropped for who refused it; what is owed is not', async () => {
    await unsubscribe(postgres.pool, 'payer_1', 'offers', START);
    await post({ key: 'offer', topic: 'offers' });
    await post({ key: 'owed' });
    expect(await deliverNotices(deps())).toMatchObject({ sent: 1, dropped: 1 });
  });

  it('says no more of a payer who asked to be forgotten, and nothing of what it said', async () => {
    await post();
    await deliverNotices(deps());
    await post({ key: 'waiting' });
    await eraseContact(postgres.pool, 'payer_1', clock.now());
    await post({ key: 'after' });
    expect(await deliverNotices(deps())).toMatchObject({ sent: 0, dropped: 1 });
    const { rows } = await postgres.pool.query<{ text: string }>(
      `SELECT concat(string_agg(n.values::text, ''), (SELECT concat(email, phone) FROM contacts)) AS text FROM notices n WHERE key <> 'after'`,
    );
    expect(rows).toEqual([{ text: '{}{}' }]);
  });
});

describe('words', () => {
  it('exist in every template in both languages, with and without what is optional', async () => {
    for (const template of Object.keys(TEMPLATES) as TemplateName[])
      for (const language of ['en', 'hi'])
        for (const isFull of [true, false]) {
          const given = TEMPLATES[template].filter((name) => isFull || !name.endsWith('?'));
          const values = Object.fromEntries(
            given
              .map((name) => name.replace('?', ''))
              .map((name): [string, string | number] => {
                if (name.endsWith('Paise')) return [name, '9900'];
                if (name.endsWith('At')) return [name, START];
                return [
                  name,
                  name.endsWith('On') ? '2026-07-01' : name === 'currency' ? 'INR' : 'https://example.com/x',
                ];
              }),
          );
          const found = await findWords(postgres.pool, template, language);
          expect(found.language).toBe(language);
          const { subject, short, text, html } = await renderWords(
            found.words,
            withAbsent(template, values),
            language,
          );
          for (const part of [subject, short, text, html])
            expect(part).not.toMatch(/\{[{%]|null|undefined|^\s*$/);
        }
  });

  it('fall back to the main language, then to the default one', async () => {
    expect(await findWords(postgres.pool, 'debit-done', 'hi-IN')).toMatchObject({ language: 'hi' });
    expect(await findWords(postgres.pool, 'debit-done', 'ta')).toMatchObject({ language: 'en' });
    expect(await findWords(postgres.pool, 'debit-done', '../../x')).toMatchObject({ language: 'en' });
  });

  it('of the merchant come first, escaped where they are HTML', async () => {
    const words = { subject: 'Got {{ amount }}', short: 's', text: 't', html: '<b>{{ purpose }}</b>' };
    await saveWords(postgres.pool, { template: 'debit-done', language: 'en' }, words, START);
    await post();
    await deliverNotices(deps());
    expect(mails[0]).toMatchObject({ subject: 'Got ₹12,345.50', html: '<b>lunch &amp; &lt;more&gt;</b>' });
  });

  it.each(['{{ nobody }}', '{% if', '{{ amount | nofilter }}', '{{ amount.constructor.name.x }}'])(
    'that cannot be used are refused before they are taken: %s',
    async (text) => {
      const words = { subject: 's', short: 's', text, html: null };
      await expect(
        saveWords(postgres.pool, { template: 'debit-done', language: 'en' }, words, START),
      ).rejects.toMatchObject({ code: 'template-broken' });
    },
  );

  it('of a value begin no second header', async () => {
    const values = {
      ...NOTICE.values,
      amountPaise: '100',
      reference: 'x',
      purpose: 'a\r\nBcc: b@example.com',
    };
    const { subject } = await renderWords(
      { subject: '{{ purpose }}', short: 's', text: 't', html: null },
      values,
      'en',
    );
    expect(subject).toBe('a Bcc: b@example.com');
  });
});

it('a day later nothing is left to do', async () => {
  await post();
  await deliverNotices(deps());
  clock.advance(DAY_MS);
  expect(await deliverNotices(deps())).toEqual({ sent: 0, later: 0, dead: 0, dropped: 0 });
});
