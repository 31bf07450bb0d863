/**
 * The figures of the uplift report from a trial: Newcombe's intervals of shares, a bootstrap over payers of the money, and the sentence,
 * which says so when there are too few to tell and what such numbers would show.
 */
import { formatMoney } from '../../core/money.js';
import { istDay } from '../../features/calendar.js';
import { bootstrap } from '../../models/bootstrap.js';
import { measureEffects } from '../../models/churn-effect.js';
import type { Trial, TrialPayer } from '../../models/churn-trial.js';
import { detectableDifference, LEAST_PAYERS, upliftOf } from '../../models/uplift.js';
import { formatCount, formatShare } from '../format.js';
import { groupedBy } from '../grouped.js';
import type { ChurnUpliftReport, Difference } from './uplift-report.js';

export function upliftReport(trial: Trial, asOf: number): ChurnUpliftReport {
  const { payers, since, waiting } = trial;
  const offered = payers.filter(({ heldOut }) => !heldOut);
  const heldOut = payers.filter((payer) => payer.heldOut);
  const treated = offered.filter(isTreated).length;
  const either = differenceOf(offered, heldOut, hasEnded);
  const saved = savedOf(payers);
  const base = heldOut.filter(hasEnded).length / Math.max(1, heldOut.length);
  const figures = {
    currency: trial.currency,
    since: since === null ? null : new Date(since).toISOString(),
    leastPayers: LEAST_PAYERS,
    offered: armOf(offered, waiting.offered),
    heldOut: armOf(heldOut, waiting.heldOut),
    either,
    saved,
    detectable: detectableDifference(offered.length, heldOut.length, base),
  };
  return {
    asOf: new Date(asOf).toISOString(),
    ...figures,
    verdict: verdictOf(figures),
    treatedShare: offered.length === 0 ? null : treated / offered.length,
    voluntary: differenceOf(offered, heldOut, ({ outcome }) => outcome === 'voluntary'),
    involuntary: differenceOf(offered, heldOut, ({ outcome }) => outcome === 'involuntary'),
    kinds: kindsOf(offered, heldOut),
    given: trial.given.map((one) => ({ ...one, costPaise: Math.round(one.costPaise) })),
    cohorts: cohortsOf(payers),
    effects: measureEffects(payers),
  };
}

type Is = (payer: TrialPayer) => boolean;

const hasEnded: Is = ({ outcome }) => outcome !== 'kept';
const isTreated: Is = ({ treatments }) => treatments > 0;

function armOf(payers: readonly TrialPayer[], waiting: number): ChurnUpliftReport['offered'] {
  const ended = (by: TrialPayer['outcome']): number => payers.filter(({ outcome }) => outcome === by).length;
  return { payers: payers.length, voluntary: ended('voluntary'), involuntary: ended('involuntary'), waiting };
}

/** Null while an arm is too small to say anything. */
function differenceOf(
  offered: readonly TrialPayer[],
  heldOut: readonly TrialPayer[],
  isCounted: Is,
): Difference | null {
  if (Math.min(offered.length, heldOut.length) < LEAST_PAYERS) return null;
  const group = (of: readonly TrialPayer[]) => ({
    payers: of.length,
    churned: of.filter(isCounted).length,
  });
  const found = upliftOf(group(offered), group(heldOut));
  if (found === null) return null;
  const { treatedShare: offeredShare, heldOutShare, prevented, low, high } = found;
  return { offeredShare, heldOutShare, prevented, low, high };
}

function kindsOf(offered: readonly TrialPayer[], heldOut: readonly TrialPayer[]): ChurnUpliftReport['kinds'] {
  return [...groupedBy(offered, ({ assignedKind }) => assignedKind)]
    .flatMap(([kind, payers]) =>
      kind === null
        ? []
        : [
            {
              kind,
              payers: payers.length,
              treated: payers.filter(isTreated).length,
              difference: differenceOf(payers, heldOut, hasEnded),
            },
          ],
    )
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

const MONTH_LENGTH = 'YYYY-MM'.length;

function cohortsOf(payers: readonly TrialPayer[]): ChurnUpliftReport['cohorts'] {
  return [...groupedBy(payers, ({ listedAt }) => istDay(listedAt).slice(0, MONTH_LENGTH))]
    .map(([month, of]) => {
      const offered = of.filter(({ heldOut }) => !heldOut);
      const heldOut = of.filter((payer) => payer.heldOut);
      return {
        month,
        offered: offered.length,
        offeredEnded: offered.filter(hasEnded).length,
        heldOut: heldOut.length,
        heldOutEnded: heldOut.filter(hasEnded).length,
        difference: differenceOf(offered, heldOut, hasEnded),
      };
    })
    .sort((a, b) => (a.month < b.month ? -1 : 1));
}

const SEED = 1;

/** Mean loss of the held out less that of the offered, for each offered payer, less what treating them cost. */
function savedOf(payers: readonly TrialPayer[]): ChurnUpliftReport['saved'] {
  const arm = Uint8Array.from(payers, ({ heldOut }) => (heldOut ? 1 : 0));
  const heldOut = arm.reduce((sum, one) => sum + one, 0);
  const offered = arm.length - heldOut;
  if (Math.min(offered, heldOut) < LEAST_PAYERS) return null;
  const lost = Float64Array.from(payers, ({ lostPaise }) => lostPaise);
  const costs = Float64Array.from(payers, ({ heldOut, costPaise }) => (heldOut ? 0 : costPaise));
  const measure = (counts: Int32Array | null) => {
    let lostOffered = 0;
    let lostHeldOut = 0;
    let cost = 0;
    for (let row = 0; row < arm.length; row++) {
      const times = counts?.[row] ?? 1;
      const lostPaise = times * (lost[row] ?? 0);
      if (arm[row] === 1) lostHeldOut += lostPaise;
      else lostOffered += lostPaise;
      cost += times * (costs[row] ?? 0);
    }
    const gross = (lostHeldOut / heldOut) * offered - lostOffered;
    return { gross, cost, net: gross - cost };
  };
  const { gross, cost } = measure(null);
  const { net: interval } = bootstrap({ y: arm }, measure, {
    resamples: 400, // Sums of few large losses need more than shares do.
    level: 0.95,
    seed: SEED,
    draw: 'classes',
  });
  const [grossPaise, costPaise] = [Math.round(gross), Math.round(cost)];
  return {
    grossPaise,
    costPaise,
    netPaise: grossPaise - costPaise,
    low: Math.round(interval.low),
    high: Math.round(interval.high),
  };
}

type Figures = Pick<
  ChurnUpliftReport,
  'currency' | 'since' | 'offered' | 'heldOut' | 'either' | 'saved' | 'detectable' | 'leastPayers'
>;

function verdictOf(figures: Figures): string {
  const { since, offered, heldOut, either, saved, detectable, currency, leastPayers } = figures;
  if (since === null)
    return 'No treatment is on record: whom to treat says GET /v1/reports/churn, what was done is told with POST /v1/churn/treatments.';
  const counts = `${formatCount(offered.payers)} offered payers beside ${formatCount(heldOut.payers)} held out`;
  if (either === null) {
    const open = offered.waiting + heldOut.waiting;
    return `Too few to say: ${counts}, and ${formatCount(leastPayers)} of each are needed; ${formatCount(open)} more outcomes are open.`;
  }
  const interval = `95 % interval ${points(either.low)} to ${points(either.high)} points`;
  if (either.low <= 0 && either.high >= 0) {
    const needed =
      detectable === null
        ? 'nobody held out has left yet'
        : `only a difference of ${points(detectable)} points or more would show`;
    return `Not proven: ${points(either.prevented)} points of churn prevented, ${interval}, which holds none; with ${counts} ${needed}.`;
  }
  if (either.prevented < 0)
    return `Treatments do harm: churn is ${points(-either.prevented)} points higher among ${counts} (${interval}).`;
  const money =
    saved === null
      ? ''
      : `; net of their cost ${formatMoney(BigInt(saved.netPaise), currency)} saved (${formatMoney(BigInt(saved.low), currency)} to ${formatMoney(BigInt(saved.high), currency)})`;
  return `Treatments prevent ${points(either.prevented)} points of churn, ${formatShare(either.heldOutShare)} down to ${formatShare(either.offeredShare)}, among ${counts} (${interval})${money}.`;
}

function points(share: number): string {
  return (100 * share).toFixed(1);
}
