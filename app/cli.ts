#!/usr/bin/env node
/**
 * The `hasivu` program: the list of its commands, in the order in which people meet them. A new command is one import and
 * one line here.
 */
import { systemClock } from '../core/clock.js';
import { systemEnvironment } from '../core/config.js';
import { registerDoctor } from './commands/doctor.js';
import { registerEvaluate } from './commands/evaluate.js';
import { registerImport } from './commands/import.js';
import { registerBilling } from './commands/billing.js';
import { registerJobs } from './commands/jobs.js';
import { registerModels } from './commands/models.js';
import { registerReconcile } from './commands/reconcile.js';
import { registerReplay } from './commands/replay.js';
import { registerReport } from './commands/report.js';
import { registerRules } from './commands/rules.js';
import { registerScore } from './commands/score.js';
import { registerSimulate } from './commands/simulate.js';
import { registerTrain } from './commands/train.js';
import { registerUp } from './commands/up.js';
import { registerWebhooks } from './commands/webhooks.js';
import type { RegisterCommand } from './program.js';
import { runProgram } from './program.js';

const commands: readonly RegisterCommand[] = [
  registerUp,
  registerImport,
  registerSimulate,
  registerTrain,
  registerEvaluate,
  registerModels,
  registerRules,
  registerReplay,
  registerScore,
  registerReport,
  registerWebhooks,
  registerReconcile,
  registerJobs,
  registerBilling,
  registerDoctor,
];

// A reader such as `head` may close the pipe early, which is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runProgram({
  commands,
  argv: process.argv.slice(2),
  env: systemEnvironment,
  clock: systemClock,
  terminal: { stdout: process.stdout, stderr: process.stderr },
});
