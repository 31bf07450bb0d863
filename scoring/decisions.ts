/**
 * The decision log, read: a repeated request's first answer, one decision, the latest decisions and the payment that
 * a later report is about. Written only by the live log (scoring/entries.ts).
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { paymentFromJson } from './entries.js';
import type { PaymentWithInstant } from './entries.js';
import type { Command, First } from './idempotency.js';
import { LIST_KINDS, LIST_SUBJECTS } from './lists/entry.js';
import type { HistoryMark } from './live-state.js';
import { Answer } from './request.js';
import type { Action, Reason, Signals } from './request.js';
import type { Circumstances } from './score.js';

const Evidence = Type.Object(
  {
    ruleSetHash: Type.String({ description: 'See GET /v1/rule-sets/:hash.' }),
    listVersion: Type.Integer({ description: 'See GET /v1/lists/entries?version=.' }),
    rules: Type.Array(Type.String(), { description: 'Live rules that held, as id@version.' }),
    shadowRules: Type.Array(Type.String(), { description: 'Shadow rules that would have.' }),
    lists: Type.Array(
      Type.Object({
        kind: Type.Enum(LIST_KINDS),
        subject: Type.Enum(LIST_SUBJECTS),
        overridable: Type.Boolean(),
      }),
    ),
    policyHash: Type.Optional(Type.String({ description: 'See GET /v1/policies/:hash.' })),
    propensity: Type.Optional(
      Type.Number({ description: 'Probability of the action under exploration; absent without a model.' }),
    ),
    circumstances: Type.Optional(
      Type.Object({
        modelTooSlow: Type.Boolean(),
        blockCapOpen: Type.Boolean(),
        originalBlocked: Type.Boolean(),
        churn: Type.Optional(
          Type.Object(
            {
              scoredAt: Type.String({ format: 'date-time', description: 'Names the night.' }),
              valuePaise: Type.Integer({
                description:
                  "Discounted margin of the payer's renewals to come; 0 when that night knew of none.",
              }),
              expectedLossPaise: Type.Integer({
                description: 'How much of it is expected to be lost anyway.',
              }),
            },
            { description: 'What the newest churn scores said of the payer; absent without any.' },
          ),
        ),
      }),
    ),
  },
  { description: 'The rules and lists of that instant; absent in decisions of earlier versions.' },
);
type Evidence = Static<typeof Evidence>;

export const LoggedDecision = Type.Object({
  ...Answer.properties,
  evidence: Type.Optional(Evidence),
  paymentId: Type.String(),
  decidedAt: Type.String({ format: 'date-time' }),
  latencyMs: Type.Number({ description: 'Time to read the features and score them, without the commit.' }),
});
export type LoggedDecision = Static<typeof LoggedDecision>;

interface AnswerRow {
  decision_id: string;
  action: Answer['action'];
  fraud_probability: number | null;
  reasons: Reason[];
  model_version: string | null;
  feature_set_hash: string;
  degraded: NonNullable<Answer['degraded']> | null;
  decided_by: NonNullable<Answer['decidedBy']> | null;
}

interface FirstRow extends AnswerRow {
  idempotency_key: string | null;
  payment_id: string;
  body_hash: string;
}

interface DecisionRow extends AnswerRow {
  payment_id: string;
  decided_at: number;
  latency_ms: number;
  request: unknown;
  rule_set_hash: string | null;
  list_version: bigint | null;
  findings: Pick<Evidence, 'rules' | 'shadowRules' | 'lists'> | null;
  policy_hash: string | null;
  circumstances: Circumstances | null;
  propensity: number | null;
}

const ANSWER_COLUMNS =
  'decision_id, action, fraud_probability, reasons, model_version, feature_set_hash, degraded, decided_by';
const COLUMNS = `${ANSWER_COLUMNS}, payment_id, decided_at, latency_ms, request,
  rule_set_hash, list_version, findings, policy_hash, circumstances, propensity`;
const REPLAYABLE_COLUMNS = `${COLUMNS}, vector, signals, history_batches, history_until, history_sequence`;

/** For each command the decisions that have its key or its payment, in order: one query for many waiting requests. */
export async function firstAnswers(pool: Pool, commands: readonly Command[]): Promise<First<Answer>[][]> {
  const { rows } = await pool.query<FirstRow>({
    name: 'first-answers',
    text: `SELECT idempotency_key, payment_id, body_hash, ${ANSWER_COLUMNS} FROM decisions
           WHERE payment_id = ANY($1) OR idempotency_key = ANY($2)`,
    values: [commands.map(({ subject }) => subject), commands.flatMap(({ key }) => key ?? [])],
  });
  if (rows.length === 0) return commands.map(() => []);
  const firsts = rows.map(toFirst);
  return commands.map(({ key, subject }) =>
    firsts.filter((first) => first.subject === subject || (key !== null && first.key === key)),
  );
}

/** A decision beside the payment that it was about. */
export interface RecordedDecision extends LoggedDecision {
  readonly payment: PaymentWithInstant;
}

export interface InspectedDecision extends RecordedDecision {
  /** What the model saw (d), in the order of the feature set. */
  readonly vector: Float32Array;
}

export async function findDecision(pool: Pool, decisionId: string): Promise<InspectedDecision | null> {
  const { rows } = await pool.query<DecisionRow & { vector: Buffer }>(
    `SELECT ${COLUMNS}, vector FROM decisions WHERE decision_id = $1`,
    [decisionId],
  );
  const row = rows[0];
  return row === undefined ? null : { ...toRecorded(row), vector: toVector(row.vector) };
}

/** A decision with all that its replay begins from. */
export interface ReplayableDecision extends InspectedDecision {
  /** Null in decisions of earlier versions. */
  readonly signals: Signals | null;
  readonly history: HistoryMark | null;
  readonly policyHash: string | null;
  readonly circumstances: Circumstances | null;
  /** Null also without a model's probability. */
  readonly propensity: number | null;
}

interface ReplayableRow extends DecisionRow {
  vector: Buffer;
  signals: Signals | null;
  history_batches: bigint | null;
  history_until: number | null;
  history_sequence: bigint | null;
}

/** One decision by its id, the newest `last`, or as many drawn from the whole log. */
export type WhichDecisions =
  | { readonly decisionId: string }
  | { readonly last: number }
  | { readonly random: number; readonly seed: number };

/** Newest first. A draw is by a hash of the seed and the decision's id: again the same, but for decisions made since. */
export async function replayableDecisions(pool: Pool, which: WhichDecisions): Promise<ReplayableDecision[]> {
  const [condition, values] = conditionOf(which);
  const { rows } = await pool.query<ReplayableRow>(
    `SELECT ${REPLAYABLE_COLUMNS} FROM decisions WHERE ${condition} ORDER BY sequence DESC`,
    values,
  );
  return rows.map(toReplayable);
}

function conditionOf(which: WhichDecisions): readonly [string, (string | number)[]] {
  if ('decisionId' in which) return ['decision_id = $1', [which.decisionId]];
  const drawn = (by: string): string =>
    `sequence IN (SELECT sequence FROM decisions ORDER BY ${by} LIMIT $1)`;
  if ('last' in which) return [drawn('sequence DESC'), [which.last]];
  return [drawn("md5($2::text || ' ' || decision_id), decision_id"), [which.random, which.seed]];
}

/** Decisions a query. */
const PAGE = 2000;

/** Those decided in [fromMs, untilMs), oldest first. */
export async function* decisionsBetween(
  pool: Pool,
  fromMs: number,
  untilMs: number,
): AsyncGenerator<ReplayableDecision> {
  let position = 0;
  for (;;) {
    const { rows } = await pool.query<ReplayableRow & { sequence: bigint }>(
      `SELECT sequence, ${REPLAYABLE_COLUMNS} FROM decisions
       WHERE sequence > $1 AND decided_at >= to_timestamp($2 / 1000.0) AND decided_at < to_timestamp($3 / 1000.0)
       ORDER BY sequence LIMIT $4`,
      [position, fromMs, untilMs, PAGE],
    );
    for (const row of rows) yield toReplayable(row);
    position = Number(rows.at(-1)?.sequence);
    if (rows.length < PAGE) return;
  }
}

function toReplayable(row: ReplayableRow): ReplayableDecision {
  return {
    ...toRecorded(row),
    vector: toVector(row.vector),
    signals: row.signals,
    policyHash: row.policy_hash,
    circumstances: row.circumstances,
    propensity: row.propensity,
    history:
      row.history_batches === null || row.history_until === null
        ? null
        : {
            batches: Number(row.history_batches),
            untilMs: row.history_until,
            sequence: Number(row.history_sequence),
          },
  };
}

export interface DecisionQuery {
  readonly limit: number;
  readonly action: Action | null;
  /** Last decision id of the page before; an unknown one gives an empty page. */
  readonly before: string | null;
}

/** Newest first. */
export async function latestDecisions(pool: Pool, query: DecisionQuery): Promise<RecordedDecision[]> {
  const { rows } = await pool.query<DecisionRow>(
    `SELECT ${COLUMNS} FROM decisions
     WHERE ($1::text IS NULL OR action = $1)
       AND ($2::text IS NULL OR sequence < (SELECT sequence FROM decisions WHERE decision_id = $2))
     ORDER BY sequence DESC LIMIT $3`,
    [query.action, query.before, query.limit],
  );
  return rows.map(toRecorded);
}

/** The payment as the gate saw it. */
export async function findPayment(pool: Pool, paymentId: string): Promise<PaymentWithInstant | null> {
  const { rows } = await pool.query<{ request: unknown }>({
    name: 'find-payment',
    text: 'SELECT request FROM decisions WHERE payment_id = $1',
    values: [paymentId],
  });
  return rows[0] === undefined ? null : paymentFromJson(rows[0].request);
}

/** A payment as its payer's history shows it. */
export interface PayerPayment {
  readonly decisionId: string;
  readonly payment: PaymentWithInstant;
  readonly decidedAt: string;
  readonly action: Action;
  readonly fraudProbability: number | null;
  /** What was reported of it, in that order. */
  readonly outcomes: readonly string[];
}

/** The newest first, of those that the gate has decided. */
export async function paymentsOfPayer(pool: Pool, payerId: string, limit: number): Promise<PayerPayment[]> {
  const { rows } = await pool.query<DecisionRow & { outcomes: string[] }>(
    `SELECT decision_id, request, decided_at, action, fraud_probability,
       ARRAY(SELECT outcome FROM outcome_reports r WHERE r.payment_id = d.payment_id ORDER BY sequence) AS outcomes
     FROM decisions d WHERE request ->> 'payerId' = $1 ORDER BY sequence DESC LIMIT $2`,
    [payerId, limit],
  );
  return rows.map((row) => ({
    decisionId: row.decision_id,
    payment: paymentFromJson(row.request),
    decidedAt: new Date(row.decided_at).toISOString(),
    action: row.action,
    fraudProbability: row.fraud_probability,
    outcomes: row.outcomes,
  }));
}

function toFirst(row: FirstRow): First<Answer> {
  return {
    key: row.idempotency_key,
    subject: row.payment_id,
    bodyHash: row.body_hash,
    answer: toAnswer(row),
  };
}

function toAnswer(row: AnswerRow): Answer {
  return {
    decisionId: row.decision_id,
    action: row.action,
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    fraudProbability: row.fraud_probability,
    reasons: row.reasons,
    modelVersion: row.model_version,
    featureSetHash: row.feature_set_hash,
    ...(row.degraded === null ? {} : { degraded: row.degraded }),
    ...(row.action === 'block' ? { cancelRetries: true } : {}),
  };
}

function toRecorded(row: DecisionRow): RecordedDecision {
  return {
    ...toAnswer(row),
    ...evidenceOf(row),
    paymentId: row.payment_id,
    decidedAt: new Date(row.decided_at).toISOString(),
    latencyMs: row.latency_ms,
    payment: paymentFromJson(row.request),
  };
}

function evidenceOf(row: DecisionRow): { evidence?: Evidence } {
  const { rule_set_hash: ruleSetHash, list_version: listVersion, findings } = row;
  if (ruleSetHash === null || listVersion === null) return {};
  const { rules = [], shadowRules = [], lists = [] } = findings ?? {};
  const { policy_hash: policyHash, circumstances, propensity } = row;
  return {
    evidence: {
      ruleSetHash,
      listVersion: Number(listVersion),
      rules,
      shadowRules,
      lists,
      ...(policyHash === null ? {} : { policyHash }),
      ...(propensity === null ? {} : { propensity }),
      ...(circumstances === null ? {} : { circumstances }),
    },
  };
}

/** A copy, since a Buffer's bytes need not start where a float may. */
function toVector(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
