/**
 * Typed arrays that grow by powers of two, so that adding one element at a time copies each a constant number of times. What
 * is new is zero.
 */
export function enlarged<A extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  values: A,
  least: number,
): A {
  if (least <= values.length) return values;
  const larger = new (values.constructor as new (length: number) => A)(2 ** Math.ceil(Math.log2(least)));
  larger.set(values);
  return larger;
}
