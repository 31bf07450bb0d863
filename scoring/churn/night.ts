/**
 * One night's churn scores as the gate prices refusals by them: for each payer and currency what the living subscriptions are worth and
 * how much of that is expected to be lost anyway. Sums of whole paise only, so that the live table and a replay agree bit for bit
 * whatever the order of rows. The scores themselves are written by models/churn-store.ts.
 */
import type { Pool } from 'pg';
import { inTransaction } from '../../core/transaction.js';

/** What a night says of a payer in one currency; without subscriptions in it both amounts are 0. */
export interface ChurnRisk {
  /** Names the night, ISO 8601. */
  readonly scoredAt: string;
  /** Discounted margin of the renewals to come; its ratio to the next is the chance of leaving, weighted by value. */
  readonly valuePaise: number;
  readonly expectedLossPaise: number;
}

export interface ChurnNight {
  /** UTC epoch milliseconds. */
  readonly scoredAtMs: number;
  of(payer: PayerAccount): ChurnRisk;
}

interface PayerAccount {
  readonly payerId: string;
  readonly currency: string;
}

interface Stake {
  readonly valuePaise: number;
  readonly expectedLossPaise: number;
}

/** About 0.2 GB; who is left out has least at stake and is treated as the average. The fold takes 4 GB for as many. */
const MOST_PAYERS = 1_000_000;
/** Rows at once: few milliseconds of the event loop that decides meanwhile. */
const PAGE = 1000;
const NOTHING: Stake = { valuePaise: 0, expectedLossPaise: 0 };

const STAKES = `SELECT payer_id AS "payerId", currency, sum(value_paise)::float8 AS "valuePaise",
    sum(round((voluntary + involuntary) * value_paise)) AS "expectedLossPaise"
  FROM churn_scores WHERE scored_at = $1 GROUP BY payer_id, currency HAVING sum(value_paise) > 0
  ORDER BY sum(value_paise) DESC, payer_id, currency LIMIT ${MOST_PAYERS}`;

/** Null when no scores bear this instant. */
export async function readNight(pool: Pool, scoredAtMs: number): Promise<ChurnNight | null> {
  const byCurrency = new Map<string, Map<string, Stake>>();
  await inTransaction(pool, async (client) => {
    await client.query(`DECLARE night NO SCROLL CURSOR FOR ${STAKES}`, [new Date(scoredAtMs)]);
    for (;;) {
      const { rows } = await client.query<PayerAccount & Stake>(`FETCH ${PAGE} FROM night`);
      for (const { payerId, currency, ...stake } of rows) {
        const stakes = byCurrency.get(currency) ?? new Map<string, Stake>();
        byCurrency.set(currency, stakes.set(payerId, stake));
      }
      if (rows.length < PAGE) return;
    }
  });
  if (byCurrency.size === 0) return null;
  const scoredAt = new Date(scoredAtMs).toISOString();
  return {
    scoredAtMs,
    of: ({ payerId, currency }) => ({
      scoredAt,
      ...(byCurrency.get(currency)?.get(payerId) ?? NOTHING),
    }),
  };
}
