import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { createSmtpMailer } from '../../../adapters/mail/smtp.js';
import type { Mail, Mailer } from '../../../core/ports/mailer.js';

const MAIL: Mail = {
  messageId: 'ntc_1@notices.hasivu',
  to: 'parent@example.com',
  subject: '₹1,234.50 नमस्ते',
  text: 'Hello & welcome\n',
  html: '<p>Hello &amp; welcome</p>',
};
const FROM = 'Meals <meals@example.com>';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function mailerTo(port: number, timeoutMs?: number): Mailer {
  const mailer = createSmtpMailer({
    url: `smtp://127.0.0.1:${port}`,
    from: FROM,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  closing.push(() => mailer.close());
  return mailer;
}

/** A real SMTP server that keeps what it takes. */
async function smtp(options: SMTPServerOptions = {}): Promise<{ port: number; received: string[] }> {
  const received: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        received.push(Buffer.concat(parts).toString());
        done();
      });
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, received };
}

function reply(responseCode: number): Error {
  return Object.assign(new Error('no parent@example.com here'), { responseCode });
}

describe('mail by SMTP', () => {
  it('arrives with its id, its two forms and its letters', async () => {
    const { port, received } = await smtp();
    const mailer = mailerTo(port);
    expect(await mailer.send(MAIL)).toEqual({ kind: 'sent' });
    expect(await mailer.send(MAIL)).toEqual({ kind: 'sent' });
    expect(received).toHaveLength(2);
    for (const message of received) {
      expect(message).toContain('Message-ID: <ntc_1@notices.hasivu>');
      expect(message).toContain('From: Meals <meals@example.com>');
      expect(message).toMatch(/text\/plain[\s\S]*text\/html/);
      expect(message).toMatch(/Subject: =\?UTF-8\?/i);
    }
  });

  it.each([
    [550, 'refused'],
    [451, 'later'],
  ])('that is answered %d is %s, and the reason names nobody', async (code, kind) => {
    const { port } = await smtp({ onRcptTo: (_address, _session, done) => done(reply(code)) });
    expect(await mailerTo(port).send(MAIL)).toEqual({ kind, reason: `the mail server answered ${code}` });
  });

  it('that is refused after its body is refused', async () => {
    const { port } = await smtp({
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', () => done(reply(554)));
      },
    });
    expect(await mailerTo(port).send(MAIL)).toMatchObject({ kind: 'refused' });
  });

  it('is for later when nobody answers', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => silent.close(() => resolve()));
    });
    const { port } = silent.address() as AddressInfo;
    expect(await mailerTo(port, 200).send(MAIL)).toEqual({
      kind: 'later',
      reason: expect.stringContaining('did not answer'),
    });
  });

  it('is for later when nobody is there', async () => {
    const { port } = await smtp();
    await closing.pop()?.();
    expect(await mailerTo(port).send(MAIL)).toMatchObject({ kind: 'later' });
  });
});
