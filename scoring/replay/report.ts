/**
 * What a replay says of one decision, part by part: equal, different with every difference by its name, or unknown with the
 * reason. Unknown is never counted as equal.
 */
import Type from 'typebox';
import type { Static } from 'typebox';

const REPLAY_OUTCOMES = ['equal', 'different', 'unknown'] as const;
type ReplayOutcome = (typeof REPLAY_OUTCOMES)[number];

const REPLAYED_PARTS = ['inputs', 'vector', 'rules', 'lists', 'churn', 'model', 'policy', 'answer'] as const;
type ReplayedPart = (typeof REPLAYED_PARTS)[number];

const Value = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]);

const Difference = Type.Object({
  name: Type.String({ description: 'Of a field, as a path, or of a feature.' }),
  logged: Value,
  replayed: Value,
});
export type Difference = Static<typeof Difference>;

const PartReport = Type.Object({
  part: Type.Enum(REPLAYED_PARTS),
  outcome: Type.Enum(REPLAY_OUTCOMES),
  differences: Type.Array(Difference),
  note: Type.Optional(Type.String({ description: 'Why it is unknown.' })),
});
export type PartReport = Static<typeof PartReport>;

export const ReplayReport = Type.Object({
  decisionId: Type.String(),
  paymentId: Type.String(),
  decidedAt: Type.String({ format: 'date-time' }),
  outcome: Type.Enum(REPLAY_OUTCOMES, { description: 'Equal when every part is.' }),
  parts: Type.Array(PartReport),
});
export type ReplayReport = Static<typeof ReplayReport>;

/** One difference makes a decision different; otherwise one unknown part makes it unknown. */
export function outcomeOf(parts: readonly PartReport[]): ReplayOutcome {
  return (
    (['different', 'unknown'] as const).find((worse) => parts.some(({ outcome }) => outcome === worse)) ??
    'equal'
  );
}

export function unknownPart(part: ReplayedPart, note: string): PartReport {
  return { part, outcome: 'unknown', differences: [], note };
}

/** Compares two values of JSON's kinds field by field; what one of them lacks is null. */
export function comparePart(part: ReplayedPart, logged: unknown, replayed: unknown): PartReport {
  const [before, after] = [leavesOf(logged), leavesOf(replayed)];
  const names = new Set([...before.keys(), ...after.keys()]);
  const differences = [...names]
    .map((name) => ({ name, logged: before.get(name) ?? null, replayed: after.get(name) ?? null }))
    .filter((found) => found.logged !== found.replayed);
  return { part, outcome: differences.length === 0 ? 'equal' : 'different', differences };
}

/** Compares bit for bit; a missing feature is null. */
export function compareVectors(
  names: readonly string[],
  logged: Float32Array,
  replayed: Float32Array,
): PartReport {
  const value = (vector: Float32Array, at: number): number | null => {
    const feature = vector[at] ?? NaN;
    return Number.isNaN(feature) ? null : feature;
  };
  const differences = names
    .map((name, at) => ({ name, logged: value(logged, at), replayed: value(replayed, at) }))
    .filter((found) => !Object.is(found.logged, found.replayed));
  if (logged.length !== replayed.length)
    differences.push({ name: 'length', logged: logged.length, replayed: replayed.length });
  return { part: 'vector', outcome: differences.length === 0 ? 'equal' : 'different', differences };
}

/** Paths such as `reasons.0.text` with their values; an amount is decimal text, as it is logged. */
function leavesOf(value: unknown, path = ''): Map<string, Difference['logged']> {
  if (typeof value === 'bigint') return new Map([[path, value.toString()]]);
  if (value === undefined || value === null) return new Map([[path, null]]);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, field]) => [
      ...leavesOf(field, path === '' ? key : `${path}.${key}`),
    ]),
  );
}
