import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { eachRecord } from '../../ingest/csv-records.js';

async function records(text: string, gzip = false): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'csv-')), 'file.csv');
  await writeFile(path, gzip ? gzipSync(text) : text);
  const lines: string[] = [];
  await eachRecord({ path, gzip, delimiter: ',' }, (line, blank) =>
    lines.push(blank ? `(${line})` : `${line}`),
  );
  return lines.join(' ');
}

describe('eachRecord', () => {
  it.each([
    ['a,b\n1,2\n', '1 2'],
    ['a,b\n1,2', '1 2'],
    ['a,b\r\n1,2\r\n3,4\r\n', '1 2 3'],
    ['a,b\r1,2\r', '1 2'],
    ['a,b\n"x\ny",2\n3,4', '1 2 4'],
    ['a,b\r\n"x\r\n\r\ny",2\r\n3,4', '1 2 5'],
    ['a,b\n\n\r\n1,2\n', '1 (2) (3) 4'],
    ['a,b\n"say ""hi""\n",2\n3,4', '1 2 4'],
    ['a,b\n5" pipe,2\n3,4', '1 2 3'],
    ['a,b\n"",""\n3,4', '1 2 3'],
    ['a,b\n"x",""""\n3,4', '1 2 3'],
    ['', ''],
  ])('finds the first line of every record of %j', async (text, expected) => {
    expect(await records(text)).toBe(expected);
    expect(await records(text, true)).toBe(expected);
  });
});
