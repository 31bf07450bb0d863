import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openGeo } from '../../scoring/geo.js';
import { ipv4Bits, mmdbFile } from '../support/mmdb.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-geo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(content: Buffer | string): Promise<string> {
  const file = path.join(folder, 'country.mmdb');
  await writeFile(file, content);
  return file;
}

describe('the country of an address', () => {
  it.each`
    ip                      | country
    ${'203.0.113.7'}        | ${'IN'}
    ${'203.0.113.255'}      | ${'IN'}
    ${'203.0.114.0'}        | ${null}
    ${'::ffff:203.0.113.7'} | ${'IN'}
    ${'198.51.100.1'}       | ${'US'}
    ${'192.0.2.1'}          | ${'DE'}
    ${'192.0.2.200'}        | ${null}
    ${'2001:db8::1'}        | ${'NP'}
    ${'2001:db9::1'}        | ${null}
  `('$ip is $country by the file', async ({ ip, country }) => {
    const file = await written(
      mmdbFile([
        {
          bits: ipv4Bits('203.0.113.0', 24),
          record: { country: { iso_code: 'IN' }, registered_country: { iso_code: 'US' } },
        },
        { bits: ipv4Bits('198.51.100.0', 24), record: { registered_country: { iso_code: 'US' } } },
        { bits: ipv4Bits('192.0.2.0', 25), record: { country: 'DE' } },
        { bits: ipv4Bits('192.0.2.128', 25), record: { country: { iso_code: 'unknown' } } },
        { bits: '00100000000000010000110110111000', record: { country: { iso_code: 'NP' } } },
      ]),
    );
    expect((await openGeo(file))(ip as string)).toBe(country);
  });

  it('is unknown without a file', async () => {
    expect((await openGeo(null))('203.0.113.7')).toBeNull();
  });

  it('is not looked up in a file of another format or that is not there', async () => {
    const unreadable = { kind: 'bad-input', code: 'geoip-unreadable' };
    await expect(openGeo(await written('country,code'))).rejects.toMatchObject(unreadable);
    await expect(openGeo(await written(''))).rejects.toMatchObject(unreadable);
    await expect(openGeo(path.join(folder, 'missing.mmdb'))).rejects.toMatchObject(unreadable);
  });
});
