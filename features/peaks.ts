/**
 * The largest amounts of sliding windows that end now, for every entity of one kind: a deque of events in which each is
 * larger than all after it, so the largest of a window is the first one inside it (Lemire 2006, "Streaming
 * maximum-minimum filter"). One deque serves windows of every length. An event is pushed once and dropped once.
 */
import { Chunks } from './chunks.js';
import type { Parts } from './parts.js';

export class Peaks {
  /** Event index and amount. */
  readonly chunks = new Chunks(2);

  grow(entities: number): void {
    this.chunks.growOwners(entities);
  }

  parts(entities: number): Parts {
    return this.chunks.parts(entities);
  }

  /** Events before index `base` are outside every window. */
  push(entity: number, base: number, index: number, amount: number): void {
    const peaks = this.chunks;
    let front = peaks.from(entity);
    let back = peaks.to(entity);
    while (front < back && peaks.values[peaks.slot(entity, front)]! < base) front++;
    while (front < back && peaks.values[peaks.slot(entity, back - 1) + 1]! <= amount) back--;
    if (back - front === peaks.size(entity)) peaks.enlarge(entity, front, back);
    const p = peaks.slot(entity, back);
    peaks.values[p] = index;
    peaks.values[p + 1] = amount;
    peaks.hold(entity, front, back + 1);
  }

  /** An event came late and took the index `index`; those from there on moved up by one. */
  insert(entity: number, index: number, amount: number): void {
    const peaks = this.chunks;
    const from = peaks.from(entity);
    const kept: number[] = [];
    let waiting = true;
    for (let i = peaks.to(entity) - 1; i >= from; i--) {
      const p = peaks.slot(entity, i);
      const at = peaks.values[p]!;
      const peak = peaks.values[p + 1]!;
      if (waiting && at < index) {
        // Everything kept so far is newer and smaller than what it hides; the late event is a peak if it exceeds them.
        if (kept.length === 0 || kept.at(-1)! < amount) kept.push(index, amount);
        waiting = false;
      }
      if (kept.length === 0 || kept.at(-1)! < peak) kept.push(at >= index ? at + 1 : at, peak);
    }
    if (waiting && (kept.length === 0 || kept.at(-1)! < amount)) kept.push(index, amount);
    const count = kept.length / 2;
    if (count > peaks.size(entity)) peaks.enlarge(entity, from, peaks.to(entity));
    for (let i = 0; i < count; i++) {
      const p = peaks.slot(entity, from + i);
      peaks.values[p] = kept[2 * (count - 1 - i)]!;
      peaks.values[p + 1] = kept[2 * (count - 1 - i) + 1]!;
    }
    peaks.hold(entity, from, from + count);
  }

  /** Where to begin looking: behind the newest peak. */
  end(entity: number): number {
    return this.chunks.to(entity);
  }

  /** Goes from the place `peak` back to the oldest one at or after the event `head`; longer windows go on from shorter. */
  reach(entity: number, peak: number, head: number): number {
    const peaks = this.chunks;
    const front = peaks.from(entity);
    let place = peak;
    while (place > front && peaks.values[peaks.slot(entity, place - 1)]! >= head) place--;
    return place;
  }

  /** The amount at a place that `reach` found; NaN at the end, where the window is empty. */
  amount(entity: number, peak: number): number {
    return peak < this.chunks.to(entity) ? this.chunks.values[this.chunks.slot(entity, peak) + 1]! : NaN;
  }
}
