/** Medians of several runs and the table that benchmarks print. Peers run in the same program, turn and turn about. */
import os from 'node:os';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the figure is compared with, and the bound it is meant to keep. */
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that `share` of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

/** Seconds of each contender, by name: the median of `runs` rounds in which each of them runs once. */
export async function race<Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  runs: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const seconds = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const name of names) {
      const startedAt = performance.now();
      await contenders[name]();
      seconds.get(name)?.push((performance.now() - startedAt) / 1000);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seconds.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

export function machine(): string {
  const cpus = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return `${cpus[0]?.model ?? 'unknown processor'}, ${cpus.length} cores, ${gigabytes} GiB, Node ${process.versions.node}`;
}

export function peakMemoryMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
