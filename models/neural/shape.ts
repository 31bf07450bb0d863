/**
 * The shape of a net and of its parameters, in the one order that training, prediction and JSON share. A net reads numbers,
 * rows of embedding tables and, if it has steps, a sequence over which one head of attention looks; dense layers follow.
 * Matrices are row-major, inputs x outputs.
 */
import type { Random } from '../../core/random.js';

export interface NetworkShape {
  /** Numbers of the row itself (s). */
  readonly numbers: number;
  readonly tables: readonly { readonly rows: number; readonly width: number }[];
  /** Length of the sequence (k); 0 for a net without one. */
  readonly steps: number;
  /** Numbers of one step (f). */
  readonly stepInputs: number;
  /** Width of keys, queries and values (h). */
  readonly stepUnits: number;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
}

export interface ParameterShape {
  /** One number for a vector, two for a matrix. */
  readonly size: readonly [number] | readonly [number, number];
  readonly starts: 'zero' | 'embedding' | 'relu' | 'linear';
}

/** All embeddings of a row side by side (e). */
export function embeddingWidth({ tables }: NetworkShape): number {
  return tables.reduce((sum, { width }) => sum + width, 0);
}

/** The encoded row: numbers, steps (k)(f), embeddings. */
export function inputWidth(shape: NetworkShape): number {
  return denseWidth(shape) + embeddingWidth(shape);
}

/** The encoded row without its embeddings. */
export function denseWidth({ numbers, steps, stepInputs }: NetworkShape): number {
  return numbers + steps * stepInputs;
}

/**
 * Tables; then, with steps, query weights and bias, key weights, value weights and bias, and a bias for each step; then
 * weights and bias of each layer, the last of which has one output.
 */
export function parameterShapes(shape: NetworkShape): ParameterShape[] {
  const { numbers, tables, steps, stepInputs, stepUnits, hidden } = shape;
  const row = numbers + embeddingWidth(shape);
  const attention: ParameterShape[] = [
    { size: [row, stepUnits], starts: 'linear' },
    { size: [stepUnits], starts: 'zero' },
    { size: [stepInputs, stepUnits], starts: 'linear' },
    { size: [stepInputs, stepUnits], starts: 'relu' },
    { size: [stepUnits], starts: 'zero' },
    { size: [steps], starts: 'zero' },
  ];
  const widths = [row + (steps > 0 ? stepUnits : 0), ...hidden, 1];
  return [
    ...tables.map(({ rows, width }): ParameterShape => ({ size: [rows, width], starts: 'embedding' })),
    ...(steps > 0 ? attention : []),
    ...widths.slice(1).flatMap((outputs, layer): ParameterShape[] => [
      { size: [widths[layer]!, outputs], starts: outputs === 1 ? 'linear' : 'relu' },
      { size: [outputs], starts: 'zero' },
    ]),
  ];
}

export function lengthOf({ size }: ParameterShape): number {
  return size[0] * (size[1] ?? 1);
}

/** The first two rows of a table stand for "missing" and "never seen": they start without an opinion. */
export const SPECIAL_CODES = 2;

/** He initialisation before rectifiers, Glorot's before sums (He et al. 2015); `bias` is that of the output. */
export function initialParameters(shape: NetworkShape, bias: number, random: Random): Float32Array[] {
  const parameters = parameterShapes(shape).map((parameter) => {
    const [inputs, outputs = 1] = parameter.size;
    const values = new Float32Array(lengthOf(parameter));
    if (parameter.starts === 'zero') return values;
    const variance = { embedding: 0.1, relu: 2 / inputs, linear: 2 / (inputs + outputs) }[parameter.starts];
    const from = parameter.starts === 'embedding' ? SPECIAL_CODES * outputs : 0;
    for (let i = from; i < values.length; i++) values[i] = Math.sqrt(variance) * random.normal();
    return values;
  });
  parameters.at(-1)![0] = bias;
  return parameters;
}

/** Is a parsed JSON document a shape? */
export function isShape(value: unknown): value is NetworkShape {
  if (typeof value !== 'object' || value === null) return false;
  const { numbers, tables, steps, stepInputs, stepUnits, hidden } = value as Record<string, unknown>;
  return (
    [numbers, steps, stepInputs, stepUnits].every(isSize) &&
    Array.isArray(hidden) &&
    hidden.every(isSize) &&
    Array.isArray(tables) &&
    tables.every((table: unknown) => {
      const { rows, width } = (table ?? {}) as Record<string, unknown>;
      return isSize(rows) && isSize(width);
    })
  );
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}
