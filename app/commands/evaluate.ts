/** `hasivu evaluate`: the group of commands that judge learners on a data scientist's own files, and policies on the log. */
import type { Command } from 'commander';
import type { Cli } from '../cli-io.js';
import { registerEvaluateChurn } from './evaluate-churn.js';
import { registerEvaluateClv } from './evaluate-clv.js';
import { registerEvaluateForecast } from './evaluate-forecast.js';
import { registerEvaluateFraud } from './evaluate-fraud.js';
import { registerEvaluatePolicy } from './evaluate-policy.js';
import { registerEvaluateRetry } from './evaluate-retry.js';
import { registerEvaluateRevenue } from './evaluate-revenue.js';
import { registerEvaluateTable } from './evaluate-table.js';

export function registerEvaluate(program: Command, cli: Cli): void {
  const evaluate = program
    .command('evaluate')
    .description('judge our learners on a file of your own, and other policies on the log');
  registerEvaluateFraud(evaluate, cli);
  registerEvaluateTable(evaluate, cli);
  registerEvaluateForecast(evaluate, cli);
  registerEvaluatePolicy(evaluate, cli);
  registerEvaluateChurn(evaluate, cli);
  registerEvaluateClv(evaluate, cli);
  registerEvaluateRetry(evaluate, cli);
  registerEvaluateRevenue(evaluate, cli);
}
