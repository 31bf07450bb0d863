/**
 * Operational failures: the caller did something wrong or something outside failed. Expected outcomes are values in
 * unions and bugs are assertions; neither is an `AppError`. Mapped once for HTTP (RFC 9457) and once for the CLI.
 */
export type ErrorKind =
  'bad-input' | 'unauthorised' | 'forbidden' | 'not-found' | 'conflict' | 'unavailable' | 'internal';

export interface AppErrorOptions {
  /** May the same call succeed later without a change? */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Machine-readable places of the fault, for instance file, line and column. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class AppError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  /** `code` is stable and kebab-case; `message` names the place and the remedy in one sentence. */
  constructor(kind: ErrorKind, code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.retryable = options.retryable ?? kind === 'unavailable';
    this.details = options.details ?? {};
  }
}

/** A bug stops the request or the job: it is never an expected outcome. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
