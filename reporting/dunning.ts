/** Arrears as the dashboard shows them: the report and the head of the work list, read together. */
import type { Pool } from 'pg';
import { dunningReport } from '../billing/dunning/report.js';
import type { DunningReport } from '../billing/dunning/report.js';
import { workList } from '../billing/dunning/work-list.js';
import type { WorkItem } from '../billing/dunning/work-list.js';

export interface DunningOverview {
  readonly report: DunningReport;
  readonly workList: readonly WorkItem[];
}

/** As many as a person calls in a day. */
const SHOWN_ITEMS = 40;

export async function readDunning(pool: Pool, now: number): Promise<DunningOverview> {
  const [report, items] = await Promise.all([
    dunningReport(pool, now),
    workList(pool, { limit: SHOWN_ITEMS, budgetPaise: null }),
  ]);
  return { report, workList: items };
}
