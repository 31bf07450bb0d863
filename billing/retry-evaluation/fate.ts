/**
 * What would become of a debit at any instant, drawn once for all who try: the shock of the account day by day, the issuer's outages, the
 * luck of each half hour. Policies that choose the same slot meet the same result, so that their difference is theirs alone.
 */
import { dayOf } from '../../core/days.js';
import { hash32, seededRandom } from '../../core/random.js';
import type { Calendar } from '../../ingest/simulate/calendar.js';
import { openStreams } from '../../ingest/simulate/chance.js';
import type { KnownShock } from '../../ingest/simulate/debit-truth.js';
import { declineReason } from '../../ingest/simulate/declines.js';
import { shockAfter } from '../../ingest/simulate/funds.js';
import { drawOutages, type Outage } from '../../ingest/simulate/issuers.js';
import { resultDelayMs } from '../../ingest/simulate/mandates.js';
import type { FailedDebit } from '../../ingest/simulate/truth.js';

export interface Fate {
  /** The reason of the decline, or null for money. */
  attempt(atMs: number): string | null;
  /** Until the result of the attempt with this number is known. */
  delayMs(attempt: number): number;
  /** Latent: what the oracle sees, on the day itself. */
  shock(day: number): KnownShock;
}

export function openFate(debit: FailedDebit, calendar: Calendar, seed: number): Fate {
  const root = seededRandom(seed ^ hash32(debit.paymentId));
  const { payer, instrument, amountPaise } = debit;
  const path = new Map([[payer.fundsShockDay, payer.fundsShock]]);
  const steps = root.fork('shock');
  let lastDay = payer.fundsShockDay;
  const shock = (day: number): KnownShock => {
    for (; lastDay < day; lastDay++) {
      const { kept, spread } = shockAfter(1);
      path.set(lastDay + 1, kept * path.get(lastDay)! + spread * steps.normal());
    }
    return { day, value: path.get(Math.max(day, payer.fundsShockDay))! };
  };
  const outages = new Map<number, Outage[]>();
  const outagesOn = (day: number): Outage[] => {
    const known = outages.get(day) ?? drawOutages(root.fork(`outages ${day}`), day);
    outages.set(day, known);
    return known;
  };
  return {
    shock,
    delayMs: (attempt) => resultDelayMs(root.fork(`delay ${attempt}`)),
    attempt: (atMs) => {
      const day = dayOf(atMs);
      const { value } = shock(day);
      const random = openStreams(root.fork(`attempt ${atMs}`));
      const short = { ...payer, fundsShock: value, fundsShockDay: day };
      // An outage of the evening before may last.
      const around = [...outagesOn(day - 1), ...outagesOn(day)];
      return declineReason(
        { payer: short, instrument, amountPaise, atMs, attended: false },
        { random, calendar, outages: around },
      );
    },
  };
}
