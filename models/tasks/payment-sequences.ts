/**
 * The last payments of a payer before each payment, as columns named `logAmount[-1]` (the one before) to `logAmount[-16]`.
 * A step tells what its own vector told at its own instant, so a label counts from when it was known; earlier means
 * earlier by (occurredAt, sequence). Missing where the payer had fewer payments.
 */
import { assert } from '../../core/errors.js';
import type { TrainingRows } from '../../features/training-rows.js';

/** A week of a busy payer; the windows of the vector remember what is older. */
const SEQUENCE_STEPS = 16;

const HOUR_MS = 3_600_000;

/** What one step tells: `now` and `then` are rows of `rows`, the payment in question and the step. */
interface StepNumber {
  readonly name: string;
  readonly read: (column: ColumnOf, rows: TrainingRows) => (now: number, then: number) => number;
}

interface ColumnOf {
  (name: string): Float32Array;
}

const STEP_NUMBERS: readonly StepNumber[] = [
  logOf('logAmount', 'amount'),
  logOf('logAmountToMean', 'payerAmountToMean90d'),
  {
    name: 'logHoursAgo',
    read: (_, rows) => (now, then) => Math.log1p(hoursBetween(rows, now, then)),
  },
  clock('hourSin', Math.sin),
  clock('hourCos', Math.cos),
  copy('counterpartyRisk30d'),
  copy('counterpartyFrauds90d'),
  logOf('logCounterpartyCount7d', 'counterpartyCount7d'),
  copy('payerCounterpartyMet'),
  {
    // Rows do not name counterparties; this step is the newest with that of the payment in question.
    name: 'lastMet',
    read: (column, rows) => {
      const sinceMet = column('payerCounterpartyHoursSinceMet');
      return (now, then) => {
        const hours = hoursBetween(rows, now, then);
        return Math.abs(sinceMet[now]! - hours) <= 1e-4 + 1e-6 * hours ? 1 : 0;
      };
    },
  },
];

function copy(feature: string): StepNumber {
  return {
    name: feature,
    read: (column) => {
      const values = column(feature);
      return (_, then) => values[then]!;
    },
  };
}

function logOf(name: string, feature: string): StepNumber {
  return {
    name,
    read: (column) => {
      const values = column(feature);
      return (_, then) => Math.log1p(Math.max(0, values[then]!));
    },
  };
}

function clock(name: string, turn: (angle: number) => number): StepNumber {
  return {
    name,
    read: (column) => {
      const hours = column('hourIst');
      return (_, then) => turn((2 * Math.PI * hours[then]!) / 24);
    },
  };
}

function hoursBetween({ occurredAt }: TrainingRows, now: number, then: number): number {
  return (occurredAt[now]! - occurredAt[then]!) / HOUR_MS;
}

/** The same rows with the sequences before them in their frame; rows that are to be steps must be among them. */
export function withSequences(rows: TrainingRows, steps = SEQUENCE_STEPS): TrainingRows {
  const before = previousOfPayer(rows);
  const { frame } = rows;
  const column: ColumnOf = (name) => {
    const found = frame.columns[frame.names.indexOf(name)];
    assert(found !== undefined, `training rows hold the feature ${name}`);
    return found;
  };
  const names = [...frame.names];
  const columns = [...frame.columns];
  for (const { name, read } of STEP_NUMBERS) {
    const number = read(column, rows);
    for (let lag = 1; lag <= steps; lag++) names.push(`${name}[-${lag}]`);
    const lagged = Array.from({ length: steps }, () => new Float32Array(frame.rows).fill(NaN));
    for (let now = 0; now < frame.rows; now++) {
      let then = before[now]!;
      for (let step = 0; step < steps && then >= 0; step++, then = before[then]!) {
        lagged[step]![now] = number(now, then);
      }
    }
    columns.push(...lagged);
  }
  return { ...rows, frame: { ...frame, names, columns } };
}

/** Row of the payer's payment before, or -1 (n). */
function previousOfPayer({ payer, occurredAt, sequence }: TrainingRows): Int32Array {
  const newest = new Map<number, number>();
  const before = new Int32Array(payer.length);
  for (let row = 0; row < payer.length; row++) {
    const isOrdered =
      row === 0 ||
      occurredAt[row - 1]! < occurredAt[row]! ||
      (occurredAt[row - 1] === occurredAt[row] && sequence[row - 1]! < sequence[row]!);
    assert(isOrdered, 'training rows ascend by instant and sequence');
    before[row] = newest.get(payer[row]!) ?? -1;
    newest.set(payer[row]!, row);
  }
  return before;
}
