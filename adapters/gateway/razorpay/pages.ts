/**
 * Lists read page by page. Razorpay pages by `count` and `skip`, newest first, without a total: a short page is the last one.
 * Bounded by MAX_LISTED, so that a range that is too wide fails instead of running for hours.
 */
import { AppError } from '../../../core/errors.js';
import { MAX_LISTED } from '../../../core/ports/gateway.js';
import type { Outcome, Pages, TimeRange } from '../../../core/ports/gateway.js';

type Query = Readonly<Record<string, unknown>>;
export type FetchPage<T> = (query: Query) => Promise<Outcome<readonly T[]>>;

/** What the API allows; recon allows 1,000. */
const PAGE_ITEMS = 100;

export async function* pages<T>(fetchPage: FetchPage<T>, query: Query, pageItems = PAGE_ITEMS): Pages<T> {
  for (let skip = 0; skip < MAX_LISTED; skip += pageItems) {
    const outcome = await fetchPage({ ...query, count: pageItems, skip });
    if (outcome.kind !== 'ok') throw unreadable(outcome, skip);
    if (outcome.value.length > 0) yield outcome.value;
    if (outcome.value.length < pageItems) return;
  }
  throw new AppError(
    'bad-input',
    'gateway-list-too-long',
    `The gateway lists more than ${MAX_LISTED} items: ask for a narrower range`,
  );
}

function unreadable(outcome: Exclude<Outcome<unknown>, { kind: 'ok' }>, skip: number): AppError {
  if (outcome.kind === 'unknown' || outcome.decline.autoRetry === 'backoff') {
    const why = outcome.kind === 'unknown' ? outcome.message : outcome.decline.description;
    return new AppError(
      'unavailable',
      'gateway-unavailable',
      `The gateway's list broke off at item ${skip}: ${why}`,
    );
  }
  const { reason, description } = outcome.decline;
  return new AppError(
    'bad-input',
    'gateway-refused',
    `The gateway refused to list (${reason}): ${description}`,
  );
}

/** Whole seconds, both ends included. */
export function between({ fromAt, toAt }: TimeRange): Query {
  return { from: Math.floor(fromAt / 1000), to: Math.floor(toAt / 1000) };
}

/** Everything of a list known to be short: one page and no more. */
export const ONE_PAGE: Query = { count: PAGE_ITEMS, skip: 0 };
