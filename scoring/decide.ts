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
import { createGroupCommit, unavailable } from '../core/group-commit.js';
import { claimsOf, createRunOnce } from './idempotency.js';
import type { Command, First } from './idempotency.js';
import type { LiveLog, Moment } from './live-log.js';
import type { LiveChurn } from './live-churn.js';
import type { LiveRules } from './live-rules.js';
import { bodyHash, occurredBy, toGateRequest } from './request.js';
import type { Answer, DecisionBody, GateRequest, Signals } from './request.js';
import { createChainLookup } from './retry-chain.js';
import type { Safeguards } from './safeguards.js';
import type { FraudModel } from './score.js';
import type { Shadow } from './shadow.js';

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
  /** The churn scores of this moment. */
  readonly churn: Pick<LiveChurn, 'risk'>;
  readonly safeguards: Safeguards;
  readonly countryOf: CountryOf;
  readonly featureNames: readonly string[];
  /** Told of every decision once it is durable; it must neither wait nor throw. */
  readonly shadow: Pick<Shadow, 'observe'>;
}

/** @param key the caller's `Idempotency-Key`; null means that the payment id identifies the command. */
export type Decide = (body: DecisionBody, key: string | null) => Promise<Answer>;

const LOOKUP_BATCH = 512;
const LOOKUP_WAITING = 8192;

export function createGate(deps: GateDeps): Decide {
  const makeEntry = entryMaker(deps);
  const isChainBlocked = createChainLookup(deps.pool);
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

  const decide: Decide = async (body, key) => {
    const request = toGateRequest(body);
    const command = { key, subject: request.payment.paymentId, bodyHash: bodyHash(body) };
    return runOnce(command, {
      find: () => find(command),
      work: async () => {
        const originalBlocked = await isChainBlocked(request.payment);
        const asked = { request, command, originalBlocked, isCounted: false };
        const about = { payment: request.payment, claims: () => claimsOf('decision', command) };
        const entry = await deps.log.append(about, (moment) => makeEntry(asked, moment));
        deps.shadow.observe(entry);
        return entry.decision.answer;
      },
    });
  };
  return (body, key) => deps.safeguards.admission.admit(() => decide(body, key));
}

interface Asked {
  readonly request: GateRequest;
  readonly command: Command;
  readonly originalBlocked: boolean;
  isCounted: boolean;
}

/** Everything between a request's turn and its entry in the log; nothing else happens meanwhile. */
function entryMaker(deps: GateDeps): (asked: Asked, moment: Moment) => DecisionEntry {
  const { safeguards, stopwatch } = deps;
  const scratch = new Float32Array(deps.featureNames.length);
  const vectorBytes = Buffer.from(scratch.buffer);

  return (asked, { fold, sequence, knownAt, history }) => {
    const { request, command, originalBlocked } = asked;
    const startedAt = stopwatch();
    const { payment } = request;
    const occurredAt = occurredBy(request.askedAt, knownAt);
    const decisionId = newId('dec', deps.clock);
    const signals = signalsOf(request, deps.countryOf);
    const rules = deps.rules.ruleSet();
    const lists = deps.rules.lists();
    const blockCapOpen = safeguards.breaker.isOpen(knownAt);
    const churn = deps.churn.risk(payment, knownAt);
    const circumstances = { blockCapOpen, originalBlocked, ...(churn !== null && { churn }) };
    const verdict = safeguards.score({
      decisionId,
      subject: { payment, signals, vector: fold.vector(payment, knownAt, scratch) },
      featureSetHash: fold.featureSetHash,
      atMs: knownAt,
      rules,
      lists,
      model: deps.model(),
      policy: safeguards.policy,
      circumstances: { modelTooSlow: false, ...circumstances },
    });
    const { answer, ruleHits, listHits, propensity } = verdict;
    // Made again when the fold has moved on meanwhile, it is still one decision.
    if (!asked.isCounted) safeguards.breaker.record(knownAt, verdict.countsAsBlock);
    asked.isCounted = true;
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
        answer: { decisionId, ...answer },
        ruleSetHash: rules.hash,
        listVersion: lists.version(),
        policyHash: safeguards.policyHash,
        circumstances: { modelTooSlow: answer.degraded === 'model-too-slow', ...circumstances },
        propensity,
        ruleHits,
        listHits,
        signals,
        history,
        idempotencyKey: command.key,
        bodyHash: command.bodyHash,
        vectorHex: vectorBytes.toString('hex'),
        latencyMs: stopwatch() - startedAt,
      },
    };
  };
}

function signalsOf({ payment, signals }: GateRequest, countryOf: CountryOf): Signals {
  const ipCountry = payment.ip === null ? null : countryOf(payment.ip);
  return { emailDomain: signals.emailDomain, bin: signals.bin, ipCountry };
}
