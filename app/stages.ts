/** Long work in stages: each stage that the work names gets a progress bar of its own. */
import type { Cli } from './cli-io.js';
import type { Progress } from './progress.js';

export type OnStage = (stage: string, done: number, total: number) => void;

export async function withStages<T>(cli: Cli, work: (onStage: OnStage) => Promise<T>): Promise<T> {
  const bars = new Map<string, Progress>();
  let running: string | null = null;
  const onStage: OnStage = (stage, done, total) => {
    if (running !== null && running !== stage) bars.get(running)?.finish();
    running = stage;
    const bar = bars.get(stage) ?? cli.progress(stage, total);
    bars.set(stage, bar);
    bar.update(done, total);
  };
  try {
    const result = await work(onStage);
    if (running !== null) bars.get(running)?.finish();
    return result;
  } catch (error) {
    if (running !== null) bars.get(running)?.fail();
    throw error;
  }
}
