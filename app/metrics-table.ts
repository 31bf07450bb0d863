/** The honest table: every metric of a model beside the naive baseline and its confidence interval. */
import { metricTitle } from '../models/metric-titles.js';
import type { ModelRecord } from '../models/registry.js';
import { textTable } from './text-table.js';

export function metricsTable({
  task,
  version,
  learner,
  metrics,
  baseline,
  interval,
  protocol,
  drift,
}: ModelRecord): string {
  const rows = Object.entries(metrics).map(([name, value]) => {
    const range = interval?.[name];
    return [
      metricTitle(name),
      value.toFixed(4),
      baseline[name]?.toFixed(4) ?? '',
      range === undefined ? '' : `${range.low.toFixed(4)} to ${range.high.toFixed(4)}`,
    ];
  });
  const warning = drift?.warning ?? null;
  return [
    `${task} model ${version.slice(0, 12)} (${learner})`,
    ...textTable([['metric', 'model', 'baseline', '95 % interval'], ...rows]).map((line) => `  ${line}`),
    `  ${protocol}`,
    ...(warning === null ? [] : [`  Warning: ${warning}.`]),
  ].join('\n');
}
