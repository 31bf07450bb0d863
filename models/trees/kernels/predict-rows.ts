/**
 * AssemblyScript: 64 rows at a time walk the trees by comparing bytes, in four vectors, and the values of the leaves at which
 * they come to stand are added. Layouts: tree-records.ts and block-image.ts.
 */

/**
 * The leaves (u8) at which 64 rows stand in each of `count` trees. A tree is its number of inner nodes (u32), padded to 8, and
 * for each in preorder its column (u32, bytes), threshold (i8), first leaf (u8) and leaves on its left (u8), padded to 8.
 */
export function standRows(trees: usize, count: i32, columns: usize, leaves: usize): void {
  let at = trees;
  for (const last = leaves + (count << 6); leaves < last; leaves += 64) {
    let a = i8x16.splat(0);
    let b = i8x16.splat(0);
    let c = i8x16.splat(0);
    let d = i8x16.splat(0);
    const end = at + 8 + (load<u32>(at) << 3);
    for (at += 8; at < end; at += 8) {
      const column = columns + load<u32>(at);
      const threshold = v128.load_splat<u8>(at, 4);
      const first = v128.load_splat<u8>(at, 5);
      const onLeft = v128.load_splat<u8>(at, 6);
      a = pass(a, v128.load(column), threshold, first, onLeft);
      b = pass(b, v128.load(column, 16), threshold, first, onLeft);
      c = pass(c, v128.load(column, 32), threshold, first, onLeft);
      d = pass(d, v128.load(column, 48), threshold, first, onLeft);
    }
    v128.store(leaves, a);
    v128.store(leaves, b, 16);
    v128.store(leaves, c, 32);
    v128.store(leaves, d, 48);
  }
}

/**
 * Where 16 rows stand after a node. A row stands at the first leaf that it can still reach; one that stands at the node's
 * first leaf has arrived at the node, because nodes come in preorder, and moves past the left subtree if it goes right.
 */
// @ts-ignore: decorator
@inline
function pass(leaf: v128, ranks: v128, threshold: v128, first: v128, onLeft: v128): v128 {
  const goesRight = v128.and(i8x16.gt_s(ranks, threshold), i8x16.eq(leaf, first));
  return i8x16.add(leaf, v128.and(goesRight, onLeft));
}

/**
 * Adds one byte of the leaf values of at most 257 trees to `sums` (64 u16) for the 64 rows of `leaves`. A tree has `width`
 * tables of 16 leaves.
 */
export function addBytes(tables: usize, width: i32, count: i32, leaves: usize, sums: usize): void {
  let a = i16x8.splat(0);
  let b = i16x8.splat(0);
  let c = i16x8.splat(0);
  let d = i16x8.splat(0);
  let e = i16x8.splat(0);
  let f = i16x8.splat(0);
  let g = i16x8.splat(0);
  let h = i16x8.splat(0);
  for (const last = leaves + (count << 6); leaves < last; leaves += 64) {
    let i = v128.load(leaves);
    let j = v128.load(leaves, 16);
    let k = v128.load(leaves, 32);
    let l = v128.load(leaves, 48);
    for (const end = tables + (width << 4); ; ) {
      const table = v128.load(tables);
      // A lane beyond the 16 of a table, below as above, reads 0.
      const p = i8x16.swizzle(table, i);
      const q = i8x16.swizzle(table, j);
      const r = i8x16.swizzle(table, k);
      const s = i8x16.swizzle(table, l);
      a = i16x8.add(a, i16x8.extend_low_i8x16_u(p));
      b = i16x8.add(b, i16x8.extend_high_i8x16_u(p));
      c = i16x8.add(c, i16x8.extend_low_i8x16_u(q));
      d = i16x8.add(d, i16x8.extend_high_i8x16_u(q));
      e = i16x8.add(e, i16x8.extend_low_i8x16_u(r));
      f = i16x8.add(f, i16x8.extend_high_i8x16_u(r));
      g = i16x8.add(g, i16x8.extend_low_i8x16_u(s));
      h = i16x8.add(h, i16x8.extend_high_i8x16_u(s));
      tables += 16;
      if (tables == end) break;
      i = i8x16.sub(i, i8x16.splat(16));
      j = i8x16.sub(j, i8x16.splat(16));
      k = i8x16.sub(k, i8x16.splat(16));
      l = i8x16.sub(l, i8x16.splat(16));
    }
  }
  v128.store(sums, a);
  v128.store(sums, b, 16);
  v128.store(sums, c, 32);
  v128.store(sums, d, 48);
  v128.store(sums, e, 64);
  v128.store(sums, f, 80);
  v128.store(sums, g, 96);
  v128.store(sums, h, 112);
}

/** Adds the whole numbers whose bytes are summed in `sums`, 64 u16 for each byte, to 64 totals (f64); exact below 2^53. */
export function addWholes(sums: usize, bytes: i32, totals: usize): void {
  for (let i: usize = 0; i < 64; i++) {
    let whole: f64 = 0;
    for (let k = bytes - 1; k >= 0; k--) whole = whole * 256 + <f64>load<u16>(sums + (k << 7) + (i << 1));
    store<f64>(totals + (i << 3), load<f64>(totals + (i << 3)) + whole);
  }
}

/** Adds leaf values (f64, `width` a tree) that are on no common grid to 64 totals, in the order of the trees. */
export function addInOrder(values: usize, width: i32, count: i32, leaves: usize, totals: usize): void {
  for (const last = leaves + (count << 6); leaves < last; leaves += 64) {
    for (let i: usize = 0; i < 64; i++) {
      const total = totals + (i << 3);
      store<f64>(total, load<f64>(total) + load<f64>(values + (<usize>load<u8>(leaves + i) << 3)));
    }
    values += width << 3;
  }
}
