/**
 * What the live log writes and how: every entry is a fact as the fold saw it, beside the decision or the report that caused
 * it. One statement writes a whole batch, and one statement is one transaction: all of it is durable or none, the cases that
 * wait for a person included.
 */
import type { Pool } from 'pg';
import type { LabelFact, OutcomeFact, PaymentFact, PaymentRequest } from '../ingest/facts.js';
import type { Observation } from '../features/fold.js';
import { openCasesSql } from './cases/opening.js';
import type { ListEntry } from './lists/entry.js';
import type { HistoryMark } from './live-state.js';
import type { Answer, Signals } from './request.js';
import type { RuleHits } from './rules/rule-set.js';
import type { Circumstances } from './score.js';

export type PaymentWithInstant = PaymentRequest & { readonly occurredAt: number };

/** A label or an outcome with the payment that it is about, as the fold needs it. */
export type ReportObservation = (OutcomeFact | LabelFact) & { readonly payment: PaymentWithInstant };

export interface DecisionRow {
  readonly answer: Answer;
  readonly idempotencyKey: string | null;
  readonly bodyHash: string;
  /** Little-endian float32 in hexadecimal. */
  readonly vectorHex: string;
  readonly latencyMs: number;
  readonly ruleSetHash: string;
  /** The lists as of this change. */
  readonly listVersion: number;
  readonly policyHash: string;
  readonly circumstances: Circumstances;
  readonly propensity: number | null;
  readonly ruleHits: RuleHits;
  readonly listHits: readonly ListEntry[];
  readonly signals: Signals;
  /** What the fold was built from. */
  readonly history: HistoryMark;
}

export interface DecisionEntry {
  readonly observation: PaymentFact;
  readonly decision: DecisionRow;
}

interface ReportRow {
  readonly reportId: string;
  readonly idempotencyKey: string | null;
  readonly bodyHash: string;
  readonly outcome: string;
}

export interface ReportEntry {
  readonly observation: ReportObservation;
  readonly report: ReportRow;
}

/** What became known elsewhere, fed to the fold under its key in the queue (billing/payments/feed.ts). */
export interface FeedEntry {
  readonly observation: Observation;
  readonly feed: { readonly key: string };
}

export type Entry = DecisionEntry | ReportEntry | FeedEntry;

/** `fence` is asked once for every fact: it lets all of them in, or throws. */
const writeSql = (fence: string): string => `
  WITH new_facts AS (
    INSERT INTO facts (sequence, fact, payment_id, occurred_at, known_at, body)
    SELECT * FROM json_to_recordset($1) AS row(
      sequence bigint, fact text, payment_id text, occurred_at timestamptz, known_at timestamptz, body json)
    ${fence}
  ), new_decisions AS (
    INSERT INTO decisions (decision_id, idempotency_key, body_hash, sequence, payment_id, decided_at, request, action,
      fraud_probability, reasons, model_version, feature_set_hash, degraded, vector, latency_ms,
      decided_by, rule_set_hash, list_version, findings, signals,
      history_batches, history_until, history_sequence, policy_hash, circumstances, propensity, retry_of)
    SELECT * FROM json_to_recordset($2) AS row(
      decision_id text, idempotency_key text, body_hash text, sequence bigint, payment_id text, decided_at timestamptz,
      request json, action text, fraud_probability double precision, reasons json, model_version text,
      feature_set_hash text, degraded text, vector bytea, latency_ms double precision,
      decided_by text, rule_set_hash text, list_version bigint, findings json, signals json,
      history_batches bigint, history_until timestamptz, history_sequence bigint,
      policy_hash text, circumstances json, propensity double precision, retry_of text)
    RETURNING decision_id, payment_id, decided_at AS opened_at, action
  ), new_cases AS (
    ${openCasesSql("(SELECT * FROM new_decisions WHERE action = 'review') reviewed")}
  ), new_feeds AS (
    INSERT INTO fed_facts (sequence, key, known_at)
    SELECT * FROM json_to_recordset($4) AS row(sequence bigint, key text, known_at timestamptz)
  )
  INSERT INTO outcome_reports (report_id, idempotency_key, body_hash, sequence, payment_id, outcome, reported_at)
  SELECT * FROM json_to_recordset($3) AS row(
    report_id text, idempotency_key text, body_hash text, sequence bigint, payment_id text, outcome text,
    reported_at timestamptz)`;

const WRITE = writeSql('');
const WRITE_FENCED = writeSql('WHERE (SELECT require_fold_epoch($5))');

/** Writes all entries or none; answers one `undefined` for each. */
export function writeEntries(pool: Pool, entries: readonly Entry[]): Promise<undefined[]> {
  return writeColumns(pool, entries.map(columnsOf), null);
}

/** @param epoch of the shared fold (scoring/home); it must not be over. Null: the fold is not shared. */
export async function writeColumns(
  pool: Pool,
  entries: readonly EntryColumns[],
  epoch: number | null,
): Promise<undefined[]> {
  const facts = entries.map(({ fact }) => fact);
  const decisions = entries.flatMap(({ decision }) => decision ?? []);
  const reports = entries.flatMap(({ report }) => report ?? []);
  const feeds = entries.flatMap(({ feed }) => feed ?? []);
  const values = [facts, decisions, reports, feeds].map((rows) => JSON.stringify(rows));
  if (epoch === null) await pool.query({ name: 'write-entries', text: WRITE, values });
  else await pool.query({ name: 'write-fenced', text: WRITE_FENCED, values: [...values, epoch] });
  return entries.map(() => undefined);
}

/** An entry as it is written: plain JSON. */
export interface EntryColumns {
  readonly fact: ReturnType<typeof factColumns>;
  readonly decision: ReturnType<typeof decisionColumns> | null;
  readonly report: ReturnType<typeof reportColumns> | null;
  readonly feed: ReturnType<typeof feedColumns> | null;
}

export function columnsOf(entry: Entry): EntryColumns {
  return {
    fact: factColumns(entry.observation),
    decision: 'decision' in entry ? decisionColumns(entry) : null,
    report: 'report' in entry ? reportColumns(entry) : null,
    feed: 'feed' in entry ? feedColumns(entry) : null,
  };
}

function factColumns(observation: Observation) {
  return {
    sequence: observation.sequence,
    fact: observation.fact,
    payment_id: observation.paymentId,
    occurred_at: timestamp(observation.occurredAt),
    known_at: timestamp(observation.knownAt),
    body: writable(observation),
  };
}

function decisionColumns({ observation, decision }: DecisionEntry) {
  const { answer } = decision;
  return {
    decision_id: answer.decisionId,
    idempotency_key: decision.idempotencyKey,
    body_hash: decision.bodyHash,
    sequence: observation.sequence,
    payment_id: observation.paymentId,
    decided_at: timestamp(observation.knownAt),
    request: withAmountAsText(paymentWithInstant(observation)),
    action: answer.action,
    fraud_probability: answer.fraudProbability,
    reasons: answer.reasons,
    model_version: answer.modelVersion,
    feature_set_hash: answer.featureSetHash,
    degraded: answer.degraded ?? null,
    vector: `\\x${decision.vectorHex}`,
    latency_ms: decision.latencyMs,
    decided_by: answer.decidedBy ?? null,
    rule_set_hash: decision.ruleSetHash,
    list_version: decision.listVersion,
    findings: nothingHeld(decision) ? null : findingsOf(decision),
    signals: decision.signals,
    history_batches: decision.history.batches,
    history_until: timestamp(decision.history.untilMs),
    history_sequence: decision.history.sequence,
    policy_hash: decision.policyHash,
    circumstances: decision.circumstances,
    propensity: decision.propensity,
    retry_of: observation.retryOf,
  };
}

/** As for most payments: then nothing is written. */
function nothingHeld({ ruleHits, listHits }: DecisionRow): boolean {
  return ruleHits.live.length + ruleHits.shadow.length + listHits.length === 0;
}

/** Rules as `id@version`, as of the rule set that the decision names. */
export function findingsOf({ ruleHits, listHits }: Pick<DecisionRow, 'ruleHits' | 'listHits'>) {
  const named = (rules: RuleHits['live']) => rules.map(({ ruleId, version }) => `${ruleId}@${version}`);
  const lists = listHits.map(({ kind, subject, value, overridable }) => ({
    kind,
    subject,
    value,
    overridable,
  }));
  return { rules: named(ruleHits.live), shadowRules: named(ruleHits.shadow), lists };
}

function reportColumns({ observation, report }: ReportEntry) {
  return {
    report_id: report.reportId,
    idempotency_key: report.idempotencyKey,
    body_hash: report.bodyHash,
    sequence: observation.sequence,
    payment_id: observation.paymentId,
    outcome: report.outcome,
    reported_at: timestamp(observation.knownAt),
  };
}

function feedColumns({ observation, feed }: FeedEntry) {
  return {
    sequence: observation.sequence,
    key: feed.key,
    known_at: timestamp(observation.knownAt),
  };
}

/** What later facts repeat about a payment: the request without the attempt's status. */
export function paymentWithInstant(fact: PaymentFact): PaymentWithInstant {
  return {
    paymentId: fact.paymentId,
    kind: fact.kind,
    retryOf: fact.retryOf,
    payerId: fact.payerId,
    counterpartyId: fact.counterpartyId,
    instrumentId: fact.instrumentId,
    deviceId: fact.deviceId,
    ip: fact.ip,
    method: fact.method,
    category: fact.category,
    country: fact.country,
    latitude: fact.latitude,
    longitude: fact.longitude,
    amountPaise: fact.amountPaise,
    currency: fact.currency,
    occurredAt: fact.occurredAt,
  };
}

function timestamp(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

function writable(observation: Observation) {
  if (observation.fact === 'payment') return withAmountAsText(observation);
  return { ...observation, payment: withAmountAsText(observation.payment) };
}

/** Decimal text: JSON's numbers are doubles to most readers. Here and not in a replacer, which would be asked about every field. */
function withAmountAsText<T extends { readonly amountPaise: bigint }>(payment: T) {
  return { ...payment, amountPaise: payment.amountPaise.toString() };
}

/** Turns a logged body back into what the fold saw; the log is written by `writeEntries` only. */
export function observationFromJson(body: unknown): Observation {
  const stored = body as Record<string, unknown> & { payment?: unknown };
  const revived =
    'payment' in stored ? { ...stored, payment: paymentFromJson(stored.payment) } : paymentFromJson(stored);
  return revived as Observation;
}

export function paymentFromJson(stored: unknown): PaymentWithInstant {
  const payment = stored as Omit<PaymentWithInstant, 'amountPaise'> & { amountPaise: string };
  return { ...payment, amountPaise: BigInt(payment.amountPaise) };
}
