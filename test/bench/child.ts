/**
 * A program of a benchmark in a process of its own: it greets when it is ready, answers one message with one, and ends with its parent.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { assert } from '../../core/errors.js';

export interface Child {
  /** Sends and waits for what comes back. */
  ask(message: object | string): Promise<unknown>;
  end(): Promise<void>;
}

export async function startChild(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Child & { readonly greeting: unknown }> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env,
    // As `npm start` has it: decisions leave much young garbage, and a larger nursery sweeps it less often.
    execArgv: ['--max-semi-space-size=64'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answer = async (): Promise<unknown> => {
    const [message] = (await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => assert(false, `${file} ended with ${String(code)}`)),
    ])) as [unknown];
    return message;
  };
  const greeting = await answer();
  return {
    greeting,
    ask: (message) => {
      child.send(message);
      return answer();
    },
    end: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
