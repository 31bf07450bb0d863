/**
 * A command is recognised by the caller's key and by what it is about, its subject. A repeated key with the same input gets the
 * first answer again; with another input it is a mistake that is told (IETF draft-ietf-httpapi-idempotency-key-header).
 * Requests that arrive together with one key or one subject share one run.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../core/errors.js';

export interface Command {
  /** The caller's `Idempotency-Key`, if any. */
  readonly key: string | null;
  /** What can be done only once, for instance the decision on one payment. */
  readonly subject: string;
  readonly bodyHash: string;
}

export interface First<T> {
  readonly key: string | null;
  readonly subject: string;
  readonly bodyHash: string;
  readonly answer: T;
}

interface Steps<T> {
  /** Among what is durable: whatever has the command's key or its subject. */
  readonly find: () => Promise<readonly First<T>[]>;
  readonly work: () => Promise<T>;
}

/** Works unless the command was answered before. @throws AppError `conflict` for a reused key. */
type RunOnce<T> = (command: Command, steps: Steps<T>) => Promise<T>;

/** @param subjectDecides a repeated subject gets the first answer even with another input. */
export function createRunOnce<T>({ subjectDecides }: { readonly subjectDecides: boolean }): RunOnce<T> {
  const byKey = new Map<string, First<Promise<T>>>();
  const bySubject = new Map<string, First<Promise<T>>>();

  function answerOf<A>(command: Command, earlier: readonly First<A>[]): First<A> | null {
    const sameKey = earlier.find((first) => command.key !== null && first.key === command.key);
    if (sameKey !== undefined && sameKey.bodyHash !== command.bodyHash) throw reused('idempotency key');
    const sameSubject = earlier.find((first) => first.subject === command.subject);
    const mayDiffer = subjectDecides || sameSubject?.bodyHash === command.bodyHash;
    if (sameSubject !== undefined && !mayDiffer) throw reused('payment id');
    return sameKey ?? sameSubject ?? null;
  }

  async function run(command: Command, steps: Steps<T>): Promise<T> {
    const first = answerOf(command, await steps.find());
    return first === null ? steps.work() : first.answer;
  }

  return async (command, steps) => {
    const twins = [command.key === null ? undefined : byKey.get(command.key), bySubject.get(command.subject)];
    const twin = answerOf(
      command,
      twins.filter((known) => known !== undefined),
    );
    if (twin !== null) return twin.answer;
    // Entered before anything is awaited: a twin that comes later finds either this run or its durable answer.
    const answer = run(command, steps).finally(() => {
      if (command.key !== null) byKey.delete(command.key);
      bySubject.delete(command.subject);
    });
    const running = { ...command, answer };
    if (command.key !== null) byKey.set(command.key, running);
    bySubject.set(command.subject, running);
    return answer;
  };
}

export function reused(what: string): AppError {
  const message = `this ${what} was used with another request: repeat that request exactly, or use a new one`;
  return new AppError('conflict', 'idempotency-key-reused', message);
}

/** What names a command among all processes, as hashes: `kind` keeps keys and subjects of different commands apart. */
export function claimsOf(kind: string, { key, subject }: Command): string[] {
  const names = [['subject', subject], ...(key === null ? [] : [['key', key]])];
  return names.map((name) =>
    createHash('sha256')
      .update(JSON.stringify([kind, ...name]))
      .digest('base64url')
      .slice(0, 22),
  );
}
