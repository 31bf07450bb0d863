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

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4);
}

function listOf(value: Json): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [JSON.stringify(value)];
  return Object.entries(value).map(
    ([name, inner]) => `- ${name}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}`,
  );
}
