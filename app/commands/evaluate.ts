/** `hasivu evaluate`: the group of commands that judge learners on a data scientist's own files. */
import type { Command } from 'commander';
import type { Cli } from '../cli-io.js';
import { registerEvaluateFraud } from './evaluate-fraud.js';
import { registerEvaluateTable } from './evaluate-table.js';

export function registerEvaluate(program: Command, cli: Cli): void {
  const evaluate = program.command('evaluate').description('judge our learners on a file of your own');
  registerEvaluateFraud(evaluate, cli);
  registerEvaluateTable(evaluate, cli);
}
