/**
 * Saves a model that another engine fitted, once it has been judged on this merchant's own newest payments. It never goes
 * into production by itself: who fitted it and on what is only said, so people promote it, by name and with a reason.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openDuckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { readModelFile } from '../models/interchange/read-model-file.js';
import type { ModelRecord } from '../models/registry.js';
import { importFraud } from '../models/tasks/import-fraud.js';
import { saveBacktest } from './backtests.js';
import type { OnStage } from './stages.js';
import type { Stores } from './stores.js';

interface ImportRequest {
  readonly file: string;
  /** A file with the names of the model's columns, one a line, when the model has none. */
  readonly columnsFile?: string;
  /** Also the trees after the best iteration of early stopping. */
  readonly allTrees: boolean;
  /** The model saw no payment asked for at or after this instant. Epoch ms. */
  readonly trainedUntilMs: number;
  readonly asOfMs: number;
  readonly seed: number;
  readonly onStage?: OnStage;
}

export async function importFraudModel(stores: Stores, request: ImportRequest): Promise<ModelRecord> {
  const { file: filePath, columnsFile, allTrees, trainedUntilMs, asOfMs, seed, onStage } = request;
  const file = await readModelFile(filePath, { allTrees });
  const columns = columnsFile === undefined ? undefined : await readNames(columnsFile);
  const db = await openDuckdb(':memory:');
  try {
    await stores.lake.attach(db);
    const { artefact, test } = await importFraud(db, {
      file,
      fileName: path.basename(filePath),
      trainedUntilMs,
      asOfMs,
      seed,
      ...(columns === undefined ? {} : { columns }),
      ...(onStage === undefined ? {} : { onProgress: onStage }),
    });
    const model = await stores.registry.save(artefact);
    await saveBacktest(db, stores.dataDir, model.version, test);
    return model;
  } finally {
    db.close();
  }
}

async function readNames(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw new AppError('bad-input', 'no-such-file', `${file} is no file that can be read`);
  return text.split(/\r?\n/).filter((line) => line !== '');
}
