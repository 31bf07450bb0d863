/**
 * The production pointer of each task: a history in PostgreSQL that is only added to. A person proposes and a second one
 * approves; one alone must force it and say why; the policy of training promotes by figures. Changes stack: a rollback,
 * which one person may always make, takes the current version off and returns to the one below. A guardrail makes one by
 * itself; what it took out comes back by people only, and for a day nothing else happens by itself.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../core/errors.js';
import { inTransaction } from '../core/transaction.js';

export interface Promotion {
  readonly task: string;
  readonly version: string;
  /** `propose` alone leaves production as it is; `guardrail` is a rollback that no person made. */
  readonly kind: 'propose' | 'approve' | 'force' | 'promote' | 'rollback' | 'guardrail';
  readonly actor: string;
  readonly reason: string;
  /** UTC epoch milliseconds. */
  readonly at: number;
}

type Step = Omit<Promotion, 'kind'>;

export interface Promotions {
  /** Changes of production and what was only proposed, oldest first. */
  history(task: string): Promise<Promotion[]>;
  /** The version in production, or null. */
  current(task: string): Promise<string | null>;
  /** Waits for a second person. It lapses when production changes: it was about the model of its time. */
  propose(step: Step): Promise<void>;
  /**
   * Puts what somebody else proposed into production, for the proposal's reason if without its own; saying it twice
   * approves once. @throws AppError `conflict` when nobody else has proposed it.
   */
  approve(step: Omit<Step, 'reason'> & { readonly reason: string | null }): Promise<void>;
  /**
   * By one person alone, or by the policy. What is in production already is left alone.
   * @throws AppError `conflict` when the policy wants what only people may do.
   */
  promote(step: Step, kind: 'force' | 'promote'): Promise<void>;
  /** Returns the version that is in production afterwards; not done when `check` refuses that version. */
  rollback(step: Omit<Step, 'version'>, check: (version: string) => Promise<void>): Promise<string>;
  /** The same by a guardrail, of the version that it judged. @throws AppError `conflict` when another one is in production. */
  rollBackFrom(step: Step, check: (version: string) => Promise<void>): Promise<string>;
}

/** Long enough for people to look: two bad models in a row are a cause that no other model cures. */
const AUTOMATIC_PAUSE_MS = 86_400_000;

export function openPromotions(pool: Pool): Promotions {
  return {
    history: (task) => readHistory(pool, task),
    current: async (task) => productionStack(await readHistory(pool, task)).at(-1) ?? null,
    propose: (step) =>
      inTask(pool, step.task, async (client) => {
        const history = await readHistory(client, step.task);
        const { version, actor } = step;
        if (productionStack(history).at(-1) === version) throw inProductionAlready(step);
        const known = openProposals(history).some((one) => one.version === version && one.actor === actor);
        if (!known) await append(client, { ...step, kind: 'propose' });
      }),
    approve: (step) =>
      inTask(pool, step.task, async (client) => {
        const history = await readHistory(client, step.task);
        if (isApprovedBy(productionChanges(history).at(-1), step)) return;
        const proposal = proposalOfAnother(history, step);
        await append(client, { ...step, reason: step.reason ?? proposal.reason, kind: 'approve' });
      }),
    promote: (step, kind) =>
      inTask(pool, step.task, async (client) => {
        const history = await readHistory(client, step.task);
        if (productionStack(history).at(-1) === step.version) return;
        const refusal = kind === 'promote' ? peopleOnly(history, step) : null;
        if (refusal !== null) throw new AppError('conflict', 'people-only', refusal);
        await append(client, { ...step, kind });
      }),
    rollback: (step, check) =>
      inTask(pool, step.task, async (client) => {
        const history = await readHistory(client, step.task);
        return rollBack(client, { ...step, kind: 'rollback' }, history, check);
      }),
    rollBackFrom: (step, check) =>
      inTask(pool, step.task, async (client) => {
        const history = await readHistory(client, step.task);
        if (productionStack(history).at(-1) !== step.version) {
          const message = `${step.task} no longer runs ${step.version.slice(0, 12)}`;
          throw new AppError('conflict', 'production-changed', message);
        }
        return rollBack(client, { ...step, kind: 'guardrail' }, history, check);
      }),
  };
}

async function rollBack(
  client: PoolClient,
  step: Omit<Promotion, 'version'>,
  history: readonly Promotion[],
  check: (version: string) => Promise<void>,
): Promise<string> {
  const version = formerChampion(history);
  if (version === null) {
    const message = `${step.task} has no earlier version in production to return to`;
    throw new AppError('conflict', 'nothing-to-roll-back', message);
  }
  await check(version);
  await append(client, { ...step, version });
  return version;
}

/** Where a rollback would return to. */
export function formerChampion(history: readonly Promotion[]): string | null {
  return productionStack(history).at(-2) ?? null;
}

/** Until when nothing but people changes production, after a guardrail did; null when none ever did. */
export function automaticAgainAt(history: readonly Promotion[]): number | null {
  const newest = history.findLast(({ kind }) => kind === 'guardrail');
  return newest === undefined ? null : newest.at + AUTOMATIC_PAUSE_MS;
}

/** Why the figures alone may not promote this version now; null when they may. */
function peopleOnly(history: readonly Promotion[], { version, at }: Step): string | null {
  if (takenOut(history).has(version))
    return `a guardrail took ${version.slice(0, 12)} out of production: people decide whether it returns`;
  const again = automaticAgainAt(history);
  if (again === null || at >= again) return null;
  return `a guardrail rolled back: until ${new Date(again).toISOString()} people decide what goes into production`;
}

/** Versions that a guardrail has ever taken out. */
function takenOut(history: readonly Promotion[]): Set<string> {
  const out = new Set<string>();
  const changes = productionChanges(history);
  for (const [place, { kind }] of changes.entries()) {
    const before = changes[place - 1];
    // A rollback names the version that it returns to, so the row before names the one that it takes out.
    if (kind === 'guardrail' && before !== undefined) out.add(before.version);
  }
  return out;
}

/** The changes of production in a history, without what was only proposed. */
export function productionChanges(history: readonly Promotion[]): Promotion[] {
  return history.filter(({ kind }) => kind !== 'propose');
}

/** Proposals that still wait: those after the last change. */
export function openProposals(history: readonly Promotion[]): Promotion[] {
  return history.slice(history.findLastIndex(({ kind }) => kind !== 'propose') + 1);
}

/** Versions below the current one, oldest first; the last is in production. */
function productionStack(history: readonly Promotion[]): string[] {
  const stack: string[] = [];
  for (const { kind, version } of productionChanges(history)) {
    if (kind === 'rollback' || kind === 'guardrail') stack.pop();
    else stack.push(version);
  }
  return stack;
}

function proposalOfAnother(
  history: readonly Promotion[],
  step: Pick<Step, 'task' | 'version' | 'actor'>,
): Promotion {
  const short = step.version.slice(0, 12);
  const proposals = openProposals(history).filter(({ version }) => version === step.version);
  if (proposals.length === 0) {
    const message = `nobody has proposed ${short} for ${step.task} since production last changed: propose it first`;
    throw new AppError('conflict', 'not-proposed', message);
  }
  const ofAnother = proposals.findLast(({ actor }) => !isSamePerson(actor, step.actor));
  if (ofAnother !== undefined) return ofAnother;
  const message = `${step.actor} proposed ${short}: a second person approves it, or force it and say why`;
  throw new AppError('conflict', 'same-person', message);
}

function isApprovedBy(
  newest: Promotion | undefined,
  { version, actor }: Pick<Step, 'version' | 'actor'>,
): boolean {
  return newest?.kind === 'approve' && newest.version === version && isSamePerson(newest.actor, actor);
}

/** Names as people type them. */
function isSamePerson(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

function inProductionAlready({ task, version }: Step): AppError {
  return new AppError('conflict', 'in-production', `${task} runs ${version.slice(0, 12)} already`);
}

async function readHistory(client: Pool | PoolClient, task: string): Promise<Promotion[]> {
  const { rows } = await client.query<Promotion>(
    'SELECT task, version, kind, actor, reason, at FROM model_promotions WHERE task = $1 ORDER BY id',
    [task],
  );
  return rows;
}

async function append(
  client: PoolClient,
  { task, version, kind, actor, reason, at }: Promotion,
): Promise<void> {
  if (actor.trim() === '' || reason.trim() === '') {
    throw new AppError('bad-input', 'no-reason', 'a change of production names who made it and why');
  }
  await client.query(
    'INSERT INTO model_promotions (task, version, kind, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
    [task, version, kind, actor, reason, new Date(at)],
  );
}

/** One change of a task's pointers at a time, whichever process makes it. */
export function inTask<T>(pool: Pool, task: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [
      `model promotions of ${task}`,
    ]);
    return work(client);
  });
}
