/** The honest table: every metric of a model beside the naive baseline and its confidence interval. */
import { metricTitle } from '../models/metric-titles.js';
import type { ModelRecord } from '../models/registry.js';

export function metricsTable({
  task,
  version,
  learner,
  metrics,
  baseline,
  interval,
  protocol,
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
  const table = [['metric', 'model', 'baseline', '95 % interval'], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
  return [
    `${task} model ${version.slice(0, 12)} (${learner})`,
    ...table.map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}`,
    ),
    `  ${protocol}`,
  ].join('\n');
}
