/**
 * The newest night's churn scores, in memory, and how they follow the database: by asking for the newest instant every few seconds, like
 * rules and models. A night becomes visible whole and replaces the one before at once; while it cannot be read, the last one stays.
 * No request asks the database.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../core/days.js';
import type { PaymentRequest } from '../ingest/facts.js';
import { latestChurnNight } from '../models/churn-store.js';
import { readNight } from './churn/night.js';
import type { ChurnNight, ChurnRisk } from './churn/night.js';

export interface LiveChurn {
  /** Of the newest night; null before the first, and when it is too old to say anything at `atMs`. */
  risk(payment: Pick<PaymentRequest, 'payerId' | 'currency'>, atMs: number): ChurnRisk | null;
  /** Takes up the newest night. Runs are one after the other; rejects when the database cannot be read. */
  refresh(): Promise<void>;
}

/** As for dunning: a subscription has come up for renewal since, and the score was about that. */
const LASTS_MS = 45 * DAY_MS;

export async function openLiveChurn(pool: Pool): Promise<LiveChurn> {
  let night: ChurnNight | null = null;

  async function refreshOnce(): Promise<void> {
    const newest = await latestChurnNight(pool);
    if (newest === null || newest === night?.scoredAtMs) return;
    night = await readNight(pool, newest);
  }

  let last: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    last = last.catch(() => undefined).then(refreshOnce);
    return last;
  };
  await refresh();
  return {
    risk: (payment, atMs) =>
      night === null || atMs - night.scoredAtMs > LASTS_MS ? null : night.of(payment),
    refresh,
  };
}
