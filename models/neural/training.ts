/**
 * Trains a net on a thread of its own, so that the event loop of a server goes on turning. The table goes there as shared
 * memory, copied once. Run from source (as tests are), there is no compiled program for a thread, and it trains here.
 */
import { Worker } from 'node:worker_threads';
import type { FitProgress, Frame } from '../contract.js';
import { trainedOn } from './training-thread.js';
import type { Trained, TrainingRequest } from './train.js';

const isCompiled = import.meta.url.endsWith('.js');

export async function startTraining(request: TrainingRequest, onProgress?: FitProgress): Promise<Trained> {
  if (isCompiled) return trainOnThread(request, onProgress);
  const { train } = await import('./train.js');
  return train(request, onProgress);
}

function trainOnThread(request: TrainingRequest, onProgress?: FitProgress): Promise<Trained> {
  const { frame, y, validation } = request;
  const worker = new Worker(new URL('./training-worker.js', import.meta.url), {
    workerData: {
      ...request,
      frame: shareFrame(frame),
      y: y.slice(),
      weights: request.weights?.slice() ?? null,
      validation: validation && { frame: shareFrame(validation.frame), y: validation.y.slice() },
    } satisfies TrainingRequest,
  });
  return trainedOn(worker, onProgress);
}

/** Columns that are one array stay one array; a column of another's buffer is copied alone. */
function shareFrame(frame: Frame): Frame {
  const shared = new Map<string, Float32Array>();
  const buffers = new Map<ArrayBufferLike, number>();
  const columns = frame.columns.map((column) => {
    if (!buffers.has(column.buffer)) buffers.set(column.buffer, buffers.size);
    const key = `${buffers.get(column.buffer)}:${column.byteOffset}:${column.length}`;
    const known = shared.get(key);
    if (known !== undefined) return known;
    const copy = new Float32Array(new SharedArrayBuffer(column.byteLength));
    copy.set(column);
    shared.set(key, copy);
    return copy;
  });
  return { ...frame, columns };
}
