/**
 * Who may call: holders of a configured key, as a bearer token (RFC 6750), in `X-Api-Key`, or as the password of basic
 * authentication (RFC 7617), which is how a browser shows the dashboard. Without keys only this machine may call, under
 * a loopback host name, so that a page on the internet cannot reach us by rebinding its name (DNS rebinding).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../core/errors.js';

interface Caller {
  /** Without the port. */
  readonly hostname: string;
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

/** @throws AppError `bad-input` when others could reach us and no key keeps them out. */
export function requireSafeHost(host: string, apiKeys: readonly string[]): void {
  if (apiKeys.length > 0 || LOOPBACK.test(host)) return;
  const message = `HOST ${host} can be reached by others: set API_KEYS, or listen on 127.0.0.1`;
  throw new AppError('bad-input', 'api-keys-required', message);
}

/** @throws AppError `unauthorised`. */
export function createKeyCheck(apiKeys: readonly string[]): (caller: Caller) => void {
  const digests = apiKeys.map(digest);
  return (caller) => {
    if (digests.length === 0) {
      if (LOOPBACK.test(caller.hostname)) return;
      const message =
        'without API_KEYS this server answers only under a loopback host name such as localhost';
      throw new AppError('unauthorised', 'host-not-allowed', message);
    }
    const offered = digest(offeredKey(caller));
    // Every key is compared, at the same cost whatever matches.
    const matches = digests.map((known) => timingSafeEqual(known, offered));
    if (matches.includes(true)) return;
    throw new AppError(
      'unauthorised',
      'api-key-required',
      'send a valid key as `Authorization: Bearer KEY` or `X-Api-Key: KEY`',
    );
  };
}

function offeredKey({ authorization, apiKey }: Caller): string {
  if (apiKey !== undefined) return apiKey;
  const [scheme, credentials = ''] = (authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer') return credentials;
  if (scheme?.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** Equal lengths for a comparison in constant time. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
