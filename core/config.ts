/**
 * Every setting that differs between deployments, read once at boot: the only reader of the environment. One schema
 * gives the type, the check and the remedy in the message; anything nobody changes at deploy time is a constant beside
 * its use. An empty variable counts as absent.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import Value from 'typebox/value';
import { AppError } from './errors.js';
import { LOG_LEVELS } from './log.js';
import type { LogLevel } from './log.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export const systemEnvironment: Environment = process.env;

/** `description` completes "expected …"; a variable with `secret` is never printed. */
const Variables = Type.Object({
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 8080,
    description: 'a port from 0 to 65535, for instance 8080',
  }),
  HOST: Type.String({
    pattern: '^[A-Za-z0-9.:-]+$',
    default: '127.0.0.1',
    description: 'an address to listen on, for instance 127.0.0.1',
  }),
  DATA_DIR: Type.String({ default: './data', description: 'a folder, for instance ./data' }),
  DATABASE_URL: optionalText('^postgres(ql)?://.+', 'postgres://user:password@host:5432/database', 'secret'),
  REDIS_URL: optionalText('^(rediss?|unix)://.+', 'redis://host:6379', 'secret'),
  LAKE_URL: optionalText('^(file:///.+|[^:]+|[A-Za-z]:[\\\\/].*)$', 'a folder or a file:///… address'),
  PAYMENT_GATEWAY: Type.Optional(
    Type.Union([Type.Literal('razorpay'), Type.Literal('double')], {
      description: 'razorpay, or double for a local server that behaves like it',
    }),
  ),
  RAZORPAY_KEY_ID: optionalText('^rzp_(test|live)_\\w+$', 'a key id that begins with rzp_test_ or rzp_live_'),
  RAZORPAY_KEY_SECRET: optionalText('^\\S+$', 'the secret that belongs to RAZORPAY_KEY_ID', 'secret'),
  RAZORPAY_WEBHOOK_SECRET: optionalText(
    '^[^,\\s]+(,[^,\\s]+)?$',
    'one webhook secret, or two as current,previous',
    'secret',
  ),
  WEBHOOK_MAX_AGE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    default: 15,
    description: 'after how many days a webhook is refused as old, for instance 15',
  }),
  GEOIP_FILE: optionalText(
    '^.+\\.mmdb$',
    'a geolocation file in the MMDB format, for instance ./country.mmdb',
  ),
  POLICY_FILE: optionalText(
    '^.+\\.json$',
    'a JSON file with costs, exploration and block cap, for instance ./policy.json',
  ),
  MAX_IN_FLIGHT: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 2000,
    description:
      'how many decisions may be in flight before callers are told to come back, for instance 2000',
  }),
  SMTP_URL: optionalText('^smtps?://.+', 'smtp://user:password@host:587', 'secret'),
  MAIL_FROM: Type.String({
    pattern: '^[^\\r\\n]*[^\\s@<>]+@[^\\s@<>]+>?$',
    default: 'HASIVU <no-reply@localhost>',
    description: 'whom mails are from, for instance Meals <meals@example.com>',
  }),
  NOTIFY_URL: optionalText('^https?://.+', 'where short messages are posted: https://…', 'secret'),
  NOTIFY_SECRET: optionalText(
    '^\\S{16,}$',
    'at least 16 characters that sign what is posted to NOTIFY_URL',
    'secret',
  ),
  PRIVATE_ENDPOINTS: Type.Union([Type.Literal('none'), Type.Literal('loopback'), Type.Literal('all')], {
    default: 'none',
    description: 'none, loopback or all: which addresses that are not public event endpoints may have',
  }),
  LOG_LEVEL: Type.Union(
    LOG_LEVELS.map((level) => Type.Literal(level)),
    { default: 'info', description: `one of ${LOG_LEVELS.join(', ')}` },
  ),
  API_KEYS: optionalText(
    '^[\\w.-]{16,}(,[\\w.-]{16,})*$',
    'keys of at least 16 letters, digits, dots or dashes, separated by commas',
    'secret',
  ),
});

function optionalText(pattern: string, expected: string, secrecy: 'secret' | 'public' = 'public') {
  return Type.Optional(Type.String({ pattern, description: expected, secrecy }));
}

interface Razorpay {
  readonly keyId: string;
  readonly keySecret: string;
}

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  /** Absolute folder of the lake; null means `<dataDir>/lake`. */
  readonly lakeUrl: string | null;
  /** Who takes payments. A double is never chosen for want of a key. */
  readonly paymentGateway: 'razorpay' | 'double' | null;
  /** Null: no key is set. */
  readonly razorpay: Razorpay | null;
  /** Current first; a previous one is still accepted while a rotation lasts. Empty: webhooks are refused. */
  readonly webhookSecrets: readonly string[];
  /** A provider replays single events for 15 days; older ones are somebody's copy. */
  readonly webhookMaxAgeDays: number;
  /** Absolute; null: the country of an IP address is unknown. */
  readonly geoipFile: string | null;
  /** Absolute; null: the default policy. */
  readonly policyFile: string | null;
  /** Decisions in flight beyond which the gate answers 503. */
  readonly maxInFlight: number;
  /** Null: mails are put into a folder. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  /** Who brings short messages to people; null: they are put into a folder. */
  readonly notify: { readonly url: string; readonly secret: string } | null;
  /** Which addresses of this machine or network event endpoints may have. */
  readonly privateEndpoints: 'none' | 'loopback' | 'all';
  readonly logLevel: LogLevel;
  readonly apiKeys: readonly string[];
}

export function loadConfig(environment: Environment): Config {
  const variables = readVariables(environment);
  return {
    port: variables.PORT,
    host: variables.HOST,
    dataDir: path.resolve(variables.DATA_DIR),
    databaseUrl: variables.DATABASE_URL ?? null,
    redisUrl: variables.REDIS_URL ?? null,
    lakeUrl: variables.LAKE_URL === undefined ? null : lakeFolder(variables.LAKE_URL),
    paymentGateway: readPaymentGateway(variables),
    razorpay: readRazorpay(variables),
    webhookSecrets: variables.RAZORPAY_WEBHOOK_SECRET?.split(',') ?? [],
    webhookMaxAgeDays: variables.WEBHOOK_MAX_AGE_DAYS,
    geoipFile: variables.GEOIP_FILE === undefined ? null : path.resolve(variables.GEOIP_FILE),
    policyFile: variables.POLICY_FILE === undefined ? null : path.resolve(variables.POLICY_FILE),
    maxInFlight: variables.MAX_IN_FLIGHT,
    smtpUrl: variables.SMTP_URL ?? null,
    mailFrom: variables.MAIL_FROM,
    notify: readNotify(variables),
    privateEndpoints: variables.PRIVATE_ENDPOINTS,
    logLevel: variables.LOG_LEVEL,
    apiKeys: variables.API_KEYS?.split(',') ?? [],
  };
}

type Variables = Type.Static<typeof Variables>;

const NUMBERS: ReadonlySet<string> = new Set(['PORT', 'WEBHOOK_MAX_AGE_DAYS', 'MAX_IN_FLIGHT']);

function readVariables(environment: Environment): Variables {
  const lake = environment['LAKE_URL'] ?? '';
  if (/^s3:/i.test(lake))
    throw invalid(
      'LAKE_URL',
      lake,
      'a folder or a file:///… address: object stores are not supported in this version',
    );
  const names = Object.keys(Variables.properties) as (keyof Variables)[];
  const present = names
    .filter((name) => (environment[name] ?? '') !== '')
    .map((name) => [name, NUMBERS.has(name) ? wholeNumber(environment[name]) : environment[name]]);
  const candidate: unknown = Value.Default(Variables, Object.fromEntries(present));
  if (Value.Check(Variables, candidate)) return candidate;
  const [error] = Value.Errors(Variables, candidate);
  const name = names.find((key) => error?.instancePath.startsWith(`/${key}`)) ?? 'PORT';
  const schema = Variables.properties[name] as { description?: string; secrecy?: string };
  const shown = schema.secrecy === 'secret' ? '[not shown]' : (environment[name] ?? '');
  throw invalid(name, shown, schema.description ?? 'another value');
}

/** Left as text, which the schema refuses, when it is not a whole number. */
function wholeNumber(text: string | undefined): unknown {
  return /^\d+$/.test(text ?? '') ? Number(text) : text;
}

function invalid(name: string, shown: string, expected: string): AppError {
  return new AppError(
    'bad-input',
    'config-invalid',
    `${name} is ${JSON.stringify(shown)}: expected ${expected}`,
    { details: { variable: name } },
  );
}

function readRazorpay(variables: Variables): Razorpay | null {
  const { RAZORPAY_KEY_ID: keyId, RAZORPAY_KEY_SECRET: keySecret } = variables;
  if (keyId === undefined && keySecret === undefined) return null;
  if (keyId === undefined)
    throw invalid('RAZORPAY_KEY_ID', '', 'the key id that belongs to RAZORPAY_KEY_SECRET');
  if (keySecret === undefined)
    throw invalid('RAZORPAY_KEY_SECRET', '', 'the secret that belongs to RAZORPAY_KEY_ID');
  return { keyId, keySecret };
}

function readNotify({ NOTIFY_URL: url, NOTIFY_SECRET: secret }: Variables): Config['notify'] {
  if (url === undefined) return null;
  if (secret === undefined) throw invalid('NOTIFY_SECRET', '', 'a secret, because NOTIFY_URL is set');
  return { url, secret };
}

/** A key names the real service; only the variable names the double. */
function readPaymentGateway(variables: Variables): Config['paymentGateway'] {
  const { PAYMENT_GATEWAY: named, RAZORPAY_KEY_ID: keyId } = variables;
  if (named === 'razorpay' && keyId === undefined)
    throw invalid('RAZORPAY_KEY_ID', '', 'a key, because PAYMENT_GATEWAY is razorpay');
  if (named === 'double' && keyId?.startsWith('rzp_live_') === true)
    throw invalid('PAYMENT_GATEWAY', named, 'razorpay, because RAZORPAY_KEY_ID is a live key');
  return named ?? (keyId === undefined ? null : 'razorpay');
}

function lakeFolder(lakeUrl: string): string {
  return path.resolve(lakeUrl.startsWith('file:') ? fileURLToPath(lakeUrl) : lakeUrl);
}

/** The settings for people and logs: secrets say only whether they are set. */
export function describeConfig(config: Config): Record<string, string | number> {
  const secret = (value: unknown) => (value === null ? 'not set' : 'set');
  return {
    port: config.port,
    host: config.host,
    dataDir: config.dataDir,
    databaseUrl: config.databaseUrl === null ? 'embedded' : 'set',
    redisUrl: secret(config.redisUrl),
    lakeUrl: config.lakeUrl ?? path.join(config.dataDir, 'lake'),
    paymentGateway: config.paymentGateway ?? 'not set',
    razorpay: config.razorpay?.keyId ?? 'not set',
    webhookSecrets: config.webhookSecrets.length,
    geoipFile: config.geoipFile ?? 'not set',
    policyFile: config.policyFile ?? 'default',
    maxInFlight: config.maxInFlight,
    smtpUrl: secret(config.smtpUrl),
    mailFrom: config.mailFrom,
    notify: secret(config.notify),
    privateEndpoints: config.privateEndpoints,
    logLevel: config.logLevel,
    apiKeys: config.apiKeys.length,
  };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Whoever reaches the port can move money, so beyond this machine the API must ask for a key. */
export function requireSafeExposure(config: Config): void {
  if (LOOPBACK.test(config.host) || config.apiKeys.length > 0) return;
  throw invalid(
    'HOST',
    config.host,
    'a loopback address, or API_KEYS set: the API would be open to the network without a key',
  );
}

/** Where the lake's files are: below the data folder unless LAKE_URL names another place. */
export function lakeRoot({ lakeUrl, dataDir }: Pick<Config, 'lakeUrl' | 'dataDir'>): string {
  return lakeUrl ?? path.join(dataDir, 'lake');
}
