/**
 * How what is said leaves the house: mail by SMTP, short messages through the merchant's messenger, events to endpoints. What is not
 * configured is put into `outbox` in the data folder, for people to open.
 */
import path from 'node:path';
import { createSmtpMailer } from '../adapters/mail/smtp.js';
import { createMailSpool, createMessageSpool } from '../adapters/mail/spool.js';
import { createMessenger } from '../adapters/notify/messenger.js';
import { createPost } from '../adapters/notify/post.js';
import type { Mailer } from '../core/ports/mailer.js';
import type { Messenger } from '../core/ports/messenger.js';
import type { Post } from '../core/ports/post.js';
import type { Cli } from './cli-io.js';

export interface Outbound {
  readonly mailer: Mailer;
  readonly messenger: Messenger;
  /** To event endpoints. */
  readonly post: Post;
  /** One line for people. */
  readonly notice: string;
  close(): void;
}

export function openOutbound({ config, clock }: Pick<Cli, 'config' | 'clock'>): Outbound {
  const { dataDir, smtpUrl, mailFrom: from, notify, privateEndpoints } = config();
  const folder = path.join(dataDir, 'outbox');
  const mailer =
    smtpUrl === null ? createMailSpool({ folder, from }) : createSmtpMailer({ url: smtpUrl, from });
  // Its address is the merchant's own setting, nobody else's choice.
  const messenger =
    notify === null
      ? createMessageSpool(folder)
      : createMessenger({ ...notify, post: createPost('all'), clock });
  const spooled = [...(smtpUrl === null ? ['mails'] : []), ...(notify === null ? ['short messages'] : [])];
  return {
    mailer,
    messenger,
    post: createPost(privateEndpoints),
    notice:
      spooled.length === 0
        ? 'notices: sent by SMTP and the messenger'
        : `notices: ${spooled.join(' and ')} go to ${folder}; SMTP_URL and NOTIFY_URL send them`,
    close: () => mailer.close(),
  };
}
