/** What `hasivu evaluate forecast` prints for people: errors beside the naive forecasts, coverage, totals, and the candidates. */
import type {
  Baseline,
  ChallengerEvaluation,
  ForecastEvaluation,
  ForecastScores,
} from '../../models/forecast/evaluate-forecast.js';
import { range, textTable } from '../text-table.js';

/** The rest of the candidates are in --json. */
const SHOWN = 8;

export function reportForecast(evaluation: ForecastEvaluation): string {
  const { series, seconds, baselines, interval, pool, notes } = evaluation;
  const line = (title: string, name: keyof Baseline): string[] => [
    title,
    evaluation[name].toFixed(3),
    baselines.naive2[name].toFixed(3),
    baselines.seasonalNaive[name].toFixed(3),
    range(interval[name]),
  ];
  const rate = seconds > 0 ? `, ${(series / seconds).toFixed(1)} a second` : '';
  return [
    ...textTable([
      ['', 'model', 'Naive2', 'seasonal naive', '95 % interval over series'],
      line('sMAPE %', 'smape'),
      line('MASE', 'mase'),
      line('OWA', 'owa'),
    ]),
    '',
    `${series} series in ${seconds.toFixed(1)} s${rate}`,
    ...coverageLines(evaluation),
    '',
    'candidates, by their mean log error at rolling origins relative to the usual one:',
    ...textTable(
      [...pool]
        .sort((a, b) => a.score - b.score)
        .slice(0, SHOWN)
        .map(({ name, score }) => [name, score.toFixed(3)]),
    ),
    ...notes,
    ...(evaluation.challenger === undefined ? [] : challengerLines(evaluation, evaluation.challenger)),
  ].join('\n');
}

function challengerLines(evaluation: ForecastEvaluation, challenger: ChallengerEvaluation): string[] {
  const { name, seconds, pairedDifference, notes } = challenger;
  const line = (title: string, measure: keyof Baseline): string[] => [
    title,
    challenger[measure].toFixed(3),
    evaluation[measure].toFixed(3),
    pairedDifference[measure].difference.toFixed(3),
    range(pairedDifference[measure]),
  ];
  return [
    '',
    `challenger ${name}, alone, in ${seconds.toFixed(1)} s; it is better where the difference is below 0:`,
    ...textTable([
      ['', name, 'model', 'difference', '95 % interval over series'],
      line('sMAPE %', 'smape'),
      line('MASE', 'mase'),
      line('OWA', 'owa'),
    ]),
    ...coverageLines(challenger),
    ...notes,
  ];
}

function coverageLines(evaluation: ForecastScores): string[] {
  const { coverage80, coverage95, msis95, coverage80Total, coverage95Total, medianApeTotal } = evaluation;
  const { shareWithin5Total, committedShare, committedWithin5 } = evaluation;
  const kept = committedWithin5 === null ? '' : `, and ${percent(committedWithin5)} of those came within 5 %`;
  return [
    `intervals: ${percent(coverage80)} of steps within 80 %, ${percent(coverage95)} within 95 %; MSIS at 95 % ${msis95.toFixed(3)}`,
    `totals of the horizon: median error ${medianApeTotal.toFixed(2)} %, ${percent(shareWithin5Total)} within 5 %, ` +
      `${percent(coverage80Total)} within their 80 % interval, ${percent(coverage95Total)} within their 95 %`,
    `committed (half of the 95 % interval of the total is at most 5 % of its mean): ${percent(committedShare)} of series${kept}`,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
