/**
 * What treatments were worth: churn among listed payers who could be treated less churn among listed payers of the permanent
 * hold-out. Everybody on the list counts as offered, treated or not, so that choosing whom to treat cannot flatter it.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import type { ChurnRows } from '../../features/churn/rows.js';
import { quoteText } from '../../ingest/sql-quote.js';
import { orderDescending } from '../sort.js';
import { isHeldOut, LISTED_SHARE, upliftOf, type Group, type Uplift } from '../uplift.js';

export interface ChurnUplift {
  readonly offered: Group;
  readonly heldOut: Group;
  /** Of the offered payers. */
  readonly treatments: number;
  readonly result: Uplift | null;
}

interface Judged {
  readonly rows: ChurnRows;
  readonly test: Int32Array;
  /** Of the tested renewals (test). */
  readonly y: Uint8Array;
  readonly churnProbability: Float64Array;
}

export async function churnUplift(db: Duckdb, judged: Judged, file: string): Promise<ChurnUplift> {
  const treatedAt = await treatments(db, file);
  const { rows, test, y, churnProbability } = judged;
  const order = orderDescending(churnProbability);
  const listed = new Map<string, { churned: boolean; treated: boolean }>();
  for (const i of order.subarray(0, Math.ceil(LISTED_SHARE * order.length))) {
    const row = test[i]!;
    const payerId = rows.payerId[row]!;
    const before = listed.get(payerId);
    const inTime = (at: number): boolean => at >= rows.asOf[row]! && at < rows.settledAt[row]!;
    listed.set(payerId, {
      churned: before?.churned === true || y[i] === 1,
      treated: before?.treated === true || (treatedAt.get(payerId)?.some(inTime) ?? false),
    });
  }
  const [heldOut, offered] = [true, false].map((out) =>
    [...listed].filter(([payerId]) => isHeldOut(payerId) === out).map(([, payer]) => payer),
  ) as [{ churned: boolean; treated: boolean }[], { churned: boolean; treated: boolean }[]];
  const group = (of: readonly { readonly churned: boolean }[]): Group => ({
    payers: of.length,
    churned: of.filter(({ churned }) => churned).length,
  });
  return {
    offered: group(offered),
    heldOut: group(heldOut),
    treatments: offered.filter(({ treated }) => treated).length,
    result: upliftOf(group(offered), group(heldOut)),
  };
}

async function treatments(db: Duckdb, file: string): Promise<Map<string, number[]>> {
  const rows = await db
    .rows<{ payer_id: string; treated_at: number }>(
      `SELECT payer_id::VARCHAR AS payer_id, treated_at::TIMESTAMP AS treated_at FROM ${quoteText(file)}`,
    )
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
      throw new AppError('bad-input', 'bad-treatments', `${file} needs payer_id and treated_at: ${reason}`, {
        cause,
      });
    });
  const byPayer = new Map<string, number[]>();
  for (const { payer_id: payerId, treated_at: at } of rows)
    byPayer.set(payerId, [...(byPayer.get(payerId) ?? []), at]);
  return byPayer;
}
