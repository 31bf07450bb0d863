/**
 * For want of a mail server or messenger: what would be sent is put into a folder, one file a message, for people to open. The file's
 * name is the message's id, so a repeat replaces it. The folder holds addresses: it is readable by its owner alone.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import type { Mailer, SendOutcome } from '../../core/ports/mailer.js';
import type { Messenger } from '../../core/ports/messenger.js';

export function createMailSpool({
  folder,
  from,
}: {
  readonly folder: string;
  readonly from: string;
}): Mailer {
  const composer = createTransport({ streamTransport: true, buffer: true });
  return {
    send: ({ messageId, ...mail }) =>
      keep(folder, `${messageId}.eml`, async () => {
        const { message } = await composer.sendMail({ from, messageId: `<${messageId}>`, ...mail });
        return message as Buffer; // With `buffer` set.
      }),
    close: () => composer.close(),
  };
}

export function createMessageSpool(folder: string): Messenger {
  return {
    send: (message) =>
      keep(folder, `${message.messageId}.json`, async () => `${JSON.stringify(message, null, 2)}\n`),
  };
}

async function keep(
  folder: string,
  name: string,
  compose: () => Promise<Buffer | string>,
): Promise<SendOutcome> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, name.replace(/[^\w.@-]/g, '_'));
    await writeFile(`${file}.part`, await compose(), { mode: 0o600 });
    await rename(`${file}.part`, file);
    return { kind: 'sent' };
  } catch (error) {
    return {
      kind: 'later',
      reason: `cannot write to the outbox: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`,
    };
  }
}
