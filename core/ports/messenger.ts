/** Short messages (SMS, WhatsApp) and notices that the merchant's own program brings to people. */
import type { SendOutcome } from './mailer.js';

export interface Message {
  /** The same at every repeat. */
  readonly messageId: string;
  readonly channel: 'sms' | 'webhook';
  readonly payerId: string;
  /** A phone number; null where the receiver knows the payer. */
  readonly to: string | null;
  readonly template: string;
  readonly language: string;
  readonly text: string;
}

export interface Messenger {
  /** Never rejects. Reasons name no addresses. */
  send(message: Message): Promise<SendOutcome>;
}
