/**
 * The one mapping of failures to HTTP: RFC 9457 problem documents with a stable `code`. Whatever is not an expected refusal is
 * a 500 whose text stays in the log beside the request's id.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../core/errors.js';
import type { ErrorKind } from '../core/errors.js';

export const PROBLEM_TYPE = 'application/problem+json';

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable and machine-readable.' }),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
    reasons: Type.Optional(
      Type.Array(Type.Object({ code: Type.String(), text: Type.String() }), {
        description: 'Why a payment was refused, strongest first.',
      }),
    ),
  },
  { description: 'RFC 9457 problem document.' },
);
export type Problem = Static<typeof Problem>;

export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: Problem['errors'];
  readonly reasons?: Problem['reasons'];
  readonly retryAfterSeconds?: number;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  'bad-input': 400,
  unauthorised: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  internal: 500,
  unavailable: 503,
};

export function toProblem(failure: Failure, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: TITLES[failure.status] ?? 'Error',
    status: failure.status,
    detail: failure.detail,
    code: failure.code,
    requestId,
    ...(failure.errors === undefined ? {} : { errors: failure.errors }),
    ...(failure.reasons === undefined ? {} : { reasons: failure.reasons }),
  };
}

const HIDDEN: Failure = {
  status: 500,
  code: 'internal-error',
  detail: 'something failed on our side; the log has it under this request id',
};

export function toFailure(error: unknown): Failure {
  if (error instanceof AppError) return fromAppError(error);
  return fromFramework(error) ?? HIDDEN;
}

function fromAppError(error: AppError): Failure {
  const status = STATUS_OF[error.kind];
  if (status === 500) return HIDDEN;
  const { errors, reasons, retryAfterSeconds } = error.details;
  return {
    status,
    code: error.code,
    detail: error.message,
    ...(Array.isArray(errors) ? { errors: errors as NonNullable<Problem['errors']> } : {}),
    ...(Array.isArray(reasons) ? { reasons: reasons as NonNullable<Problem['reasons']> } : {}),
    ...(typeof retryAfterSeconds === 'number' ? { retryAfterSeconds } : {}),
  };
}

interface FrameworkError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly message: string;
  readonly validation?: readonly SchemaError[];
  readonly validationContext?: string;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** By Fastify's error code: our code and words. Its own texts for these may change. */
const FRAMEWORK_CODES: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'unsupported-media-type', 'send the body as application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body-too-large', 'the body may have at most 64 KiB'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'malformed-json', 'the body is empty: send a JSON object'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'malformed-json', 'the body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'invalid-content-length',
    'the body is not as long as Content-Length says',
  ],
};

function fromFramework(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const known = error as FrameworkError & Error;
  if (known.validation !== undefined)
    return fromValidation(known.validation, known.validationContext ?? 'request');
  const mapped = FRAMEWORK_CODES[known.code ?? ''];
  if (mapped !== undefined) return { status: mapped[0], code: mapped[1], detail: mapped[2] };
  if (error instanceof SyntaxError && known.statusCode === 400) {
    return { status: 400, code: 'malformed-json', detail: 'the body is not valid JSON' };
  }
  const status = known.statusCode ?? 500;
  return status >= 400 && status < 500 ? { status, code: 'bad-request', detail: known.message } : null;
}

function fromValidation(found: readonly SchemaError[], context: string): Failure {
  const errors = found.flatMap(toFieldErrors);
  const first = errors[0] ?? { field: context, message: 'is invalid' };
  return { status: 400, code: 'invalid-request', detail: `${first.field} ${first.message}`, errors };
}

function toFieldErrors({
  keyword,
  instancePath,
  params,
  message,
}: SchemaError): { field: string; message: string }[] {
  const at = instancePath.slice(1).replaceAll('/', '.');
  const child = (name: unknown): string => (at === '' ? String(name) : `${at}.${String(name)}`);
  switch (keyword) {
    case 'required':
      return list(params?.['requiredProperties']).map((name) => ({
        field: child(name),
        message: 'is required',
      }));
    case 'additionalProperties':
      return list(params?.['additionalProperties']).map((name) => ({
        field: child(name),
        message: 'is not a known field',
      }));
    case 'boolean':
      // The twin of `additionalProperties`, without a text for people.
      return [];
    case 'enum':
      return [{ field: at, message: `must be one of ${list(params?.['allowedValues']).join(', ')}` }];
    default:
      return [{ field: at === '' ? 'body' : at, message: message ?? 'is invalid' }];
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
