/**
 * The `razorpay` SDK with its gaps closed: a deadline on every call, another base URL, an idempotency header per call (its own
 * header list drops them), paths that cannot leave the API, and transport errors that keep their cause (its error mapper throws
 * TypeError on them). Found by reading SDK 2.9.8; everything goes through the one axios instance at `api.rq`.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import Razorpay from 'razorpay';

export interface ClientOptions {
  readonly keyId: string;
  readonly keySecret: string;
  /** Without `/v1`. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

type Body = Readonly<Record<string, unknown>>;
type Answer = Promise<unknown>;

/** The SDK's methods that are used. Its own types refuse valid requests and promise wrong answers, so answers are checked instead. */
export interface Sdk {
  readonly api: {
    get(request: { url: string; data?: Body }): Answer;
    put(request: { url: string; data?: Body }): Answer;
  };
  readonly orders: {
    create(body: Body): Answer;
    fetch(id: string): Answer;
    fetchPayments(id: string): Answer;
  };
  readonly payments: {
    capture(id: string, amount: number, currency: string): Answer;
    refund(id: string, body: Body): Answer;
    fetchMultipleRefund(id: string, query: Body): Answer;
    createRecurringPayment(body: Body): Answer;
    fetchPaymentDowntime(): Answer;
  };
  readonly refunds: { fetch(id: string): Answer };
  readonly customers: {
    create(body: Body): Answer;
    fetch(id: string): Answer;
    fetchTokens(id: string): Answer;
    fetchToken(id: string, tokenId: string): Answer;
    deleteToken(id: string, tokenId: string): Answer;
  };
  readonly subscriptions: { createRegistrationLink(body: Body): Answer };
  readonly invoices: { fetch(id: string): Answer; cancel(id: string): Answer };
  readonly paymentLink: {
    create(body: Body): Answer;
    fetch(id: string): Answer;
    cancel(id: string): Answer;
    notifyBy(id: string, medium: string): Answer;
  };
  readonly settlements: { fetch(id: string): Answer; reports(query: Body): Answer };
  readonly disputes: {
    fetch(id: string): Answer;
    accept(id: string): Answer;
    contest(id: string, body: Body): Answer;
  };
}

/** What of axios is touched. */
interface Transport {
  readonly defaults: { baseURL?: string; proxy?: false; maxRedirects?: number; maxContentLength?: number };
  readonly interceptors: {
    readonly request: { use(change: (request: OutgoingRequest) => OutgoingRequest): void };
    readonly response: { use(onOk: undefined, onError: (error: TransportError) => Promise<never>): void };
  };
}
interface OutgoingRequest {
  url?: string;
  signal?: AbortSignal;
  headers: { set(name: string, value: string): void };
}
interface TransportError {
  readonly message: string;
  readonly code?: string;
  response?: { readonly status: number; readonly data: unknown };
}

/** Codes of failures before anything was sent. */
export const BAD_PATH = 'BAD_PATH';
/** A page of 1,000 recon rows is about 1 MB. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const LIVE_BASE_URL = 'https://api.razorpay.com';
const SAFE_PATH = /^\/v1(\/\w+)+$/;

const refundKey = new AsyncLocalStorage<string>();

/** Every call made inside `send` carries the key. */
export function withRefundKey<T>(key: string, send: () => Promise<T>): Promise<T> {
  return refundKey.run(key, send);
}

export function createClient({ keyId, keySecret, baseUrl, timeoutMs }: ClientOptions): Sdk {
  const client = new Razorpay({ key_id: keyId, key_secret: keySecret });
  const { rq } = client.api as unknown as { readonly rq: Transport };
  // A redirect would repeat the request, perhaps elsewhere.
  Object.assign(rq.defaults, { baseURL: baseUrl, maxRedirects: 0, maxContentLength: MAX_ANSWER_BYTES });
  if (baseUrl !== LIVE_BASE_URL) rq.defaults.proxy = false;
  rq.interceptors.request.use((request) => {
    if (!SAFE_PATH.test(request.url ?? '')) throw badPath(request.url ?? '');
    const key = refundKey.getStore();
    if (key !== undefined) request.headers.set('X-Refund-Idempotency', key);
    // axios' own timeout watches a silent socket only; this one is a deadline.
    request.signal = AbortSignal.timeout(timeoutMs);
    return request;
  });
  rq.interceptors.response.use(undefined, (error) => {
    if (!hasError(error.response?.data)) error.response = repaired(error);
    return Promise.reject(error);
  });
  return client as unknown as Sdk;
}

function badPath(url: string): Error {
  return Object.assign(new Error(`${JSON.stringify(url)} holds an id that is none`), { code: BAD_PATH });
}

function hasError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object';
}

/** In the shape that the SDK expects, with the cause as `reason`; status 0: no answer. */
function repaired(error: TransportError): { status: number; data: unknown } {
  const status = error.response?.status ?? 0;
  const code = status === 0 ? 'NETWORK_ERROR' : 'UNREADABLE_ERROR';
  return { status, data: { error: { code, description: error.message, reason: error.code ?? 'NA' } } };
}
