/**
 * A model card in Markdown: what the model is for, what it was fitted on and how it does beside doing nothing.
 * Source: Mitchell et al. 2019.
 */
import { metricTitle } from './metric-titles.js';
import type { Artefact, ArtefactMetrics, Json } from './artefact.js';

export function modelCard(artefact: Artefact, version: string, savedAt: number): string {
  const { task, model, featureSetHash, evaluation, policy, training, intendedUse } = artefact;
  return [
    `# Model card: ${task}`,
    '',
    `- version: \`${version}\``,
    `- learner: ${model.learner}, ${model.featureNames.length} features`,
    `- feature set: \`${featureSetHash}\``,
    `- saved: ${new Date(savedAt).toISOString()}`,
    '',
    '## Use',
    '',
    intendedUse,
    '',
    '## Evaluation',
    '',
    evaluation.protocol,
    '',
    ...metricsTable(evaluation),
    '',
    ...importanceSection(evaluation),
    ...driftSection(evaluation),
    '## Training',
    '',
    ...listOf(training),
    '',
    '## Policy',
    '',
    ...listOf(policy),
    '',
  ].join('\n');
}

function metricsTable({ metrics, baseline, interval }: ArtefactMetrics): string[] {
  const rows = Object.entries(metrics).map(([name, value]) => {
    const range = interval?.[name];
    const cells = [
      metricTitle(name),
      shown(value),
      shown(baseline[name]),
      range ? `${shown(range.low)} to ${shown(range.high)}` : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| metric | model | baseline | 95 % interval |', '|---|---|---|---|', ...rows];
}

const MOST_GROUPS = 10;

function importanceSection({ importance }: ArtefactMetrics): string[] {
  if (importance === undefined) return [];
  const rows = importance
    .slice(0, MOST_GROUPS)
    .map(
      ({ group, features, loss, interval }) =>
        `| ${group} | ${features.length} | ${shown(loss)} | ${shown(interval.low)} to ${shown(interval.high)} |`,
    );
  return [
    '## What it leans on',
    '',
    'Average precision lost on the test rows when the values of a family of features are dealt to other rows.',
    '',
    '| family | features | loss | 95 % interval |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
}

function driftSection({ drift }: ArtefactMetrics): string[] {
  if (drift === undefined) return [];
  const rows = drift.features.map(
    ({ feature, share, exceeds, olderMedian, newerMedian }) =>
      `| ${feature} | ${(100 * share).toFixed(1)} % | ${[exceeds, olderMedian, newerMedian].map((one) => one?.toPrecision(4) ?? '').join(' | ')} |`,
  );
  return [
    '## Newest rows beside those it was fitted on',
    '',
    `A classifier tells ${drift.rows} of the one from ${drift.rows} of the other with AUC ${shown(drift.aucRoc)} ` +
      `(${shown(drift.interval.low)} to ${shown(drift.interval.high)}; one half is chance). ` +
      (drift.warning === null ? 'They look alike enough.' : `Warning: ${drift.warning}.`),
    '',
    '| feature | tells | P(newer > older) | median then | median now |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function listOf(value: Json): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [JSON.stringify(value)];
  return Object.entries(value).map(
    ([name, inner]) => `- ${name}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}`,
  );
}
