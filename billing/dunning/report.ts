/**
 * How dunning stands and what it is worth: open arrears by stage, what was done, and the campaign against the permanent hold-out. The
 * unit of the comparison is the payer, since who stays on the plain ladder is drawn by payer: the first episode of the window that is
 * old enough to be judged, paid within the horizon or not. The interval is Newcombe's; money has a bootstrap over payers.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { DAY_MS } from '../../core/days.js';
import { bootstrap } from '../../models/bootstrap.js';
import { LEAST_PAYERS, upliftOf } from '../../models/uplift.js';
import { nullable } from '../../scoring/request.js';

const WINDOW_DAYS = 365;
/** What comes later was not brought in by messages. */
const HORIZON_DAYS = 30;

const Count = Type.Integer({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Paise = Type.Integer({ description: 'Minor units of the currency.' });

const ArmFigures = Type.Object({
  payers: Count,
  paid: Count,
  owedPaise: Paise,
  recoveredPaise: Paise,
});

export const DunningReport = Type.Object({
  asOf: Type.String({ format: 'date-time' }),
  currency: Type.String(),
  stages: Type.Array(
    Type.Object({ stage: Type.String(), payers: Count, owedPaise: Paise, waiting: Count, listed: Count }),
  ),
  waits: Type.Array(Type.Object({ waitsFor: Type.String(), payers: Count, owedPaise: Paise })),
  steps: Type.Array(
    Type.Object({ kind: Type.String(), sent: Count, blocked: Count, withdrawn: Count, due: Count }),
    { description: 'Of the last 30 days.' },
  ),
  withheld: Count,
  lift: Type.Object({
    horizonDays: Type.Integer(),
    campaign: ArmFigures,
    holdOut: ArmFigures,
    leastPayers: Type.Integer({ description: 'With fewer in an arm the arms are not compared.' }),
    paidShare: nullable(
      Type.Object(
        { campaign: Share, holdOut: Share, lift: Type.Number(), low: Type.Number(), high: Type.Number() },
        {
          description:
            'Share of payers who paid within the horizon, and the difference with its 95 % interval.',
        },
      ),
    ),
    recoveredShare: nullable(
      Type.Object(
        {
          campaign: Type.Number(),
          holdOut: Type.Number(),
          lift: Type.Number(),
          low: Type.Number(),
          high: Type.Number(),
        },
        {
          description: 'Share of the money owed.',
        },
      ),
    ),
  }),
});
export type DunningReport = Static<typeof DunningReport>;

export async function dunningReport(pool: Pool, now: number, currency = 'INR'): Promise<DunningReport> {
  const [stages, waits, steps, withheld, judged] = await Promise.all([
    readStages(pool, currency),
    readWaits(pool, currency),
    readSteps(pool, now),
    pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM dunning_effects WHERE lifted_at IS NULL',
    ),
    readJudged(pool, currency, now),
  ]);
  return {
    asOf: new Date(now).toISOString(),
    currency,
    stages,
    waits,
    steps,
    withheld: withheld.rows[0]?.count ?? 0,
    lift: liftOf(judged),
  };
}

async function readStages(pool: Pool, currency: string): Promise<DunningReport['stages']> {
  const { rows } = await pool.query<DunningReport['stages'][number]>(
    `SELECT stage, count(*)::int AS payers, sum(owed_paise)::float8 AS "owedPaise",
       (count(*) FILTER (WHERE waits_for IS NOT NULL))::int AS waiting,
       (count(*) FILTER (WHERE is_listed AND arm = 'campaign'))::int AS listed
     FROM dunning_episodes WHERE cleared_at IS NULL AND currency = $1 GROUP BY stage ORDER BY max(oldest_due_at) DESC, stage`,
    [currency],
  );
  return rows;
}

async function readWaits(pool: Pool, currency: string): Promise<DunningReport['waits']> {
  const { rows } = await pool.query<DunningReport['waits'][number]>(
    `SELECT waits_for AS "waitsFor", count(*)::int AS payers, sum(owed_paise)::float8 AS "owedPaise" FROM dunning_episodes
     WHERE cleared_at IS NULL AND currency = $1 AND waits_for IS NOT NULL GROUP BY waits_for ORDER BY payers DESC, waits_for`,
    [currency],
  );
  return rows;
}

const STEP_DAYS = 30;

async function readSteps(pool: Pool, now: number): Promise<DunningReport['steps']> {
  const of = (status: string): string => `(count(*) FILTER (WHERE status = '${status}'))::int AS ${status}`;
  const { rows } = await pool.query<DunningReport['steps'][number]>(
    `SELECT kind, ${['sent', 'blocked', 'withdrawn', 'due'].map(of).join(', ')} FROM dunning_steps
     WHERE created_at > to_timestamp($1 / 1000.0) GROUP BY kind ORDER BY sent DESC, kind`,
    [now - STEP_DAYS * DAY_MS],
  );
  return rows;
}

interface Judged {
  readonly arm: 'campaign' | 'hold-out';
  readonly isPaid: boolean;
  readonly owedPaise: number;
}

async function readJudged(pool: Pool, currency: string, now: number): Promise<Judged[]> {
  const until = now - HORIZON_DAYS * DAY_MS;
  const { rows } = await pool.query<Judged>(
    `SELECT DISTINCT ON (payer_id) arm, first_owed_paise::float8 AS "owedPaise",
       coalesce(cleared_by = 'paid' AND cleared_at <= opened_at + make_interval(days => $4), false) AS "isPaid"
     FROM dunning_episodes
     WHERE currency = $1 AND opened_at > to_timestamp($2 / 1000.0) AND opened_at <= to_timestamp($3 / 1000.0)
       AND cleared_by IS DISTINCT FROM 'set-aside'
     ORDER BY payer_id, opened_at, episode_id`,
    [currency, until - WINDOW_DAYS * DAY_MS, until, HORIZON_DAYS],
  );
  return rows;
}

function liftOf(judged: readonly Judged[]): DunningReport['lift'] {
  const figures = (arm: Judged['arm']) => {
    const own = judged.filter((one) => one.arm === arm);
    const paid = own.filter(({ isPaid }) => isPaid);
    const sum = (of: readonly Judged[]): number => of.reduce((total, { owedPaise }) => total + owedPaise, 0);
    return { payers: own.length, paid: paid.length, owedPaise: sum(own), recoveredPaise: sum(paid) };
  };
  const [campaign, holdOut] = [figures('campaign'), figures('hold-out')];
  const group = ({ payers, paid }: typeof campaign) => ({ payers, churned: payers - paid });
  const isComparable = Math.min(campaign.payers, holdOut.payers) >= LEAST_PAYERS;
  const uplift = isComparable ? upliftOf(group(campaign), group(holdOut)) : null;
  return {
    horizonDays: HORIZON_DAYS,
    campaign,
    holdOut,
    leastPayers: LEAST_PAYERS,
    paidShare: uplift && {
      campaign: 1 - uplift.treatedShare,
      holdOut: 1 - uplift.heldOutShare,
      lift: uplift.prevented,
      low: uplift.low,
      high: uplift.high,
    },
    recoveredShare: uplift && recoveredShare(judged),
  };
}

/** Payers are drawn within each arm, so that both keep their size. */
function recoveredShare(judged: readonly Judged[]): NonNullable<DunningReport['lift']['recoveredShare']> {
  const measure = (counts: Int32Array) => {
    const owed = { campaign: 0, 'hold-out': 0 };
    const paid = { campaign: 0, 'hold-out': 0 };
    judged.forEach(({ arm, isPaid, owedPaise }, row) => {
      const times = counts[row] ?? 0;
      owed[arm] += owedPaise * times;
      if (isPaid) paid[arm] += owedPaise * times;
    });
    const [campaign, holdOut] = [paid.campaign / owed.campaign, paid['hold-out'] / owed['hold-out']];
    return { campaign, holdOut, lift: campaign - holdOut };
  };
  const y = Uint8Array.from(judged, ({ arm }) => (arm === 'campaign' ? 1 : 0));
  const { lift } = bootstrap({ y }, measure);
  return { ...measure(new Int32Array(judged.length).fill(1)), ...lift };
}
