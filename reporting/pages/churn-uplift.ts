/** What treatments are worth: a sentence, then the arms, causes, dealt kinds and cohorts that it rests on, and what ranking makes of it. */
import { formatMoney } from '../../core/money.js';
import type { ChurnUpliftReport, Difference } from '../churn/uplift-report.js';
import { formatCount, formatGrain, formatShare, UNKNOWN } from '../format.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { numberTable } from './table-card.js';

export function upliftCard(report: ChurnUpliftReport): Html {
  const given = report.given.length === 0 ? null : givenTable(report);
  return html`<section class="card" aria-labelledby="uplift-title">
    <h2 id="uplift-title">What treating is worth</h2>
    <p class="callout">${report.verdict}</p>
    ${report.since !== null && comparison(report)} ${given}
    <p class="note">
      Ranking takes a treatment to prevent ${formatShare(report.effects.voluntary.prevented)} of those who
      would leave ${basis(report.effects.voluntary)} and ${formatShare(report.effects.involuntary.prevented)}
      of those who would lapse ${basis(report.effects.involuntary)}. A payer counts once, on the first night
      on the list, as drawn, whatever was done.
    </p>
  </section>`;
}

function basis({ weight }: ChurnUpliftReport['effects']['voluntary']): string {
  return weight === 0 ? '(assumed)' : `(measured, weight ${formatShare(weight)} beside the assumption)`;
}

interface Line {
  readonly name: string;
  readonly offered: string;
  readonly heldOut: string;
  readonly difference: Difference | null;
}

function comparison(report: ChurnUpliftReport): Html {
  const { offered, heldOut, treatedShare, saved } = report;
  const shares = (difference: Difference | null): Pick<Line, 'offered' | 'heldOut' | 'difference'> => ({
    offered: formatShare(difference?.offeredShare ?? null),
    heldOut: formatShare(difference?.heldOutShare ?? null),
    difference,
  });
  const ended = (of: number, all: number): string => `${formatCount(of)} of ${formatCount(all)}`;
  const lines: Line[] = [
    { name: 'Leave or lapse', ...shares(report.either) },
    { name: 'Leave', ...shares(report.voluntary) },
    { name: 'Lapse', ...shares(report.involuntary) },
    ...report.kinds.map(({ kind, difference }) => ({ name: `Dealt ${kind}`, ...shares(difference) })),
    ...report.cohorts.map((one) => ({
      name: `Listed in ${formatGrain(`${one.month}-01`, 'month')}`,
      offered: ended(one.offeredEnded, one.offered),
      heldOut: ended(one.heldOutEnded, one.heldOut),
      difference: one.difference,
    })),
  ];
  const money = (paise: number): string => formatMoney(BigInt(paise), report.currency);
  return html`<p>
      ${formatCount(offered.payers)} payers were offered a treatment and ${formatShare(treatedShare)} of them
      got one; ${formatCount(heldOut.payers)} were held out. ${formatCount(offered.waiting + heldOut.waiting)}
      more wait for their outcome.
      ${
        saved !== null &&
        html`Saved: ${money(saved.grossPaise)} for ${money(saved.costPaise)}, net
          <strong>${money(saved.netPaise)}</strong> (${money(saved.low)} to ${money(saved.high)}).`
      }
    </p>
    ${numberTable('Offered beside held out', ['', 'Offered', 'Held out', 'Prevented', '95 % interval'], lines.map(lineCells))}`;
}

function lineCells({ name, offered, heldOut, difference }: Line): string[] {
  const points = (share: number): string => (100 * share).toFixed(1);
  return [
    name,
    offered,
    heldOut,
    difference === null ? UNKNOWN : `${points(difference.prevented)} points`,
    difference === null ? 'too few' : `${points(difference.low)} to ${points(difference.high)}`,
  ];
}

function givenTable({ given, currency }: ChurnUpliftReport): Html {
  return numberTable(
    'What was done',
    ['Treatment', 'Times', 'Payers', 'Cost', 'Of them outside the comparison'],
    given.map(({ kind, treatments, payers, costPaise, outside }) => [
      kind,
      formatCount(treatments),
      formatCount(payers),
      formatMoney(BigInt(costPaise), currency),
      formatCount(outside),
    ]),
  );
}
