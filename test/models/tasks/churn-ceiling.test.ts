import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hiddenEndProbability } from '../../../ingest/simulate/churn.js';
import { churnRows } from '../../../features/churn/rows.js';
import { trueHazards } from '../../../models/tasks/churn-ceiling.js';
import { drawLives, livesDb } from '../../features/churn/subscription-lives.js';

describe('the true hazards', () => {
  it('are found by subscription and by the Indian day on which the period began', async () => {
    const { happenings } = drawLives({ subscriptions: 30, months: 6, seed: 2 });
    const db = await livesDb(happenings);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-truth-'));
    try {
      const rows = await churnRows(db, { asOfMs: Date.UTC(2025, 8, 1), leads: [7] });
      const [known] = await db.rows<{ id: string; day: string; days: number }>(
        `SELECT subscription_id AS id, began_on::VARCHAR AS day,
          date_diff('day', began_on, ist_on(due_at))::INTEGER AS days FROM churn_renewals WHERE row_no = 3`,
      );
      const file = path.join(folder, 'truth.csv');
      const lines = [
        'kind,id,day,monthly_churn_hazard,fraud_mechanic',
        `subscription,${known!.id},${known!.day},0.04,`,
      ];
      await writeFile(file, lines.join('\n'));
      const hazards = await trueHazards(db, file);
      expect(hazards).toHaveLength(rows.frame.rows);
      expect(hazards[3]).toBeCloseTo(
        hiddenEndProbability(0.04, { months: 1, days: known!.days, leadDays: 7 }),
        12,
      );
      expect(hazards.filter((hazard) => !Number.isNaN(hazard))).toHaveLength(1);
      await writeFile(file, 'a\n1');
      await expect(trueHazards(db, file)).rejects.toThrow(/is not the truth of a simulated history/);
    } finally {
      db.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
