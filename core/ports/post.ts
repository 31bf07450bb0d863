/** One HTTP POST to an address that somebody else has chosen. */
export interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `refused`: not even tried, because of the address. `failed`: no answer; it may have arrived all the same. */
export type PostOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Never rejects, follows no redirect. */
export type Post = (posted: Posted) => Promise<PostOutcome>;
