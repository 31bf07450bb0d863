/** Whatever arrives gets an answer or a refusal in words, and what it says of a payer stays out of the log. */
import { expect, it } from '@jest/globals';
import { httpWorld } from '../app/http-world.js';
import { constantModel } from '../scoring/world.js';
import { fuzz } from '../support/fuzz.js';
import { fuzzedCommand, fuzzedDecision, PAYER_TEXT } from '../support/fuzzed-requests.js';

/** `npm run bench -- fuzz` sends 100,000. */
const DECISIONS = 2000;
const COMMANDS = 500;
const SHOWN_FAULTS = 5;
const SEED = 20_260_105;

const current = httpWorld();

it('answers every request for a decision with one or with a problem, and logs nothing of the payer', async () => {
  const { app, world, logged } = current();
  world.useModel(constantModel(0.2));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const report = await fuzz({ url, requests: fuzzedDecision, count: DECISIONS, seed: SEED });
  expect(report.faults.slice(0, SHOWN_FAULTS)).toEqual([]);
  expect(report.statuses['200']).toBeGreaterThan(DECISIONS / 20);
  expect(report.statuses['400']).toBeGreaterThan(DECISIONS / 4);
  expect(logged.filter((line) => PAYER_TEXT.test(line))).toEqual([]);
  expect(logged.length).toBeGreaterThan(DECISIONS / 2);
});

it('answers every report, list, rule, case and promotion alike', async () => {
  const { app, logged } = current();
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await fuzz({ url, requests: fuzzedDecision, count: 100, seed: SEED });
  const report = await fuzz({ url, requests: fuzzedCommand, count: COMMANDS, seed: SEED });
  expect(report.faults.slice(0, SHOWN_FAULTS)).toEqual([]);
  expect(report.statuses['200']).toBeGreaterThan(0);
  expect(logged.filter((line) => PAYER_TEXT.test(line))).toEqual([]);
});
