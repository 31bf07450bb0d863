/**
 * AssemblyScript: the loops of growing a tree.
 */
export function sum(at: usize, n: i32): i32 {
  let total = 0;
  for (let i = 0; i < n; i++) total += load<u8>(at + i);
  return total;
}
