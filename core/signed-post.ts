/**
 * How what we POST is signed: `x-hasivu-signature: v1=<hex>` is the HMAC-SHA256 of `<x-hasivu-timestamp>.<body>`, once for each secret
 * that is valid, so that a rotation loses nothing. The timestamp (Unix seconds) lets a receiver refuse a copy of long ago; the id is
 * the same at every repeat.
 */
import { sign } from './signature.js';

interface SignedPost {
  readonly id: string;
  readonly body: string;
  /** Current first. */
  readonly secrets: readonly string[];
}

export function signedHeaders({ id, body, secrets }: SignedPost, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  return {
    'content-type': 'application/json',
    'user-agent': 'hasivu',
    'x-hasivu-id': id,
    'x-hasivu-timestamp': timestamp,
    'x-hasivu-signature': secrets.map((secret) => `v1=${sign(`${timestamp}.${body}`, secret)}`).join(','),
  };
}
