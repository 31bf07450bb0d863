/**
 * What the pages need besides the warehouse: the decision log and the model registry, as functions, so that no page
 * knows how they are stored. Instants are UTC epoch milliseconds unless they are ISO text.
 */
import type { Challenge } from '../models/challenges.js';
import type { Promotion } from '../models/promotions.js';
import type { Case } from '../scoring/cases/case.js';
import type { InspectedCase } from '../scoring/cases/inspect.js';
import type { CaseQuery } from '../scoring/cases/store.js';
import type { DecisionQuery, InspectedDecision, RecordedDecision } from '../scoring/decisions.js';
import type { ChurnOverview } from './churn/overview.js';
import type { ChurnUpliftReport } from './churn/uplift-report.js';
import type { ComparisonReport } from './comparison-report.js';
import type { DunningOverview } from './dunning.js';
import type { ForecastReport } from './forecast-report.js';
import type { GuardrailCheck } from './guardrails.js';
import type { ReconciliationOverview } from './reconciliation-overview.js';
import type { SubscriptionReport } from './subscription-report.js';
import type { DriftReport } from './watch-report.js';
import type { WatchedDay } from './watch-store.js';

/** `low` and `high` bound the 95 % confidence interval; `baseline` is the naive rule's value. */
export interface ReportedMetric {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly baseline: number | null;
}

export interface ProductionModel {
  readonly version: string;
  readonly promotedAt: number;
  readonly metrics: readonly ReportedMetric[];
}

/** One change of which model is in production. */
export interface ModelChange {
  readonly task: string;
  readonly version: string;
  readonly changedAt: number;
  readonly actor: string;
  readonly reason: string;
  readonly inProduction: boolean;
  readonly kind: Promotion['kind'];
}

export interface ReportingDeps {
  readonly warehousePath: string;
  /** Of the gate's own fold: the values of a decision made on another set have no names here. */
  readonly featureSetHash: string;
  latestDecisions(query: DecisionQuery): Promise<readonly RecordedDecision[]>;
  decision(decisionId: string): Promise<InspectedDecision | null>;
  cases(query: CaseQuery): Promise<readonly Case[]>;
  /** Null when there is no such case. */
  case(caseId: string): Promise<InspectedCase | null>;
  productionModel(): Promise<ProductionModel | null>;
  /** Newest first. */
  modelHistory(): Promise<readonly ModelChange[]>;
  /** What scores in shadow; null when nothing does. */
  challenge(): Promise<Challenge | null>;
  /** The newest; null before the first. */
  latestComparison(): Promise<ComparisonReport | null>;
  /** The newest look; null before the first. */
  guardrails(): Promise<GuardrailCheck | null>;
  /** The newest run; null before the first. */
  latestWatch(): Promise<DriftReport | null>;
  /** The newest; null before the first. */
  latestForecast(): Promise<ForecastReport | null>;
  /** Arrears as they stand. */
  dunning(): Promise<DunningOverview>;
  reconciliation(): Promise<ReconciliationOverview>;
  /** Of the currency with the most revenue if none is named; null before the first. */
  subscriptions(currency: string | null): Promise<SubscriptionReport | null>;
  /** Of the currency with the most subscriptions if none is named; null before the first night. */
  churn(currency: string | null): Promise<ChurnOverview | null>;
  /** Null before the first night. */
  churnUplift(currency: string | null): Promise<ChurnUpliftReport | null>;
  /** Oldest first. */
  watchedDays(): Promise<readonly WatchedDay[]>;
}
