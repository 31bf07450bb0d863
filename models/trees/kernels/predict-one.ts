/**
 * AssemblyScript: one row walks the trees, eight at a time and without branches, so that no branch is mispredicted and the
 * loads of one tree wait beside those of the others. Layout: predict-one.ts beside this folder.
 */
import { inSet, ordered } from './predict-values';

/**
 * Turns a row of `width` floats (padded to 4) into decisions: integers in the order of the values, first with missing ones
 * beyond every threshold, then below every one, then for each code set 1 where the row goes right. A set is: feature, words,
 * flip, first word (u32 each).
 */
export function decide(row: usize, width: i32, sets: usize, count: i32, words: usize, decisions: usize): void {
  const size = <usize>((width + 3) & ~3) << 2;
  for (let i: usize = 0; i < size; i += 16) {
    const x = v128.load(row + i);
    const present = f32x4.eq(x, x);
    const key = ordered(x);
    v128.store(decisions + i, v128.bitselect(key, i32x4.splat(i32.MAX_VALUE), present));
    v128.store(decisions + size + i, v128.bitselect(key, i32x4.splat(i32.MIN_VALUE), present));
  }
  const sides = decisions + (size << 1);
  for (let k: usize = 0; k < <usize>count; k++) {
    const set = sets + (k << 4);
    const x = load<f32>(row + (<usize>load<u32>(set) << 2));
    const side = inSet(x, words + (<usize>load<u32>(set, 12) << 2), load<u32>(set, 4)) ^ load<i32>(set, 8);
    store<i32>(sides + (k << 2), side);
  }
}

/**
 * The sum of the leaf values of a row, eight trees at a time. A group is its depth (u32) and its roots (8 u32, bytes from
 * `nodes`). A node is its threshold (i32), decision (u16) and the distance of its left child (u16), whose sister comes next;
 * a leaf leads to itself. Its value lies `gap` bytes on.
 */
export function walkTrees(groups: usize, count: i32, decisions: usize, nodes: usize, gap: usize): f64 {
  let sum: f64 = 0;
  for (const end = groups + count * 36; groups < end; groups += 36) {
    let a = nodes + load<u32>(groups, 4);
    let b = nodes + load<u32>(groups, 8);
    let c = nodes + load<u32>(groups, 12);
    let d = nodes + load<u32>(groups, 16);
    let e = nodes + load<u32>(groups, 20);
    let f = nodes + load<u32>(groups, 24);
    let g = nodes + load<u32>(groups, 28);
    let h = nodes + load<u32>(groups, 32);
    for (let steps = load<u32>(groups); steps > 0; steps--) {
      a = step(a, decisions);
      b = step(b, decisions);
      c = step(c, decisions);
      d = step(d, decisions);
      e = step(e, decisions);
      f = step(f, decisions);
      g = step(g, decisions);
      h = step(h, decisions);
    }
    sum += load<f64>(a + gap);
    sum += load<f64>(b + gap);
    sum += load<f64>(c + gap);
    sum += load<f64>(d + gap);
    sum += load<f64>(e + gap);
    sum += load<f64>(f + gap);
    sum += load<f64>(g + gap);
    sum += load<f64>(h + gap);
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function step(node: usize, decisions: usize): usize {
  const decision = load<i32>(decisions + (<usize>load<u16>(node, 4) << 2));
  return node + ((<usize>load<u16>(node, 6) + <usize>(decision > load<i32>(node))) << 3);
}
