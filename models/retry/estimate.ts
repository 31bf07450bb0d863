/**
 * A trained model as what billing asks: P(captured) of each moment. The slot counters are part of the artefact, as they were when it was
 * fitted, so that the same version gives the same answer for the same moment wherever it runs.
 */
import { AppError } from '../../core/errors.js';
import type { RetryEstimate } from '../../features/retry/moment.js';
import {
  createSlotCounters,
  type SlotCounters,
  type SlotCountersJson,
} from '../../features/retry/slot-counters.js';
import { RETRY_CATEGORICAL, RETRY_FEATURES, retryVector } from '../../features/retry/vector.js';
import type { Model } from '../contract.js';
import type { LoadedModel } from '../registry.js';

export function estimateWith(model: Model, counters: SlotCounters): RetryEstimate {
  const vector = new Float32Array(RETRY_FEATURES.length);
  return (moments) => {
    const columns = RETRY_FEATURES.map(() => new Float32Array(moments.length));
    moments.forEach((moment, row) => {
      retryVector(moment, counters, vector);
      for (let k = 0; k < columns.length; k++) columns[k]![row] = vector[k]!;
    });
    const frame = { rows: moments.length, names: RETRY_FEATURES, columns, categorical: RETRY_CATEGORICAL };
    return model.predict(frame);
  };
}

/** @throws AppError `bad-model` for an artefact without counters. */
export function loadedEstimate({ model, policy, version }: LoadedModel): RetryEstimate {
  const counts = (policy as { readonly slotCounters?: unknown } | null)?.slotCounters;
  if (!isCounts(counts)) {
    const message = `retry model ${version.slice(0, 12)} has no slot counters; train retry anew`;
    throw new AppError('conflict', 'bad-model', message);
  }
  return estimateWith(model, createSlotCounters(counts));
}

function isCounts(value: unknown): value is SlotCountersJson {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (row: unknown) =>
      Array.isArray(row) && row.length % 2 === 0 && row.every((n) => Number.isInteger(n) && n >= 0),
  );
}
