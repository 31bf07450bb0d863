/**
 * AssemblyScript: the Shapley values of one row, by a quadrature over how likely a feature is to be known. Layout and
 * sources: tree-shap.ts.
 */

/** Bytes of a node. */
const RECORD: usize = 40;

/**
 * Adds each feature's Shapley value (f64) for the decisions of a row. In the multilinear extension of a tree a feature of
 * a path that is known with probability t has the share g = o t + z (1 - t): o is 1 while the row goes that way, z the
 * training rows that did. A value is the integral over t of a product of such shares, which Gauss and Legendre's rule sums
 * exactly; two of its points a vector. A tree is: nodes (u32) and vectors (u32); for each node but the root, in preorder, a
 * record of 40 bytes: parent; the last node before it on the path that asked for the same feature (the root if none);
 * decision; 1 for a right child (u32 each); threshold (i32); feature (u32); z (f64); leaf value (f64, 0 for others).
 * `rules` holds for k vectors, at k (k - 1) / 2 x 48 bytes, the points t, then 1 - t, then weights, two a vector each.
 */
export function explainTrees(
  trees: usize,
  count: i32,
  decisions: usize,
  rules: usize,
  scratch: usize,
  contributions: usize,
): void {
  let at = trees;
  for (let t = 0; t < count; t++) {
    const nodes = <usize>load<u32>(at);
    const vectors = <usize>load<u32>(at, 4);
    const records = at + 8;
    const rule = rules + ((vectors * (vectors - 1)) >> 1) * 48;
    descend(records, nodes, vectors, rule, decisions, scratch);
    ascend(records, nodes, vectors, scratch, contributions);
    at = records + (nodes - 1) * RECORD;
  }
}

/**
 * Scratch of a node: o (f64), unused (f64), then for each vector: the product of the shares on its path; one over its own
 * share; (o - z) over its share; the sum below it, which a leaf starts with its weighted product.
 */
// @ts-ignore: decorator
@inline
function descend(
  records: usize,
  nodes: usize,
  vectors: usize,
  rule: usize,
  decisions: usize,
  scratch: usize,
): void {
  const size: usize = 16 + (vectors << 6);
  store<f64>(scratch, 1);
  for (let at = scratch + 16; at < scratch + size; at += 64) {
    v128.store(at, f64x2.splat(1));
    v128.store(at, f64x2.splat(1), 16);
    v128.store(at, f64x2.splat(0), 32);
    v128.store(at, f64x2.splat(0), 48);
  }
  let to = scratch + size;
  for (let record = records; record < records + (nodes - 1) * RECORD; record += RECORD) {
    const parent = scratch + <usize>load<u32>(record) * size;
    const before = scratch + <usize>load<u32>(record, 4) * size;
    const right = load<i32>(decisions + (<usize>load<u32>(record, 8) << 2)) > load<i32>(record, 16);
    const z = load<f64>(record, 24);
    const o = <i32>right == load<i32>(record, 12) ? load<f64>(before) : 0;
    const value = f64x2.splat(load<f64>(record, 32));
    store<f64>(to, o);
    const known = f64x2.splat(o);
    const unknown = f64x2.splat(z);
    const change = f64x2.splat(o - z);
    for (let k: usize = 0; k < vectors; k++) {
      const point = rule + k * 48;
      const share = f64x2.add(
        f64x2.mul(known, v128.load(point)),
        f64x2.mul(unknown, v128.load(point, 16)),
      );
      const inverse = f64x2.div(f64x2.splat(1), share);
      const slot: usize = 16 + (k << 6);
      const product = f64x2.mul(
        f64x2.mul(v128.load(parent + slot), share),
        v128.load(before + slot, 16),
      );
      v128.store(to + slot, product);
      v128.store(to + slot, inverse, 16);
      v128.store(to + slot, f64x2.mul(change, inverse), 32);
      v128.store(to + slot, f64x2.mul(f64x2.mul(product, v128.load(point, 32)), value), 48);
    }
    to += size;
  }
}

// @ts-ignore: decorator
@inline
function ascend(records: usize, nodes: usize, vectors: usize, scratch: usize, contributions: usize): void {
  const size: usize = 16 + (vectors << 6);
  let from = scratch + nodes * size;
  for (let record = records + (nodes - 1) * RECORD; record > records; ) {
    record -= RECORD;
    from -= size;
    const parent = scratch + <usize>load<u32>(record) * size;
    const before = scratch + <usize>load<u32>(record, 4) * size;
    let sum = f64x2.splat(0);
    for (let slot: usize = 16; slot < size; slot += 64) {
      const below = v128.load(from + slot, 48);
      const change = f64x2.sub(v128.load(from + slot, 32), v128.load(before + slot, 32));
      sum = f64x2.add(sum, f64x2.mul(below, change));
      v128.store(parent + slot, f64x2.add(v128.load(parent + slot, 48), below), 48);
    }
    const feature = contributions + (<usize>load<u32>(record, 20) << 3);
    const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
    store<f64>(feature, load<f64>(feature) + total);
  }
}
