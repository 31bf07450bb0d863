/**
 * What became of a payment, told later: its result or whether it was fraud. A report becomes a fact that is known from
 * now on, never earlier, and joins the same live log as the decisions. Reports are about payments that the gate decided.
 */
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Clock } from '../core/clock.js';
import { AppError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import { findPayment } from './decisions.js';
import type { PaymentWithInstant, ReportEntry, ReportObservation } from './entries.js';
import { claimsOf, createRunOnce } from './idempotency.js';
import type { Command, First } from './idempotency.js';
import type { LiveLog, Moment } from './live-log.js';
import { bodyHash, idSchema, instantSchema, invalidField, occurredBy, toInstant } from './request.js';

const OUTCOMES = ['captured', 'failed', 'fraud', 'legitimate'] as const;

/** Who may say over HTTP that a payment was fraud. */
const REPORT_SOURCES = ['chargeback', 'confirmed', 'review'] as const;

export const OutcomeBody = Type.Object(
  {
    paymentId: idSchema('As in the decision request.'),
    outcome: Type.Enum(OUTCOMES),
    failureReason: Type.Optional(idSchema("Razorpay's `error_reason`; only with `failed`.")),
    source: Type.Optional(
      Type.Enum(REPORT_SOURCES, { default: 'confirmed', description: 'Only with `fraud` and `legitimate`.' }),
    ),
    occurredAt: Type.Optional(instantSchema('When the result happened; the present if absent.')),
  },
  { additionalProperties: false },
);
export type OutcomeBody = Static<typeof OutcomeBody>;

export const OutcomeAnswer = Type.Object({
  reportId: Type.String(),
  paymentId: Type.String(),
  outcome: Type.Enum(OUTCOMES),
  knownAt: Type.String({ format: 'date-time' }),
});
export type OutcomeAnswer = Static<typeof OutcomeAnswer>;

interface OutcomeDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: LiveLog;
}

/** @param key null means that payment and outcome identify the command. @throws AppError `not-found` for an unknown payment. */
export type ReportOutcome = (body: OutcomeBody, key: string | null) => Promise<OutcomeAnswer>;

export function createOutcomes(deps: OutcomeDeps): ReportOutcome {
  const runOnce = createRunOnce<OutcomeAnswer>({ subjectDecides: true });

  async function append(body: OutcomeBody, command: Command, askedAt: number | null): Promise<OutcomeAnswer> {
    const payment = await findPayment(deps.pool, body.paymentId);
    if (payment === null) throw unknownPayment();
    const about = { payment, claims: () => claimsOf('report', command) };
    const entry = await deps.log.append(about, (moment): ReportEntry => ({
      observation: observe(body, payment, moment, askedAt),
      report: {
        reportId: newId('out', deps.clock),
        idempotencyKey: command.key,
        bodyHash: command.bodyHash,
        outcome: body.outcome,
      },
    }));
    return toAnswer(entry.report.reportId, body, entry.observation.knownAt);
  }

  return async (body, key) => {
    const askedAt = checkedInstant(body);
    const command = { key, subject: subjectOf(body), bodyHash: bodyHash(body) };
    return runOnce(command, {
      find: () => firstReports(deps.pool, body, key),
      work: () => append(body, command, askedAt),
    });
  };
}

type Report = Pick<OutcomeBody, 'paymentId' | 'outcome'>;

function subjectOf({ paymentId, outcome }: Report): string {
  return `${outcome}:${paymentId}`;
}

/** Refuses fields that the outcome gives no meaning to. */
function checkedInstant(body: OutcomeBody): number | null {
  const isLabel = body.outcome === 'fraud' || body.outcome === 'legitimate';
  if (isLabel && body.occurredAt !== undefined) {
    throw invalidField(
      'occurredAt',
      'has no meaning for fraud or legitimate: a label is about the instant of its payment',
    );
  }
  if (!isLabel && body.source !== undefined) throw invalidField('source', 'is only for fraud and legitimate');
  if (body.outcome !== 'failed' && body.failureReason !== undefined) {
    throw invalidField('failureReason', 'is only for failed');
  }
  return toInstant(body.occurredAt);
}

function observe(
  body: OutcomeBody,
  payment: PaymentWithInstant,
  { sequence, knownAt }: Moment,
  askedAt: number | null,
): ReportObservation {
  const { paymentId, outcome } = body;
  const common = { paymentId, sequence, knownAt, payment };
  if (outcome === 'captured' || outcome === 'failed') {
    const failureReason = body.failureReason ?? null;
    return {
      fact: 'outcome',
      ...common,
      status: outcome,
      failureReason,
      occurredAt: occurredBy(askedAt, knownAt),
    };
  }
  const source = body.source ?? 'confirmed';
  return { fact: 'label', ...common, fraud: outcome === 'fraud', source, occurredAt: payment.occurredAt };
}

interface ReportedRow {
  report_id: string;
  idempotency_key: string | null;
  body_hash: string;
  payment_id: string;
  outcome: OutcomeBody['outcome'];
  reported_at: number;
}

async function firstReports(pool: Pool, report: Report, key: string | null): Promise<First<OutcomeAnswer>[]> {
  const { rows } = await pool.query<ReportedRow>({
    name: 'first-reports',
    text: `SELECT report_id, idempotency_key, body_hash, payment_id, outcome, reported_at FROM outcome_reports
           WHERE (payment_id = $1 AND outcome = $2) OR idempotency_key = $3`,
    values: [report.paymentId, report.outcome, key],
  });
  return rows.map((row) => {
    const first = { paymentId: row.payment_id, outcome: row.outcome };
    const answer = toAnswer(row.report_id, first, row.reported_at);
    return { key: row.idempotency_key, subject: subjectOf(first), bodyHash: row.body_hash, answer };
  });
}

function toAnswer(reportId: string, report: Report, knownAt: number): OutcomeAnswer {
  const { paymentId, outcome } = report;
  return { reportId, paymentId, outcome, knownAt: new Date(knownAt).toISOString() };
}

function unknownPayment(): AppError {
  return new AppError(
    'not-found',
    'payment-not-found',
    'no decision was made for this payment id: ask for a decision first',
  );
}
