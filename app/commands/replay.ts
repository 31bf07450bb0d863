/**
 * `hasivu replay`: makes logged decisions again and says, part by part, whether they come out bit for bit the same. Ends with a
 * failure when one does not, so that a schedule can watch it.
 */
import type { Command } from 'commander';
import { AppError } from '../../core/errors.js';
import { replayableDecisions } from '../../scoring/decisions.js';
import type { WhichDecisions } from '../../scoring/decisions.js';
import { replayDecisions } from '../../scoring/replay/replay-decisions.js';
import type { Difference, ReplayReport } from '../../scoring/replay/report.js';
import type { Cli } from '../cli-io.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';
import { wholeNumber } from './options.js';

interface Options {
  readonly last?: number;
  readonly random?: number;
  readonly seed: number;
}

export function registerReplay(program: Command, cli: Cli): void {
  const command = program
    .command('replay')
    .description('make a decision again from the facts, rules, lists and model of its instant, and compare')
    .argument('[decision]', 'its id')
    .option('--last <n>', 'the newest n decisions instead, in one pass', wholeNumber(1))
    .option('--random <n>', 'n decisions drawn from the whole log instead', wholeNumber(1))
    .option('--seed <n>', 'another seed draws others; the same draws the same', wholeNumber(0), 1);
  command.action(async (decisionId: string | undefined, { last, random, seed }: Options) => {
    const given = [decisionId, last, random].filter((one) => one !== undefined).length;
    if (given === 1 && decisionId !== undefined) return replayOne(cli, decisionId);
    if (given === 1 && last !== undefined) return replayMany(cli, { last });
    if (given === 1 && random !== undefined) return replayMany(cli, { random, seed });
    return command.error('error: give a decision, or --last or --random with a number of them');
  });
}

async function replayOne(cli: Cli, decisionId: string): Promise<void> {
  const [report] = await replayed(cli, { decisionId });
  if (report === undefined) throw new AppError('not-found', 'decision-not-found', 'no decision has this id');
  cli.result(report, () => describe(report));
  refuseDifferences([report]);
}

async function replayMany(cli: Cli, which: WhichDecisions): Promise<void> {
  const reports = await replayed(cli, which);
  const count = (outcome: ReplayReport['outcome']): number =>
    reports.filter((report) => report.outcome === outcome).length;
  const counts = {
    replayed: reports.length,
    equal: count('equal'),
    different: count('different'),
    unknown: count('unknown'),
  };
  const notEqual = reports.filter(({ outcome }) => outcome !== 'equal');
  cli.result({ ...counts, notEqual }, () =>
    [
      `${counts.replayed} decisions: ${counts.equal} equal, ${counts.different} different, ${counts.unknown} unknown`,
      ...notEqual.map(describe),
    ].join('\n'),
  );
  refuseDifferences(reports);
}

async function replayed(cli: Cli, which: WhichDecisions): Promise<ReplayReport[]> {
  const stores = await openStores(cli);
  try {
    const decisions = await replayableDecisions(stores.pool, which);
    return await withStages(cli, (onProgress) => replayDecisions({ ...stores, onProgress }, decisions));
  } finally {
    await stores.close();
  }
}

function refuseDifferences(reports: readonly ReplayReport[]): void {
  const different = reports.filter(({ outcome }) => outcome === 'different').length;
  if (different === 0) return;
  const message = `${different} of ${reports.length} decisions came out differently`;
  throw new AppError('conflict', 'replay-differs', message);
}

function describe({ decisionId, decidedAt, outcome, parts }: ReplayReport): string {
  return [
    `${decisionId} of ${decidedAt}: ${outcome}`,
    ...parts.flatMap(({ part, outcome: found, differences, note }) => [
      `  ${part.padEnd(8)} ${found}${note === undefined ? '' : `: ${note}`}`,
      ...differences.map(line),
    ]),
  ].join('\n');
}

function line({ name, logged, replayed: again }: Difference): string {
  return `    ${name}: logged ${JSON.stringify(logged)}, replayed ${JSON.stringify(again)}`;
}
