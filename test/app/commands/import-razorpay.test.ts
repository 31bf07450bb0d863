import { expect, it } from '@jest/globals';
import { registerImport } from '../../../app/commands/import.js';
import { runProgram } from '../../../app/program.js';
import { manualClock } from '../../../core/clock.js';
import { testTerminal } from '../../support/terminal.js';

async function run(
  env: Record<string, string>,
  ...argv: string[]
): Promise<{ code: number; errors: string }> {
  const terminal = testTerminal();
  const settings = {
    commands: [registerImport],
    env: { LOG_LEVEL: 'silent', ...env },
    clock: manualClock(0),
  };
  const code = await runProgram({ ...settings, argv: ['import', 'razorpay', ...argv], terminal });
  return { code, errors: terminal.errors() };
}

it('says which settings name the gateway, before anything is opened', async () => {
  const { code, errors } = await run({}, '--from', '2026-01-01');
  expect(code).toBe(1);
  expect(errors).toContain('set RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET [gateway-missing]');
});

it('does not read the history of a double, whose memory is empty', async () => {
  const { errors } = await run({ PAYMENT_GATEWAY: 'double' }, '--from', '2026-01-01');
  expect(errors).toContain('[gateway-missing]');
});

it('wants a first day, and a rate of at least one page a second', async () => {
  expect(await run({})).toMatchObject({ code: 2 });
  expect(await run({}, '--from', '2026-01-01', '--rate', '0')).toMatchObject({ code: 2 });
  expect(await run({}, '--from', 'soon')).toMatchObject({ code: 2 });
});
