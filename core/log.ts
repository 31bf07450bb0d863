/**
 * Structured logs on standard error, so that a command's result on standard output stays clean. Personal details and
 * secrets are removed by path before anything is written; an event name and ids are what a log line is for.
 */
import pino from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STDERR = 2;

/** Field names whose values never reach a log, at the top level and up to two levels down. */
const SECRET_FIELDS = [
  'contact',
  'email',
  'phone',
  'card',
  'vpa',
  'authorization',
  'cookie',
  'password',
  'secret',
  'key',
  'apiKey',
  'keySecret',
  'webhookSecret',
  'databaseUrl',
  'redisUrl',
  'smtpUrl',
  'token',
] as const;

const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

interface LogSettings {
  readonly level: LogLevel;
  /** For people at a terminal; otherwise one JSON object a line. */
  readonly pretty: boolean;
  /** Standard error unless a test listens. */
  readonly destination?: pino.DestinationStream;
}

export function createLog(settings: LogSettings): Log {
  const destination = settings.destination ?? stderrStream(settings.pretty);
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    },
    destination,
  );
}

function stderrStream(isPretty: boolean): pino.DestinationStream {
  if (!isPretty) return pino.destination({ dest: STDERR, sync: true });
  return pretty({ destination: STDERR, sync: true, colorize: true, translateTime: 'SYS:HH:MM:ss' });
}

/** Says nothing: for tests and for quiet callers. */
export const silentLog: Log = pino({ level: 'silent' });
