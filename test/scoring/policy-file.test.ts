import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPolicy } from '../../scoring/policy-file.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-policy-'));
  file = path.join(folder, 'policy.json');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: unknown) {
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readPolicy(file);
}

const { INR } = DEFAULT_POLICY.costs;
const USD = { ...INR, disputeFeePaise: 1500, falseDeclinePaise: 800 };

describe('the policy file', () => {
  it('is the default when there is none', async () => {
    expect(await readPolicy(null)).toEqual(DEFAULT_POLICY);
  });

  it('replaces whole sections and leaves the others at their defaults', async () => {
    const policy = await read({ costs: { INR, USD } });
    expect(policy).toEqual({ ...DEFAULT_POLICY, costs: { INR, USD } });
  });

  it('may price every payer alike, as policies did before there were churn scores', async () => {
    const { churn: _churn, ...alike } = INR!;
    expect((await read({ costs: { INR: alike } })).costs['INR']).toEqual(alike);
  });

  it.each([
    ['{', 'is not valid JSON'],
    [[], 'must be a JSON object'],
    [{ cost: {} }, 'cost is not a known field'],
    [{ costs: { rupees: INR } }, 'costs.rupees is not a known field'],
    [{ costs: { INR: { ...INR, marginShare: 2 } } }, 'costs.INR.marginShare must be <= 1'],
    [{ costs: { INR: { ...INR, disputeFeePaise: 0.5 } } }, 'costs.INR.disputeFeePaise must be integer'],
    [{ costs: { INR: { disputeFeePaise: 1 } } }, 'costs.INR'],
    [{ costs: { INR: { ...INR, churn: { refusalOddsRatio: 0.5 } } } }, 'costs.INR.churn'],
    [
      { costs: { INR: { ...INR, churn: { ...INR!.churn, leastPaise: 2, mostPaise: 1 } } } },
      'costs.INR.churn.leastPaise must be <= mostPaise',
    ],
    [{ blockCap: { ...DEFAULT_POLICY.blockCap, share: '2 %' } }, 'blockCap.share must be number'],
    [{ exploration: { ...DEFAULT_POLICY.exploration, share: -0.1 } }, 'exploration.share must be >= 0'],
  ])('refuses %j, naming the file and the field', async (content, message) => {
    await expect(read(content)).rejects.toMatchObject({ kind: 'bad-input', code: 'bad-policy' });
    await expect(read(content)).rejects.toThrow(`policy file ${file}: ${message}`);
  });

  it('is told of when it is missing', async () => {
    await expect(readPolicy(path.join(folder, 'none.json'))).rejects.toThrow('cannot be read');
  });
});
