/**
 * A fraud model that another engine fitted, judged here before it may be saved: on mature payments newer than everything it
 * was fitted on, the older half of which calibrates it and sets its thresholds while the newer half tests it. Without such
 * payments nothing is saved: a model that nobody measured must not decide about money.
 *   fitted elsewhere | calibrate | test | immature
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { istDay } from '../../features/calendar.js';
import { FEATURES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import { replayRows } from '../../features/replay-rows.js';
import { fraudTarget, rowsBetween } from '../../features/training-rows.js';
import type { TrainingRows } from '../../features/training-rows.js';
import { DAY_MS, DEFAULT_FOLD_SETTINGS, type Unit } from '../../features/vocabulary.js';
import type { Artefact } from '../artefact.js';
import { calibrateModel, fitCalibration } from '../calibrate.js';
import type { Model } from '../contract.js';
import { binnedSample, binnedScore } from '../reference.js';
import { modelOver } from '../interchange/read-model-file.js';
import type { ModelFile } from '../interchange/read-model-file.js';
import { FRAUD_INTENDED_USE, fraudFigures, fraudThresholds } from './fraud-figures.js';
import type { Judged } from './fraud-figures.js';
import { HAS_RESULT } from './train-fraud.js';

/** As in training: four weeks each, less when fewer have passed since the model was fitted. */
const MOST_DAYS = 56;
/** Fewer known frauds than this neither calibrate nor test anything. */
const FEWEST_FRAUDS = 10;

export interface ImportFraudOptions {
  readonly file: ModelFile;
  /** For people, in the model card. */
  readonly fileName: string;
  /** Names of the file's columns, when it has none. */
  readonly columns?: readonly string[];
  /** The model saw no payment asked for at or after this instant. Epoch ms. */
  readonly trainedUntilMs: number;
  /** Only what was known before this instant is used. Epoch ms. */
  readonly asOfMs: number;
  readonly seed: number;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface ImportedFraud {
  readonly artefact: Artefact;
  readonly test: Judged;
}

/** Throws `too-few-labels` when the lake cannot judge the model. */
export async function importFraud(db: Duckdb, options: ImportFraudOptions): Promise<ImportedFraud> {
  const { file, asOfMs, seed } = options;
  if (file.objective !== 'logistic') {
    throw new AppError(
      'bad-input',
      'unsupported-model',
      `the ${file.library} model predicts a number; fraud needs a probability, from binary:logistic or binary`,
    );
  }
  const fold = createFold();
  const model = modelOver(file, fold.featureNames, options.columns);
  requireCodes(file, options.columns);
  const { judged, calibrate, test } = await judge(db, model, options);
  const calibration = fitCalibration('platt', calibrate.y, calibrate.fraudProbability);
  const calibrated = calibrateModel(model, calibration);
  const honest = (judged: Judged): Judged => ({
    ...judged,
    fraudProbability: calibrated.predict(judged.rows.frame),
  });
  const tested = honest(test);
  const artefact: Artefact = {
    task: 'fraud',
    featureSetHash: fold.featureSetHash,
    model: calibrated,
    policy: fraudThresholds(honest(calibrate)),
    training: {
      importedFrom: options.fileName,
      sha256: file.sha256,
      engine: `${file.library} ${file.version}`,
      trees: file.trees.roots.length,
      treesInFile: file.treesInFile,
      // What the importer says; nothing in the file could show it.
      to: iso(options.trainedUntilMs - 1),
      asOf: iso(asOfMs),
    },
    evaluation: fraudFigures(
      tested,
      `imported and, as its importer says, fitted on payments up to ${istDay(options.trainedUntilMs - 1)} only`,
      seed,
    ),
    reference: {
      features: binnedSample(judged.frame, judged.payer),
      score: binnedScore(tested.fraudProbability, test.rows.payer),
    },
    intendedUse: FRAUD_INTENDED_USE,
  };
  return { artefact, test: tested };
}

/** Units of which every value is a whole number: libraries cut a category's value to one, and we do not. */
const WHOLE: readonly Unit[] = ['code', 'count', 'day', 'flag'];

function requireCodes(file: ModelFile, columns: readonly string[] | undefined): void {
  const names = file.featureNames ?? columns ?? [];
  const split = new Set(
    file.trees.nodes.flatMap(({ feature, codes }) => (codes.length > 0 ? [names[feature]] : [])),
  );
  const wrong = FEATURES.find(({ name, unit }) => split.has(name) && !WHOLE.includes(unit));
  if (wrong === undefined) return;
  throw new AppError(
    'bad-input',
    'no-category',
    `the model splits ${wrong.name} as a category, but its values are no whole numbers; train it as a number`,
  );
}

/** The payments that the model cannot have seen, with its own probabilities. */
async function judge(
  db: Duckdb,
  model: Model,
  { trainedUntilMs, asOfMs, onProgress }: ImportFraudOptions,
): Promise<{ judged: TrainingRows; calibrate: Judged; test: Judged }> {
  const matureMs = asOfMs - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
  const fromMs = Math.max(matureMs - MOST_DAYS * DAY_MS, trainedUntilMs);
  if (fromMs >= matureMs) {
    throw tooFew(
      `no payment after ${istDay(trainedUntilMs - 1)} is old enough to have been reported as fraud`,
    );
  }
  const halfMs = fromMs + (matureMs - fromMs) / 2;
  const rows = await replayRows(db, createFold(), {
    fromMs,
    untilMs: matureMs,
    knownUntilMs: asOfMs,
    conditionSql: HAS_RESULT,
    onProgress,
  });
  const span = async (name: string, from: number, until: number): Promise<Judged> => {
    const part = rowsBetween(rows, from, until);
    const y = await fraudTarget(db, part, asOfMs);
    const frauds = y.reduce((sum, label) => sum + label, 0);
    if (frauds >= FEWEST_FRAUDS) return { rows: part, y, fraudProbability: model.predict(part.frame) };
    throw tooFew(
      `the payments from ${istDay(from)} to ${istDay(until)} would ${name} the model, but ${frauds} of them are known ` +
        `to be fraud and ${FEWEST_FRAUDS} are needed`,
    );
  };
  // What it was fitted on is elsewhere: the payments that it was judged on stand for them, for the watch.
  const judged = rowsBetween(rows, fromMs, matureMs);
  return {
    judged,
    calibrate: await span('calibrate', fromMs, halfMs),
    test: await span('test', halfMs, matureMs),
  };
}

function tooFew(reason: string): AppError {
  const remedy = `import newer payments and labels, or leave the newest ${MOST_DAYS} mature days out of the fit`;
  return new AppError('bad-input', 'too-few-labels', `${reason}; ${remedy}`);
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
