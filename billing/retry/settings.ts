/** How retries are timed: what the law leaves to us, each with its reason. What the law fixes stands beside its rule. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/days.js';

export const RETRY = {
  gridMs: 30 * MINUTE_MS, // Every limit of a window lies on a half hour of Indian time; finer slots tell a model nothing.
  horizonMs: 28 * DAY_MS, // To the end of a monthly cycle: a plan that sees less spends its attempts before the next salary.
  freshNotice: true, // Whether each retry needs a notice of its own is unsettled: the careful reading.
  noticeAheadMs: 48 * HOUR_MS, // Recommended by the gateway; later only when the slot is nearer than that.
  deliveryMs: 10 * MINUTE_MS, // A notice is delivered within minutes; a later one moves its debit.
  backoffMs: HOUR_MS, // A bank's trouble seldom ends sooner.
  openDowntimeMs: 6 * HOUR_MS, // A downtime without an end is taken to last so long.
  mostUndisclosed: 2, // Declines without a reason: once more, then a person has to look.
} as const;

/** How many instants, durations and switches legality needs; tests turn them. */
export type RetrySettings = {
  readonly [K in keyof typeof RETRY]: (typeof RETRY)[K] extends boolean ? boolean : number;
};

/** What a retry is worth, in shares of the amount and paise, and how much of it is left to chance. */
export const POLICY = {
  marginShare: 0.3, // Of the amount: what the meals do not cost; a debit that is never paid loses at least that.
  feePaise: 150, // A notice and a presentation, whatever comes of it.
  annoyancePaise: 600, // A failed debit: the bank may charge the family for it, and mandates are revoked after failures.
  delayShare: 0.002, // Of the margin for each day of waiting: a month until the salary costs less than a failed debit.
  tieShare: 0.01, // Of the margin: a smaller advantage over the ladder's slot is within the model's error.
  exploredWithinMs: 14 * DAY_MS, // A slot that is drawn by lot should not also wait for weeks.
  exploredShare: 0.07, // Of the choices: enough to learn slots that the model avoids, small enough to cost a thousandth.
  heldOutShare: 0.1, // Of the payers: shows an effect of four points with a few thousand failed debits.
  budgetMs: 100, // A whole choice; it usually takes five, and nobody waits for it.
} as const;

export type PolicySettings = { readonly [K in keyof typeof POLICY]: number };
