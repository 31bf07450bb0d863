import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckdb } from '../../core/duckdb.js';
import { startOther, type OtherPrograms, otherPrograms, removeFolder } from '../support/other-program.js';

let programs: OtherPrograms;
let dataDir: string;

beforeAll(async () => {
  programs = await otherPrograms();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-main-job-'));
  await writeFile(path.join(dataDir, 'payments.csv'), csv());
  const map = {
    paymentId: 'ID',
    occurredAt: 'AT',
    payerId: 'PAYER',
    counterpartyId: 'SHOP',
    amount: 'AMOUNT',
  };
  await writeFile(path.join(dataDir, 'map.json'), JSON.stringify(map));
}, 60_000);

afterAll(async () => {
  await programs.close();
  await removeFolder(dataDir);
});

/** Sixty payments of ten payers, 100.50 to 130.00 rupees. */
function csv(): string {
  const rows = Array.from({ length: 60 }, (_, i) => {
    const day = String(1 + (i % 28)).padStart(2, '0');
    return `p${i},2026-03-${day} 10:${String(i).padStart(2, '0')}:00,payer${i % 10},shop${i % 3},${(100.5 + i / 2).toFixed(2)}`;
  });
  return ['ID,AT,PAYER,SHOP,AMOUNT', ...rows].join('\n');
}

interface Running {
  readonly child: ChildProcess;
  readonly said: string[];
  readonly url: string;
}

/** Starts `hasivu` with these arguments and waits for the line with its address. */
async function up(args: readonly string[]): Promise<Running> {
  const child = startOther(programs, args, { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent' });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    said.push(line);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined) return { child, said, url };
  }
  throw new Error(`it ended before it listened: ${said.join('\n')}`);
}

async function stop({ child }: Running): Promise<number | null> {
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function decide(url: string, paymentId: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/v1/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ paymentId, payerId: 'payer1', counterpartyId: 'shop1', amountPaise: 10_000 }),
  });
  return (await response.json()) as Record<string, unknown>;
}

describe('the main job on payments without fraud labels', () => {
  it('imports, says that there is no model, decides by rules, shows exact sums, and stops cleanly', async () => {
    const running = await up([
      'up',
      '--import',
      path.join(dataDir, 'payments.csv'),
      '--map',
      path.join(dataDir, 'map.json'),
    ]);
    expect(running.said.join('\n')).toContain(
      'fraud model: none, rules only (no fraud labels have been imported)',
    );
    expect(await decide(running.url, 'live-1')).toMatchObject({
      action: 'allow',
      fraudProbability: null,
      degraded: 'no-fraud-model',
    });
    const page = await (await fetch(`${running.url}/?days=all`)).text();
    expect(page).toContain('no fraud labels have been imported');
    const summary = (await (await fetch(`${running.url}/v1/reports/summary`)).json()) as Record<
      string,
      unknown
    >;
    const db = await openDuckdb(':memory:');
    const [sum] = await db.rows<{ paise: bigint; payers: bigint }>(
      `SELECT sum(AMOUNT::DECIMAL(18, 2) * 100)::BIGINT AS paise, count(DISTINCT PAYER) AS payers
       FROM read_csv('${path.join(dataDir, 'payments.csv')}')`,
    );
    db.close();
    expect(summary).toMatchObject({ capturedAmountPaise: Number(sum!.paise), payers: Number(sum!.payers) });
    expect(await stop(running)).toBe(0);
  }, 120_000);

  it('starts again on the same folder, remembers its decisions and refuses a second server', async () => {
    const running = await up(['up']);
    const listed = (await (await fetch(`${running.url}/v1/decisions`)).json()) as {
      decisions: { paymentId: string }[];
    };
    expect(listed.decisions.map(({ paymentId }) => paymentId)).toEqual(['live-1']);
    expect(await decide(running.url, 'live-1')).toMatchObject({ action: 'allow' });
    await expect(up(['up'])).rejects.toThrow('it ended before it listened');
    expect(await stop(running)).toBe(0);
  }, 120_000);
});
