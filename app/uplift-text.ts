/** What treatments against churn are worth, as text for a terminal: the sentence first, then what it rests on. */
import { formatMoney } from '../core/money.js';
import type { ChurnUpliftReport, Difference } from '../reporting/churn/uplift-report.js';
import { formatCount, formatShare } from '../reporting/format.js';
import { textTable } from './text-table.js';

export function upliftText(report: ChurnUpliftReport): string {
  const { currency, offered, heldOut, treatedShare, saved, given } = report;
  const money = (paise: number): string => formatMoney(BigInt(paise), currency);
  const waiting = offered.waiting + heldOut.waiting;
  const lines = [report.verdict, '', basisLine(report)];
  if (report.since === null) return lines.join('\n');
  return [
    ...lines,
    `Since ${report.since}: ${formatCount(offered.payers)} offered (${formatShare(treatedShare)} treated), ` +
      `${formatCount(heldOut.payers)} held out, ${formatCount(waiting)} outcomes open`,
    ...(saved === null
      ? []
      : [
          `Saved ${money(saved.grossPaise)} for ${money(saved.costPaise)}: ${money(saved.netPaise)} net ` +
            `(${money(saved.low)} to ${money(saved.high)})`,
        ]),
    '',
    ...textTable([
      ['', 'offered', 'held out', 'prevented', '95 % interval'],
      line('leave or lapse', report.either),
      line('leave', report.voluntary),
      line('lapse', report.involuntary),
      ...report.kinds.map(({ kind, difference }) => line(`dealt ${kind}`, difference)),
      ...report.cohorts.map(({ month, difference }) => line(`listed in ${month}`, difference)),
    ]),
    '',
    ...textTable([
      ['treatment', 'times', 'payers', 'cost', 'outside'],
      ...given.map(({ kind, treatments, payers, costPaise, outside }) => [
        kind,
        formatCount(treatments),
        formatCount(payers),
        money(costPaise),
        formatCount(outside),
      ]),
    ]),
  ].join('\n');
}

function line(name: string, difference: Difference | null): string[] {
  if (difference === null) return [name, '', '', 'too few'];
  const { offeredShare, heldOutShare, prevented, low, high } = difference;
  const points = (share: number): string => (100 * share).toFixed(1);
  return [
    name,
    formatShare(offeredShare),
    formatShare(heldOutShare),
    `${points(prevented)} points`,
    `${points(low)} to ${points(high)}`,
  ];
}

function basisLine({ effects: { voluntary, involuntary } }: ChurnUpliftReport): string {
  const basis = ({ weight, prevented }: typeof voluntary): string =>
    `${formatShare(prevented)} (${weight === 0 ? 'assumed' : `measurement counts for ${formatShare(weight)}`})`;
  return `Ranking: a treatment prevents ${basis(voluntary)} of leaving, ${basis(involuntary)} of lapsing`;
}
