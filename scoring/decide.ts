/**
 * The one gate: every payment, retry and dunning step asks here. Clock, place, vector, lists, rules, model, policy, log,
 * answer, in this order and for one request at a time up to the log, so that each request sees all earlier ones. Nothing is answered
 * before the decision and its fact are durable.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import { newId } from '../core/ids.js';
import { firstAnswers } from './decisions.js';
import type { DecisionEntry } from './entries.js';
import type { CountryOf } from './geo.js';
import { createGroupCommit, unavailable } from './group-commit.js';
import { createRunOnce } from './idempotency.js';
import type { Command, First } from './idempotency.js';
import type { LiveLog, Moment } from './live-log.js';
import type { LiveRules } from './live-rules.js';
import { bodyHash, occurredBy, toGateRequest } from './request.js';
import type { Answer, DecisionBody, GateRequest, Signals } from './request.js';
import { score } from './score.js';
import type { FraudModel } from './score.js';

interface GateDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: LiveLog;
  /** The production model of this moment. */
  readonly model: () => FraudModel | null;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  /** The rules and lists of this moment. */
  readonly rules: Pick<LiveRules, 'ruleSet' | 'lists'>;
  readonly countryOf: CountryOf;
  readonly featureNames: readonly string[];
}

/** @param key the caller's `Idempotency-Key`; null means that the payment id identifies the command. */
export type Decide = (body: DecisionBody, key: string | null) => Promise<Answer>;

const LOOKUP_BATCH = 512;
const LOOKUP_WAITING = 8192;

export function createGate(deps: GateDeps): Decide {
  const scratch = new Float32Array(deps.featureNames.length);
  const vectorBytes = Buffer.from(scratch.buffer);
  const lookups = createGroupCommit<Command, First<Answer>[]>({
    write: (commands) => firstAnswers(deps.pool, commands),
    maxBatch: LOOKUP_BATCH,
    maxWaiting: LOOKUP_WAITING,
  });
  const runOnce = createRunOnce<Answer>({ subjectDecides: false });
  const find = async (command: Command) => {
    lookups.requireRoom();
    return lookups.add(command).catch((cause: unknown) => {
      throw unavailable('storage-unavailable', 'the decision log cannot be read; try again shortly', cause);
    });
  };

  return async (body, key) => {
    const request = toGateRequest(body);
    const { payment } = request;
    const command = { key, subject: payment.paymentId, bodyHash: bodyHash(body) };

    const makeEntry = ({ fold, sequence, knownAt }: Moment): DecisionEntry => {
      const startedAt = deps.stopwatch();
      const occurredAt = occurredBy(request.askedAt, knownAt);
      const vector = fold.vector(payment, knownAt, scratch);
      const { featureSetHash } = fold;
      const signals = signalsOf(request, deps.countryOf);
      const rules = deps.rules.ruleSet();
      const lists = deps.rules.lists();
      const verdict = score({
        subject: { payment, signals, vector },
        featureSetHash,
        atMs: knownAt,
        rules,
        lists,
        model: deps.model(),
      });
      return {
        observation: {
          fact: 'payment',
          ...payment,
          status: 'attempted',
          failureReason: null,
          sequence,
          occurredAt,
          knownAt,
        },
        decision: {
          answer: { decisionId: newId('dec', deps.clock), ...verdict.answer },
          ruleSetHash: rules.hash,
          listVersion: lists.version(),
          ruleHits: verdict.ruleHits,
          listHits: verdict.listHits,
          signals,
          idempotencyKey: key,
          bodyHash: command.bodyHash,
          vectorHex: vectorBytes.toString('hex'),
          latencyMs: deps.stopwatch() - startedAt,
        },
      };
    };
    return runOnce(command, {
      find: () => find(command),
      work: async () => (await deps.log.append(makeEntry)).decision.answer,
    });
  };
}

function signalsOf({ payment, signals }: GateRequest, countryOf: CountryOf): Signals {
  const ipCountry = payment.ip === null ? null : countryOf(payment.ip);
  return { emailDomain: signals.emailDomain, bin: signals.bin, ipCountry };
}
