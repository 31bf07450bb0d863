/**
 * Requests that no honest caller sends: valid bodies with wrong types, missing and added fields, huge numbers, broken text, nesting
 * and prototypes, under wrong headers. Every text that stands for a payer holds the mark, so that any piece of it that
 * reaches a log is found there.
 */
import fc from 'fast-check';

export interface FuzzedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

type Body = Readonly<Record<string, unknown>>;

const MARK = 'qZ9';
/** Any three characters of marked text, and what cannot be marked: addresses, card numbers and places of valid bodies. */
export const PAYER_TEXT = /qz9|z9q|9qz|203\.0\.113\.|419990|12\.97159/i;

const marked = fc.nat({ max: 400 }).map((n) => `${MARK}${MARK}-${n}${MARK}`);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });

/** RFC 3339 and not: before the calendar, after it, days and seconds that do not exist. */
const instant = fc.constantFrom(
  '2026-01-05T05:00:00Z',
  '2026-01-05T11:29:00.123456789+05:30',
  '1970-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  '0000-01-01T00:00:00+23:59',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-23:59',
  '2016-12-31T23:59:60Z',
  '2026-02-30T00:00:00Z',
  '2026-01-05T24:00:00Z',
  '+275760-09-13T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  '2026-01-05',
  '1767589200000',
);

const valid: fc.Arbitrary<Body> = fc.record({
  paymentId: fc.oneof(
    marked,
    fc.nat().map((n) => `${MARK}${n}`),
  ),
  kind: optional(fc.constantFrom('payment', 'retry', 'dunning')),
  retryOf: optional(marked),
  payerId: marked,
  counterpartyId: optional(marked),
  instrumentId: optional(marked),
  deviceId: optional(marked),
  ip: optional(fc.nat({ max: 255 }).map((n) => `203.0.113.${n}`)),
  method: optional(fc.constantFrom('upi', 'card')),
  category: optional(marked),
  country: optional(fc.constantFrom('IN', 'NP')),
  latitude: optional(fc.constant(12.971599)),
  longitude: optional(fc.double({ min: -180, max: 180, noNaN: true })),
  amountPaise: fc.oneof(fc.nat(), fc.maxSafeNat()),
  currency: optional(fc.constantFrom('INR', 'USD')),
  emailDomain: optional(fc.constant(`${MARK}${MARK}.example`)),
  bin: optional(fc.constantFrom('419990', '41999012')),
  occurredAt: optional(fc.oneof({ weight: 4, arbitrary: fc.constant('2026-01-05T05:00:00Z') }, instant)),
});

/** Written into the JSON as it stands: numbers and names that no object can hold. */
const raw = (text: string): string => `@raw:${text}@`;

const nested = (depth: number, open: string, close: string): string =>
  raw(open.repeat(depth) + close.repeat(depth));

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    ' ',
    [],
    {},
    [null],
    0,
    -0,
    -1,
    0.1,
    1e21,
    -1e308,
    2 ** 53,
    -(2 ** 53),
  ),
  fc.constantFrom(
    raw('1e999'),
    raw('-1e999'),
    raw('NaN'),
    raw('Infinity'),
    raw('0x10'),
    raw('1'.repeat(400)),
    raw('01'),
  ),
  fc.constantFrom(
    nested(5000, '[', ']'),
    nested(5000, '{"a":', '}').replace(':}', ':1}'),
    nested(40, '[', ']'),
  ),
  fc.constantFrom(
    '\u0000',
    `${MARK}\u0000${MARK}`,
    `${MARK}\ud800`,
    `\udc00${MARK}`,
    `${MARK}\ufeff`,
    `\u202e${MARK}`,
    '\ufffd',
  ),
  fc.constantFrom(
    MARK.repeat(43),
    MARK.repeat(20_000),
    MARK.repeat(350_000),
    '👩‍👩‍👧‍👦'.repeat(12),
    `${MARK}\r\nset-cookie: a=b`,
  ),
  fc.constantFrom(
    "'; DROP TABLE decisions; --",
    '${jndi:ldap://x}',
    '../../etc/passwd',
    '%00',
    '{{7*7}}',
    '-1',
    'null',
    'NaN',
  ),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => `${MARK}${text}${MARK}`),
  fc.double(),
  instant,
  fc.array(marked, { maxLength: 20 }),
  fc.dictionary(marked, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 }),
  fc.jsonValue({ maxDepth: 4 }).map((value) => [value, MARK]),
);

const foreignName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '',
    'payerid',
    'amount',
    '$ref',
    'then',
  ),
  marked,
);

type Change = (body: Body) => Body;

function change(names: readonly string[]): fc.Arbitrary<Change> {
  const name = fc.constantFrom(...names);
  return fc.oneof(
    fc.tuple(name, anything).map(([field, value]): Change => (body) => ({ ...body, [field]: value })),
    name.map((field): Change => (body) => ({ ...body, [field]: undefined })),
    fc.tuple(foreignName, anything).map(
      ([field, value]): Change =>
        (body) =>
          Object.fromEntries([...Object.entries(body), [field, value]]),
    ),
  );
}

/** The JSON of a body with its raw texts in place. */
function textOf(body: unknown): string {
  return (JSON.stringify(body) ?? 'null').replace(/"@raw:(.*?)@"/gs, (_all, text: string) =>
    text.replace(/\\(["\\])/g, '$1'),
  );
}

type Break = (text: string) => Buffer;

/** What happens to a text on its way. */
const breaking: fc.Arbitrary<Break> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Break>((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map(
      (at): Break =>
        (text) =>
          Buffer.from(text.slice(0, at * text.length)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([at, bytes]): Break => (text) => {
        const broken = Buffer.from(text);
        broken.set(
          bytes.subarray(0, broken.length),
          Math.floor(at * Math.max(0, broken.length - bytes.length)),
        );
        return broken;
      }),
  },
  fc.constantFrom<Break>(
    (text) => Buffer.from(text.replace(MARK, `${MARK}\xff\xfe`), 'latin1'),
    (text) => Buffer.from(text, 'utf16le'),
    (text) => Buffer.from(`\ufeff${text}`),
    (text) => Buffer.from(`${text}${text}`),
    (text) => Buffer.from(`[${text}]`),
    (text) => Buffer.from(text.replace('{', '{"payerId":"qZ9first",')),
    (text) => Buffer.from(text.replaceAll('"', "'")),
    () => Buffer.alloc(0),
  ),
  fc.uint8Array({ maxLength: 300 }).map(
    (bytes): Break =>
      () =>
        Buffer.from(bytes),
  ),
);

const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'application/json; charset=utf-8',
    'application/json; charset=utf-16',
    'APPLICATION/JSON',
    'application/jsonp',
  ),
  fc.constantFrom(
    'text/plain',
    'application/xml',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    'json',
    '',
    ';',
    '\u00ff/\u00fe',
  ),
);

/** Of few keys, so that some come twice, with the same body or with another. */
const key = fc.oneof(
  fc.nat({ max: 300 }).map((n) => `${MARK}-key-${n}`),
  fc.constantFrom(
    '',
    ' ',
    `${MARK}\u00e9\u00ff`,
    MARK.repeat(60),
    '"quoted"',
    `${MARK}, ${MARK}`,
    `${MARK}\t`,
  ),
);

const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record({
    'content-type': contentType,
    'idempotency-key': fc.option(key, { nil: undefined, freq: 1 }),
    accept: seldom(fc.constantFrom('text/html', '*/*', '\u00ff')),
    'accept-version': seldom(fc.constantFrom('1', '9.x')),
    authorization: seldom(fc.constantFrom('Bearer', `Basic ${MARK}`, 'Basic %%%')),
    'content-encoding': seldom(fc.constantFrom('gzip', 'identity', MARK)),
    'x-forwarded-for': seldom(fc.constantFrom('203.0.113.9', MARK)),
    'x-request-id': seldom(fc.constant(MARK.repeat(30))),
    cookie: seldom(fc.constantFrom(`a=${MARK}`, ';=;', MARK.repeat(5000), MARK.repeat(6000))),
  })
  .map(
    (given) =>
      Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
        string,
        string
      >,
  );

function fuzzed(
  path: fc.Arbitrary<string>,
  body: fc.Arbitrary<Body>,
  names: readonly string[],
): fc.Arbitrary<FuzzedRequest> {
  const changed = fc
    .tuple(body, fc.array(change(names), { maxLength: 3, size: 'max' }))
    .map(([base, changes]) => changes.reduce((so, apply) => apply(so), base) as unknown);
  const content = fc.oneof({ weight: 20, arbitrary: changed }, anything);
  return fc
    .tuple(path, headers, content, breaking)
    .map(([to, given, value, broken]) => ({ path: to, headers: given, payload: broken(textOf(value)) }));
}

const DECISION_FIELDS = [
  'paymentId', 'kind', 'retryOf', 'payerId', 'counterpartyId', 'instrumentId', 'deviceId', 'ip', 'method', 'category',
  'country', 'latitude', 'longitude', 'amountPaise', 'currency', 'emailDomain', 'bin', 'occurredAt',
]; // prettier-ignore

/** Asks for decisions. */
export const fuzzedDecision = fuzzed(fc.constant('/v1/decisions'), valid, DECISION_FIELDS);

const RULE = {
  owner: 'risk',
  action: 'review',
  text: `${MARK} spends much`,
  condition: 'amountPaise > 100',
  overridable: true,
  actor: MARK,
  note: MARK,
};
const ENTRY = { kind: 'block', subject: 'payer', value: MARK, reason: MARK };
const CONDITIONS = [
  'amountPaise > ', '(((((', 'payerCount1h / 0 > 1', `country in ["${MARK}"`, '!'.repeat(2000), '('.repeat(2000),
  `"${MARK}" == payerId`, 'a'.repeat(5000), '1e999 < amountPaise', '\u0000', 'constructor', '__proto__ == 1',
]; // prettier-ignore

/** Path and body of every other route that takes one. */
const COMMANDS: readonly (readonly [path: string, body: Body])[] = [
  ['/v1/outcomes', { paymentId: `${MARK}${MARK}-1${MARK}`, outcome: 'failed', failureReason: MARK }],
  [
    '/v1/outcomes',
    { paymentId: `${MARK}${MARK}-2${MARK}`, outcome: 'captured', occurredAt: '2026-01-05T05:00:00Z' },
  ],
  ['/v1/outcomes', { paymentId: `${MARK}${MARK}-3${MARK}`, outcome: 'fraud', source: 'chargeback' }],
  ['/v1/lists/entries', { entries: [ENTRY], actor: MARK, reason: MARK }],
  ['/v1/lists/removals', { entries: [ENTRY], actor: MARK, reason: MARK }],
  ['/v1/rules', { ruleId: 'fuzzed', ...RULE }],
  ['/v1/rules/fuzzed/versions', RULE],
  ['/v1/rules/fuzzed/mode', { version: 1, mode: 'shadow', actor: MARK, reason: MARK }],
  [
    '/v1/rules/fuzzed/dry-runs',
    { version: 1, from: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z', actor: MARK },
  ],
  ['/v1/cases', { decisionId: 'dec_1', actor: MARK, note: MARK }],
  ['/v1/cases/case_1/assign', { actor: MARK, assignee: MARK }],
  ['/v1/cases/case_1/notes', { actor: MARK, note: MARK }],
  ['/v1/cases/case_1/close', { actor: MARK, verdict: 'fraud', note: MARK }],
  ['/v1/cases/case_1/reopen', { actor: MARK, note: MARK }],
  ['/v1/models/a1b2/promotions', { task: 'fraud', step: 'propose', actor: MARK, reason: MARK }],
];

const commands = COMMANDS.map(([path, body]) => {
  const odd =
    path === '/v1/rules'
      ? fc.constantFrom(...CONDITIONS).map((condition) => ({ ...body, condition }))
      : fc.constant(body);
  const to = fc.oneof(
    { weight: 8, arbitrary: fc.constant(path) },
    marked.map((id) => path.replace(/fuzzed|case_1|a1b2/, encodeURIComponent(id))),
  );
  return fuzzed(to, fc.oneof(fc.constant(body), odd), Object.keys(body));
});

/** Reports, lists, rules, cases and promotions. */
export const fuzzedCommand = fc.oneof(...commands);
