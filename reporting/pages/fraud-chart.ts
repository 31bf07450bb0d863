/** Precision and recall of the gate by ISO week, with the labels known so far; weeks whose labels are still arriving are hollow. */
import { formatCount, formatDay, formatShare } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import type { ShownPeriod } from '../overview.js';
import type { Coverage, GateWeek } from '../queries.js';
import { chartFigure } from './parts.js';
import type { ChartRow } from './parts.js';

export function fraudChart({ gateWeeks }: ShownPeriod, coverage: Coverage): Html {
  if (coverage.frauds === 0)
    return emptyCard('No fraud labels are known, so precision and recall cannot be said.');
  if (gateWeeks.length === 0) return emptyCard('The gate decided on no payment in this period.');
  const count = (value: number) => ({ value, text: formatCount(value) });
  return chartFigure({
    id: 'fraud',
    title: 'Fraud caught, by week',
    summary: summaryOf(gateWeeks),
    kind: 'lines',
    rowTitle: 'Week from',
    columns: [
      { title: 'Precision', colour: 'series-1', format: 'share' },
      { title: 'Recall', colour: 'series-4', format: 'share' },
      { title: 'Flagged', colour: '', format: 'count' },
      { title: 'Frauds', colour: '', format: 'count' },
      { title: 'Frauds flagged', colour: '', format: 'count' },
    ],
    rows: gateWeeks.map((week) => ({
      label: `${formatDay(week.week)}${week.mature ? '' : ' (labels still arriving)'}`,
      provisional: !week.mature,
      cells: [
        share(week.precision),
        share(week.recall),
        count(week.flagged),
        count(week.frauds),
        count(week.fraudsFlagged),
      ],
    })),
    note: noteOf(gateWeeks, coverage),
  });
}

function share(value: number | null): ChartRow['cells'][number] {
  return { value, text: formatShare(value) };
}

function summaryOf(weeks: readonly GateWeek[]): string {
  const mature = weeks.filter((week) => week.mature);
  const sum = (measure: (week: GateWeek) => number) =>
    mature.reduce((total, week) => total + measure(week), 0);
  const caught = sum((week) => week.fraudsFlagged);
  const frauds = sum((week) => week.frauds);
  return `Lines of precision and recall for ${weeks.length} weeks; in the ${mature.length} weeks with mature labels the gate flagged ${caught} of ${frauds} frauds.`;
}

function noteOf(weeks: readonly GateWeek[], { maturityDays }: Coverage): string {
  const total = (measure: (week: GateWeek) => number) => weeks.reduce((sum, week) => sum + measure(week), 0);
  const backtested = total((week) => week.backtested);
  return [
    "Flagged: blocked, reviewed or challenged, or at the model's own threshold.",
    maturityDays !== null && `95 % of the known frauds were known within ${maturityDays} days.`,
    weeks.some((week) => !week.mature) && 'Hollow: labels are still arriving.',
    backtested > 0 &&
      `${formatCount(backtested)} of ${formatCount(total((week) => week.decided))} payments were scored in a backtest, not by the gate.`,
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');
}

function emptyCard(text: string): Html {
  return html`<section class="card" aria-labelledby="fraud-title">
    <div class="card-head"><h2 id="fraud-title">Fraud caught, by week</h2></div>
    <p class="empty">${text}</p>
  </section>`;
}
