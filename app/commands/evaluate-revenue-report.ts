/** What `hasivu evaluate revenue` prints for people: errors of each forecast of all revenue, and how often its intervals held. */
import { METHODS, type PastRevenue, type SpanEvaluation } from '../../models/forecast/evaluate-revenue.js';
import { textTable } from '../text-table.js';

interface RevenueEvaluation {
  readonly leastWeeks: number;
  readonly everyDays: number;
  readonly spans: readonly SpanEvaluation[];
  readonly forecasts: readonly PastRevenue[];
}

const SPAN_TITLES: Readonly<Record<SpanEvaluation['span'], string>> = {
  'thirteen-weeks': 'Thirteen weeks',
  quarter: 'Open quarter, what has come and what is left',
};
const METHOD_TITLES: Readonly<Record<(typeof METHODS)[number], string>> = {
  blend: 'blend (what is said)',
  bottomUp: 'bottom-up',
  topDown: 'top-down',
  naive: 'seasonal naive',
};

export function reportRevenue({ leastWeeks, everyDays, spans, forecasts }: RevenueEvaluation): string {
  const merchants = new Set(forecasts.map(({ merchant }) => merchant)).size;
  return [
    `every ${everyDays} days from ${leastWeeks} weeks of history on, ${merchants} ${merchants === 1 ? 'merchant' : 'merchants'}`,
    ...spans.flatMap(spanLines),
  ].join('\n');
}

function spanLines(one: SpanEvaluation): string[] {
  const { coverage80, coverage95, committed, committedWithin5 } = one;
  const held = ({ share, low, high }: SpanEvaluation['coverage80']): string =>
    `${percent(share)} % (${percent(low)} to ${percent(high)})`;
  return [
    '',
    `${SPAN_TITLES[one.span]}: ${one.forecasts} forecasts`,
    ...textTable([
      ['', 'mean error %', '95 % interval', 'median', 'bias', 'within 5 %'],
      ...METHODS.map((method) => {
        const { mape, interval, medianApe, bias, within5 } = one.errors[method];
        const range = `${percent(interval.low)} to ${percent(interval.high)}`;
        return [
          METHOD_TITLES[method],
          percent(mape),
          range,
          percent(medianApe),
          percent(bias),
          percent(within5),
        ];
      }),
    ]),
    `80 % interval held ${held(coverage80)}, 95 % interval ${held(coverage95)}; median half-width of 80 % ${percent(one.medianHalfWidth80)} %`,
    `committed: ${committed}${committedWithin5 === null ? '' : `, of which ${percent(committedWithin5)} % came within 5 %`}`,
  ];
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
