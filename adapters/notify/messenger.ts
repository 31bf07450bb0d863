/**
 * Short messages through the merchant's own gateway: a signed POST that names the channel, the number and the text. Signed like
 * outgoing events, HMAC-SHA256 over `timestamp.body`, so that the receiver can tell them from others'.
 */
import type { Clock } from '../../core/clock.js';
import type { Messenger } from '../../core/ports/messenger.js';
import type { Post } from '../../core/ports/post.js';
import { signedHeaders } from '../../core/signed-post.js';

interface MessengerSettings {
  readonly url: string;
  readonly secret: string;
  readonly post: Post;
  readonly clock: Clock;
}

export function createMessenger({ url, secret, post, clock }: MessengerSettings): Messenger {
  return {
    send: async (message) => {
      const body = JSON.stringify(message);
      const headers = signedHeaders({ id: message.messageId, body, secrets: [secret] }, clock.now());
      const outcome = await post({ url, headers, body });
      if (outcome.kind === 'refused') return { kind: 'refused', reason: outcome.reason };
      if (outcome.kind === 'failed') return { kind: 'later', reason: outcome.reason };
      const { status } = outcome;
      if (status >= 200 && status < 300) return { kind: 'sent' };
      const reason = `the messenger answered ${status}`;
      // It did not understand, and will not the next time; anything else may pass.
      const isFinal = status === 400 || status === 404 || status === 410 || status === 422;
      return { kind: isFinal ? 'refused' : 'later', reason };
    },
  };
}
