/**
 * The memory of the fold as a sequence of arrays, the same for writing and reading: who writes copies each array out as it comes,
 * who reads fills it in place. Lengths come before what they measure, so a state that is being read makes room as it goes; a
 * state that is being written is not changed.
 */
export type Part = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
export type Parts = Generator<Part, void, undefined>;
