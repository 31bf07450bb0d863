/** One e-mail to one person. Three ends: taken over by the next server, refused for good, or perhaps sent: ask nobody, repeat with the same id. */
export interface Mail {
  /** The Message-ID header: the same at every repeat, so that whoever gets both shows one. */
  readonly messageId: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type SendOutcome =
  | { readonly kind: 'sent' }
  /** Certainly not sent, and a repeat would not be either. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not sent, or unknown: worth a repeat later. */
  | { readonly kind: 'later'; readonly reason: string };

export interface Mailer {
  /** Never rejects. Reasons name no addresses. */
  send(mail: Mail): Promise<SendOutcome>;
  close(): void;
}
