/** A gate over a real database for tests: a clock that stands still, a lake that is a list, a model that can be set. */
import type { Pool } from 'pg';
import { manualClock } from '../../core/clock.js';
import type { ManualClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import type { Log } from '../../core/log.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import { createCaseAdmin } from '../../scoring/cases/admin.js';
import type { CaseAdmin } from '../../scoring/cases/admin.js';
import { createGate } from '../../scoring/decide.js';
import type { Decide } from '../../scoring/decide.js';
import type { CountryOf } from '../../scoring/geo.js';
import { createListAdmin } from '../../scoring/lists/admin.js';
import type { ListAdmin } from '../../scoring/lists/admin.js';
import { openLiveLog } from '../../scoring/live-log.js';
import type { LiveLog, LiveState } from '../../scoring/live-log.js';
import { openLiveChurn } from '../../scoring/live-churn.js';
import type { LiveChurn } from '../../scoring/live-churn.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import type { LiveRules } from '../../scoring/live-rules.js';
import { restoreLiveState } from '../../scoring/live-state.js';
import type { History } from '../../scoring/live-state.js';
import { createOutcomes } from '../../scoring/outcomes.js';
import type { ReportOutcome } from '../../scoring/outcomes.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';
import type { Policy } from '../../scoring/policy-settings.js';
import { recordPolicy } from '../../scoring/policy-store.js';
import type { DecisionBody } from '../../scoring/request.js';
import { createRuleAdmin } from '../../scoring/rules/admin.js';
import type { RuleAdmin } from '../../scoring/rules/admin.js';
import { createSafeguards } from '../../scoring/safeguards.js';
import type { Safeguards } from '../../scoring/safeguards.js';
import type { Circumstances, FraudModel } from '../../scoring/score.js';
import { createShadow } from '../../scoring/shadow.js';
import type { Challenger, Shadow } from '../../scoring/shadow.js';

export const START_AT = Date.UTC(2026, 0, 5, 6, 0, 0);

export const MAX_IN_FLIGHT = 1000;

/** Ids of decisions are random: what is explored would be too. */
export const UNEXPLORED: Policy = {
  ...DEFAULT_POLICY,
  exploration: { ...DEFAULT_POLICY.exploration, share: 0 },
};

export const CALM: Circumstances = { modelTooSlow: false, blockCapOpen: false, originalBlocked: false };

export interface World {
  readonly pool: Pool;
  readonly clock: ManualClock;
  readonly liveLog: LiveLog;
  readonly decide: Decide;
  readonly reportOutcome: ReportOutcome;
  readonly caseAdmin: CaseAdmin;
  readonly rules: LiveRules;
  readonly churn: LiveChurn;
  readonly ruleAdmin: RuleAdmin;
  readonly listAdmin: ListAdmin;
  readonly safeguards: Safeguards;
  /** Ids of the dry runs that were asked for; nobody carries them out. */
  readonly dryRuns: readonly string[];
  useModel(model: FraudModel | null): void;
  readonly shadow: Shadow;
  useChallenger(challenger: Challenger | null): void;
}

interface WorldSettings {
  readonly pool: Pool;
  /** From an empty lake and the log, unless given. */
  readonly restore?: () => Promise<LiveState>;
  /** Instead of the log of one process. */
  readonly liveLog?: LiveLog;
  readonly clock?: ManualClock;
  readonly log?: Log;
  readonly countryOf?: CountryOf;
  readonly stopwatch?: () => number;
  readonly policy?: Policy;
  readonly maxInFlight?: number;
}

export async function openWorld(settings: WorldSettings): Promise<World> {
  const { pool, clock = manualClock(START_AT), log = silentLog } = settings;
  let model: FraudModel | null = null;
  const restore =
    settings.restore ?? (() => restoreLiveState({ pool, clock, createFold, history: NO_HISTORY }));
  const liveLog = settings.liveLog ?? (await openLiveLog({ pool, clock, log, restore }));
  const rules = await openLiveRules({ pool, clock, log, featureNames: FEATURE_NAMES });
  const churn = await openLiveChurn(pool);
  const dryRuns: string[] = [];
  const dryRunner = { requireRoom: () => undefined, start: (id: string) => void dryRuns.push(id) };
  const stopwatch = settings.stopwatch ?? (() => 0);
  const policy = settings.policy ?? UNEXPLORED;
  const safeguards = createSafeguards({
    log,
    stopwatch,
    policy,
    maxInFlight: settings.maxInFlight ?? MAX_IN_FLIGHT,
  });
  await recordPolicy(pool, policy, clock);
  let challenger: Challenger | null = null;
  const shadow = createShadow({ pool, log, stopwatch, challenger: () => challenger, policy });
  const decide = createGate({
    pool,
    clock,
    log: liveLog,
    model: () => model,
    rules,
    churn,
    countryOf: settings.countryOf ?? (() => null),
    stopwatch,
    safeguards,
    featureNames: FEATURE_NAMES,
    shadow,
  });
  const reportOutcome = createOutcomes({ pool, clock, log: liveLog });
  return {
    pool,
    clock,
    liveLog,
    decide,
    reportOutcome,
    caseAdmin: createCaseAdmin({ pool, clock, reportOutcome }),
    rules,
    churn,
    ruleAdmin: createRuleAdmin({ pool, clock, rules, dryRuns: dryRunner }),
    listAdmin: createListAdmin({ pool, clock, rules }),
    dryRuns,
    safeguards,
    useModel: (next) => {
      model = next;
    },
    shadow,
    useChallenger: (next) => {
      challenger = next;
    },
  };
}

export const NO_HISTORY: History = { watermark: async () => 0, replay: async () => 0 };

export function body(paymentId: string, fields: Partial<DecisionBody> = {}): DecisionBody {
  return {
    paymentId,
    payerId: 'payer-1',
    counterpartyId: 'school-1',
    instrumentId: 'token-1',
    deviceId: 'device-1',
    ip: '203.0.113.7',
    method: 'upi',
    category: 'meal-plan',
    country: 'IN',
    latitude: 12.9716,
    longitude: 77.5946,
    amountPaise: 250_000,
    ...fields,
  };
}

/** Says `fraudProbability` of everything. */
export function constantModel(fraudProbability: number, fields: Partial<FraudModel> = {}): FraudModel {
  return {
    version: 'model-constant',
    featureSetHash: createFold().featureSetHash,
    predictOne: () => fraudProbability,
    explain: () => [
      { feature: 'amount', contribution: 0.7 },
      { feature: 'payerCount1h', contribution: -0.2 },
      { feature: 'deviceCount1h', contribution: 1.5 },
    ],
    thresholds: null,
    ...fields,
  };
}

/** The logged vector of a payment, as bits. */
export async function loggedVector(pool: Pool, paymentId: string): Promise<string> {
  const { rows } = await pool.query<{ vector: Buffer }>(
    'SELECT vector FROM decisions WHERE payment_id = $1',
    [paymentId],
  );
  return rows[0]?.vector.toString('hex') ?? 'no such payment';
}

export async function countRows(
  pool: Pool,
  table: 'facts' | 'decisions' | 'outcome_reports',
): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>(`SELECT count(*) AS count FROM ${table}`);
  return Number(rows[0]?.count);
}
