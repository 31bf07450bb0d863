/**
 * What a command writes, kept as text: a terminal or a pipe for tests of the command line.
 */
import { PassThrough } from 'node:stream';
import type { Terminal } from '../../app/cli-io.js';

export interface TestTerminal extends Terminal {
  output(): string;
  errors(): string;
}

export function testTerminal(isTTY = false): TestTerminal {
  let output = '';
  let errors = '';
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream;
  stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  return {
    stdout: { write: (text: string) => (output += text) },
    stderr,
    output: () => output,
    errors: () => errors,
  };
}
