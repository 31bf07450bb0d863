/**
 * The challenger in shadow: it scores the vector that the champion scored, after the decision is durable, and what it would have
 * answered is logged. It never touches an answer, and it is bounded in every way: a waiting line, a share of the event loop, a time
 * for one prediction. What exceeds a bound is dropped and counted; a crash loses what waits.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Log } from '../core/log.js';
import type { DecisionEntry } from './entries.js';
import type { Policy } from './policy-settings.js';
import { score } from './score.js';
import type { FraudModel, Verdict } from './score.js';

export interface Challenger {
  readonly challengeId: number;
  readonly model: FraudModel;
}

/** Too many wait; its predictions take too long; the database did not take them. */
type DropReason = 'busy' | 'too-slow' | 'not-written';

export interface ShadowTally {
  /** Logged since the start. */
  readonly scored: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

export interface Shadow {
  /** Takes a durable decision; neither waits nor throws. */
  observe(entry: DecisionEntry): void;
  tally(): ShadowTally;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

interface ShadowDeps {
  readonly pool: Pool;
  readonly log: Log;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  /** Of this moment. */
  readonly challenger: () => Challenger | null;
  readonly policy: Pick<Policy, 'costs' | 'exploration'>;
}

/** Four seconds of a thousand a second; about 12 MB. */
const MOST_WAITING = 4096;
/** Rows a statement. */
const BATCH = 256;
/** A request that arrives meanwhile waits no longer than this, and then has the event loop for three times as long. */
const SLICE_MS = 1;
const PAUSE_PER_SLICE = 3;
/** One prediction of this length holds up everybody's answers: the challenger rests. */
const SLOW_MS = 20;
const REST_MS = 30_000;

interface Score {
  readonly challengeId: number;
  readonly sequence: number;
  readonly answer: Verdict['answer'];
  readonly elapsedMs: number;
}

export function createShadow(deps: ShadowDeps): Shadow {
  const { pool, log, stopwatch, challenger } = deps;
  const waiting: DecisionEntry[] = [];
  let running: Promise<void> | null = null;
  let restsUntil = -Infinity;
  let scored = 0;
  const dropped: Record<DropReason, number> = { busy: 0, 'too-slow': 0, 'not-written': 0 };

  function rest(model: FraudModel, elapsedMs: number): void {
    restsUntil = stopwatch() + REST_MS;
    dropped['too-slow'] += waiting.splice(0).length;
    log.warn({ event: 'challenger-too-slow', modelVersion: model.version, elapsedMs });
  }

  async function run(): Promise<void> {
    // The answer leaves first.
    await setImmediate();
    while (waiting.length > 0) {
      const scores: Score[] = [];
      while (waiting.length > 0 && scores.length < BATCH) {
        const startedAt = stopwatch();
        const slow = scoreSlice(waiting, scores, deps);
        if (slow !== null) rest(slow.model, slow.elapsedMs);
        const elapsedMs = stopwatch() - startedAt;
        await (elapsedMs > 0 ? setTimeout(Math.ceil(PAUSE_PER_SLICE * elapsedMs)) : setImmediate());
      }
      await write(scores);
    }
    running = null;
  }

  async function write(scores: readonly Score[]): Promise<void> {
    if (scores.length === 0) return;
    try {
      await writeScores(pool, scores);
      scored += scores.length;
    } catch (error) {
      dropped['not-written'] += scores.length;
      log.warn({ event: 'challenger-not-written', scores: scores.length, reason: reasonOf(error) });
    }
  }

  /** A bug here is no reason to stop deciding. */
  function abandon(error: unknown): void {
    running = null;
    dropped['not-written'] += waiting.splice(0).length;
    log.error({ event: 'challenger-failed', reason: reasonOf(error) });
  }

  return {
    observe: (entry) => {
      if (challenger() === null) return;
      if (stopwatch() < restsUntil) dropped['too-slow']++;
      else if (waiting.length >= MOST_WAITING) dropped.busy++;
      else {
        waiting.push(entry);
        running ??= run().catch(abandon);
      }
    },
    tally: () => ({ scored, dropped: { ...dropped } }),
    idle: async () => {
      while (running !== null) await running;
    },
  };
}

/** As many of those that wait as fit into a slice, at least one; answers the model that was too slow, if it was. */
function scoreSlice(
  waiting: DecisionEntry[],
  scores: Score[],
  { stopwatch, challenger, policy }: ShadowDeps,
): { readonly model: FraudModel; readonly elapsedMs: number } | null {
  const startedAt = stopwatch();
  for (let from = startedAt; waiting.length > 0 && scores.length < BATCH;) {
    const entry = waiting.shift();
    const present = challenger();
    if (entry === undefined || present === null) {
      // It was ended meanwhile.
      waiting.length = 0;
      return null;
    }
    const { answer } = score(inputFor(entry, present.model, policy));
    const until = stopwatch();
    const elapsedMs = until - from;
    const { challengeId, model } = present;
    scores.push({ challengeId, sequence: entry.observation.sequence, answer, elapsedMs });
    if (elapsedMs >= SLOW_MS) return { model, elapsedMs };
    if (until - startedAt >= SLICE_MS) return null;
    from = until;
  }
  return null;
}

/** Everything as the champion had it: what lists and rules found is taken over, since they may have changed meanwhile. */
function inputFor({ observation, decision }: DecisionEntry, model: FraudModel, policy: ShadowDeps['policy']) {
  const { answer, vectorHex, signals, ruleHits, listHits, circumstances } = decision;
  const vector = new Float32Array(new Uint8Array(Buffer.from(vectorHex, 'hex')).buffer);
  return {
    decisionId: answer.decisionId,
    subject: { payment: observation, signals, vector },
    featureSetHash: answer.featureSetHash,
    atMs: observation.knownAt,
    rules: { check: () => ruleHits },
    lists: { find: () => listHits },
    // Nobody reads its reasons.
    model: { ...model, explain: () => [] },
    policy,
    // That the champion was too slow says nothing of the challenger.
    circumstances: { ...circumstances, modelTooSlow: false },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function writeScores(pool: Pool, scores: readonly Score[]): Promise<void> {
  const rows = scores.map(({ challengeId, sequence, answer, elapsedMs }) => ({
    challenge_id: challengeId,
    sequence,
    fraud_probability: answer.fraudProbability,
    action: answer.action,
    decided_by: answer.decidedBy,
    degraded: answer.degraded ?? null,
    elapsed_ms: elapsedMs,
  }));
  await pool.query({
    name: 'write-challenger-scores',
    text: `INSERT INTO challenger_scores (challenge_id, sequence, fraud_probability, action, decided_by, degraded, elapsed_ms)
           SELECT * FROM json_to_recordset($1) AS row(challenge_id integer, sequence bigint,
             fraud_probability double precision, action text, decided_by text, degraded text, elapsed_ms real)`,
    values: [JSON.stringify(rows)],
  });
}
