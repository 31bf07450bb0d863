/**
 * POSTs to addresses that others choose, without becoming their way into our network (OWASP, "Server-Side Request Forgery
 * Prevention"): http or https alone, no redirects, and the address that a name stands for is checked at the moment of connecting, so
 * that no second look at DNS can differ. Time and the part of an answer that is read are bounded.
 */
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { Post, PostOutcome } from '../../core/ports/post.js';
import { refusalOf } from './public-address.js';
import type { PrivateAddresses } from './public-address.js';

/** From the first look at DNS to the end of the answer's head. */
const TIMEOUT_MS = 10_000;

export function createPost(allowed: PrivateAddresses): Post {
  const lookupAllowed = checkedLookup(allowed);
  return async ({ url, headers, body }) => {
    const target = URL.canParse(url) ? new URL(url) : null;
    if (target === null || !/^https?:$/.test(target.protocol) || target.username !== '')
      return { kind: 'refused', reason: 'it is not an http or https address without a password' };
    // A literal address is connected to without a lookup.
    const literal = target.hostname.replace(/^\[|\]$/g, '');
    const refusal = isIP(literal) === 0 ? null : refusalOf(literal, allowed);
    if (refusal !== null) return { kind: 'refused', reason: refusal };
    return send(target, { headers, body, lookup: lookupAllowed });
  };
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly lookup: LookupFunction;
}

function send(target: URL, { headers, body, lookup: resolve }: Sent): Promise<PostOutcome> {
  return new Promise((settle) => {
    const { request } = target.protocol === 'https:' ? https : http;
    const sent = request(target, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      lookup: resolve,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    sent.on('response', (response) => {
      settle({ kind: 'answered', status: response.statusCode ?? 0 });
      // The rest of the answer says nothing to us.
      response.destroy();
    });
    sent.on('error', (error) => {
      settle(
        error instanceof NotPublic
          ? { kind: 'refused', reason: error.message }
          : { kind: 'failed', reason: failureOf(error) },
      );
    });
    sent.end(body);
  });
}

/** Without the address: it may carry a secret of the endpoint's owner. */
function failureOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `no answer within ${TIMEOUT_MS / 1000} s`;
  return 'code' in error ? `connection failed: ${String(error.code)}` : 'connection failed';
}

class NotPublic extends Error {}

function checkedLookup(allowed: PrivateAddresses): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const [first] = found ?? [];
      if (error !== null || first === undefined) return done(error ?? new Error('no address'), '', 0);
      // One bad address among good ones is a trick, too.
      const refusal = found.map(({ address }) => refusalOf(address, allowed)).find((one) => one !== null);
      if (refusal !== undefined) return done(new NotPublic(refusal), '', 0);
      return options.all === true ? done(null, found) : done(null, first.address, first.family);
    });
  };
}
