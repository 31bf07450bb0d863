import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ipv4Bits, mmdbFile } from '../support/mmdb.js';
import { startOther, type OtherPrograms, otherPrograms, removeFolder } from '../support/other-program.js';

let programs: OtherPrograms;
let dataDir: string;
let server: ChildProcess;
let url: string;

beforeAll(async () => {
  programs = await otherPrograms();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-rule-life-'));
  await chmod(dataDir, 0o755);
  const country = path.join(dataDir, 'country.mmdb');
  await writeFile(
    country,
    mmdbFile([{ bits: ipv4Bits('198.51.100.0', 24), record: { country: { iso_code: 'NP' } } }]),
  );
  server = startOther(programs, ['up', '--no-demo'], {
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    GEOIP_FILE: country,
  });
  for await (const line of createInterface({ input: server.stdout! })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (found === undefined) continue;
    url = found;
    break;
  }
}, 120_000);

afterAll(async () => {
  server.kill('SIGINT');
  if (server.exitCode === null) await once(server, 'exit');
  await programs.close();
  await removeFolder(dataDir);
});

async function call(address: string, payload?: object) {
  const request =
    payload === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload) };
  return (await (await fetch(`${url}${address}`, request)).json()) as Record<string, unknown>;
}

const decide = (paymentId: string) =>
  call('/v1/decisions', {
    paymentId,
    payerId: 'payer-1',
    amountPaise: 100,
    country: 'IN',
    ip: '198.51.100.7',
    emailDomain: 'mail.example',
  });

/** Asked again until it says so: the run is another program's. */
async function finished(address: string): Promise<Record<string, unknown>> {
  for (;;) {
    const run = await call(address);
    if (run['state'] !== 'running') return run;
    await delay(200);
  }
}

describe('a rule over the country of an address', () => {
  it('is drafted, tried in a program of its own while the server answers, and then decides', async () => {
    const definition = { owner: 'risk', action: 'challenge', text: 'the address is abroad' };
    const why = { actor: 'asha', note: 'frauds from abroad' };
    const rule = { ruleId: 'abroad', ...definition, condition: 'ipCountry != country', ...why };
    expect(await call('/v1/rules', rule)).toMatchObject({ mode: 'draft' });
    expect(await decide('pay_1')).toMatchObject({ action: 'allow' });
    const asked = await call('/v1/rules/abroad/dry-runs', { version: 1, actor: 'asha' });
    const run = await finished(`/v1/rules/abroad/dry-runs/${String(asked['dryRunId'])}`);
    expect(run).toMatchObject({ state: 'finished', failure: null });
    const live = { version: 1, mode: 'live', actor: 'asha', reason: 'as tried' };
    expect(await call('/v1/rules/abroad/mode', live)).toMatchObject({ mode: 'live' });
    expect(await decide('pay_2')).toMatchObject({
      action: 'challenge',
      decidedBy: 'challenge-rule',
      reasons: [{ code: 'abroad', text: 'the address is abroad' }, { code: 'no-fraud-model' }],
    });
    const { decisions } = (await call('/v1/decisions')) as { decisions: { decisionId: string }[] };
    for (const { decisionId } of decisions)
      expect(await call(`/v1/decisions/${decisionId}/replay`)).toMatchObject({
        decisionId,
        outcome: 'equal',
      });
  }, 120_000);
});
