/** The evaluation of churn as text: figures beside nobody-churns and the base rate, causes, guards and survival. */
import type { ChurnFigures } from '../models/tasks/churn.js';
import type { ChurnEvaluation } from '../models/tasks/evaluate-churn.js';
import { range, textTable } from './text-table.js';

const FIGURES = [
  ['aucRoc', 'AUC'],
  ['averagePrecision', 'average precision'],
  ['liftAt10', 'lift at 10 %'],
  ['brier', 'Brier'],
  ['logLoss', 'log-loss'],
  ['calibrationError', 'calibration error'],
] as const satisfies readonly (readonly [keyof ChurnFigures, string])[];

const DIGITS = 4;

export function churnReport(evaluation: ChurnEvaluation): string {
  const { renewals, testFrom, testTo, leadDays, churnShare, fitRows, calibrateRows, learner } = evaluation;
  return [
    `${renewals} renewals due ${testFrom} to ${testTo}, seen ${leadDays} days before; ${percent(churnShare)} churned`,
    `${learner} fitted on ${fitRows} rows and calibrated on ${calibrateRows} whose outcomes were settled before`,
    '',
    ...figureLines(evaluation),
    '',
    ...causeLines(evaluation),
    ...guardLines(evaluation),
    '',
    ...segmentLines(evaluation),
    '',
    upliftLine(evaluation),
  ].join('\n');
}

function figureLines({ figures, interval, nobodyChurns, baseRate }: ChurnEvaluation): string[] {
  const intervals: Partial<Record<string, { low: number; high: number }>> = interval;
  const rows = FIGURES.map(([name, title]) => {
    const bounds = intervals[name];
    return [
      title,
      figures[name].toFixed(DIGITS),
      bounds === undefined ? '' : range(bounds),
      nobodyChurns[name].toFixed(DIGITS),
      baseRate[name].toFixed(DIGITS),
    ];
  });
  return textTable([['', 'model', '95 % interval', 'nobody churns', 'base rate'], ...rows]);
}

function causeLines({ causes }: ChurnEvaluation): string[] {
  const rows = Object.entries(causes).flatMap(([cause, found]) => {
    if (found === null) return [];
    const { aucRoc, averagePrecision, share, meanProbability, ceiling } = found;
    const best =
      ceiling === null
        ? ['', '']
        : [ceiling.aucRoc.toFixed(DIGITS), ceiling.averagePrecision.toFixed(DIGITS)];
    const own = [aucRoc.toFixed(DIGITS), averagePrecision.toFixed(DIGITS)];
    return [[cause, percent(share), percent(meanProbability), ...own, ...best]];
  });
  return textTable([
    [
      'cause',
      'happened',
      'expected',
      'AUC',
      'average precision',
      'AUC of the true hazard',
      'average precision of it',
    ],
    ...rows,
  ]);
}

function guardLines({ guards, figures }: ChurnEvaluation): string[] {
  if (guards.length === 0) return [];
  const line = (name: string, one: ChurnFigures): string[] => [
    name,
    ...FIGURES.map(([figure]) => one[figure].toFixed(DIGITS)),
  ];
  return [
    '',
    ...textTable([
      ['what one would believe', ...FIGURES.map(([, title]) => title), 'churned'],
      line('with every guard', figures),
      ...guards.map(({ without, figures: believed, churnShare }) => [
        ...line(`without ${without}`, believed),
        percent(churnShare),
      ]),
    ]),
  ];
}

/** Paid periods at which a curve is read. */
const READ_AT = [1, 3, 6, 12, 18];

function segmentLines({ segments }: ChurnEvaluation): string[] {
  const rows = segments.map(({ segment, renewals, churnShare, meanProbability, survival }) => [
    segment,
    String(renewals),
    percent(churnShare),
    percent(meanProbability),
    ...READ_AT.map((period) => {
      const point = survival.find((one) => one.period === period);
      return point === undefined ? '' : `${percent(point.survival)} / ${percent(point.expected)}`;
    }),
  ]);
  const titles = READ_AT.map((period) => `after ${period}`);
  return [
    ...textTable([['segment', 'renewals', 'churned', 'expected', ...titles], ...rows]),
    'after n paid periods: observed (Kaplan-Meier) / expected by the model, at the rates of the tested quarter',
  ];
}

function upliftLine({ uplift }: ChurnEvaluation): string {
  if (uplift === null) return 'uplift: no treatments were recorded';
  const { offered, heldOut, treatments, result } = uplift;
  const groups = `${offered.payers} listed payers (${treatments} treated) beside ${heldOut.payers} held out`;
  if (result === null) return `uplift: ${groups}; a group is empty`;
  const { prevented, low, high } = result;
  return `uplift: ${percent(prevented)} of churn prevented (${percent(low)} to ${percent(high)}), ${groups}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
