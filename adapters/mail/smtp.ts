/**
 * E-mail by SMTP (RFC 5321) through nodemailer. A reply of 5xx is for good; 4xx, a lost connection or silence may pass, and after the
 * body has gone out nobody knows: the repeat carries the same Message-ID. Replies may quote addresses, so only their code is told.
 */
import { createTransport } from 'nodemailer';
import type { Mailer, SendOutcome } from '../../core/ports/mailer.js';

interface SmtpSettings {
  /** smtp://user:password@host:port, or smtps. */
  readonly url: string;
  /** "Name <address>". */
  readonly from: string;
  /** For each of: connecting, the greeting, silence. */
  readonly timeoutMs?: number;
}

/** Slow servers answer in seconds; a minute of silence is a dead one. */
const TIMEOUT_MS = 30_000;
/** Connections to one server at a time. */
const CONNECTIONS = 3;

export function createSmtpMailer({ url, from, timeoutMs = TIMEOUT_MS }: SmtpSettings): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A template is words, never a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async ({ messageId, to, subject, text, html }) => {
      try {
        await transport.sendMail({ from, messageId: `<${messageId}>`, to, subject, text, html });
        return { kind: 'sent' };
      } catch (error) {
        return outcomeOf(error);
      }
    },
    close: () => transport.close(),
  };
}

interface SmtpError {
  readonly responseCode?: number;
  readonly code?: string;
}

function outcomeOf(error: unknown): SendOutcome {
  const { responseCode, code = 'unknown' } = error as SmtpError; // What nodemailer throws.
  if (responseCode === undefined) return { kind: 'later', reason: `the mail server did not answer: ${code}` };
  const reason = `the mail server answered ${responseCode}`;
  // Wrong credentials are ours to mend: the mail is not lost for it.
  return { kind: responseCode >= 500 && code !== 'EAUTH' ? 'refused' : 'later', reason };
}
