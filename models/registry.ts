/**
 * The model registry: immutable artefacts on disk, the production pointer in PostgreSQL. A model is loaded only when its
 * bytes are the ones its version names and its features are the ones that run now.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import { AppError } from '../core/errors.js';
import {
  documentText,
  parseDocument,
  parseReference,
  referenceText,
  requireEvaluation,
  versionOf,
} from './artefact.js';
import type { Artefact, Json, ModelDocument } from './artefact.js';
import { artefactStore } from './artefact-store.js';
import type { ArtefactStore, StoredMetrics, StoredModel } from './artefact-store.js';
import { openChallenges } from './challenges.js';
import type { Challenge, Challenges } from './challenges.js';
import type { Model } from './contract.js';
import { modelCard } from './model-card.js';
import { openPromotions, openProposals, productionChanges } from './promotions.js';
import type { Promotion, Promotions } from './promotions.js';
import type { Reference } from './reference.js';

export interface ModelRecord extends StoredMetrics {
  readonly task: string;
  /** SHA-256 of the artefact, 64 hexadecimal digits. */
  readonly version: string;
  readonly production: boolean;
}

export interface Contribution {
  readonly feature: string;
  /** In log-odds. */
  readonly contribution: number;
}

export interface LoadedModel {
  readonly version: string;
  readonly task: string;
  readonly featureSetHash: string;
  readonly featureNames: readonly string[];
  readonly model: Model;
  predictOne(row: Float32Array): number;
  /** Largest first by size; without the bias. */
  explain(row: Float32Array): Contribution[];
  readonly policy: Json;
  /** What it was fitted on. */
  readonly training: Json;
  readonly metrics: StoredMetrics['metrics'];
}

export interface Registry {
  save(artefact: Artefact): Promise<ModelRecord>;
  /** Newest first. */
  list(task?: string): Promise<ModelRecord[]>;
  /** By version or the start of one; the history has proposals too. */
  show(
    version: string,
  ): Promise<ModelRecord & { readonly card: string; readonly history: readonly Promotion[] }>;
  load(version: string): Promise<LoadedModel>;
  /** What the model was fitted on looked like; null for a model of an older program or of another one. */
  reference(version: string): Promise<Reference | null>;
  /** Null when the task has no model in production. */
  production(task: string): Promise<LoadedModel | null>;
  /** By the policy of training: what beats the champion on newer payments needs no person. */
  promote(task: string, version: string, change: Change): Promise<ModelRecord>;
  /** Asks a second person to put it into production. */
  propose(task: string, version: string, change: Change): Promise<ModelRecord>;
  /** By the second person; without a reason for the proposal's. @throws AppError `conflict` for the proposer. */
  approve(task: string, version: string, change: Approval): Promise<ModelRecord>;
  /** By one person alone, recorded as such. */
  force(task: string, version: string, change: Change): Promise<ModelRecord>;
  /** Returns to the version that was in production before. */
  rollback(task: string, change: Change): Promise<ModelRecord>;
  /** The same by a guardrail that judged `version`. @throws AppError `conflict` when another one is in production by now. */
  rollBackFrom(task: string, version: string, change: Change): Promise<ModelRecord>;
  /** Lets a version score live payments in shadow, in place of the present challenger. */
  challenge(task: string, version: string, change: Change): Promise<ModelRecord>;
  endChallenge(task: string, version: string, change: Change): Promise<ModelRecord>;
  /** Null when nothing runs in shadow; what went into production no longer does. */
  challenger(task: string): Promise<Challenge | null>;
  /** Changes of production, oldest first. */
  history(task: string): Promise<Promotion[]>;
  /** What waits for a second person, oldest first. */
  proposals(task: string): Promise<Promotion[]>;
}

/** Who changes production, and why. */
export interface Change {
  readonly actor: string;
  readonly reason: string;
}

interface Approval extends Pick<Change, 'actor'> {
  readonly reason: string | null;
}

export interface RegistrySettings {
  readonly dataDir: string;
  readonly pool: Pool;
  readonly clock: Clock;
  /** The feature set that runs now, by task: a model of such a task must be trained on it. */
  readonly featureSetHashes: Readonly<Record<string, string>>;
}

export function openRegistry({ dataDir, pool, clock, featureSetHashes }: RegistrySettings): Registry {
  const store = artefactStore(dataDir);
  const promotions = openPromotions(pool);
  const record = async (place: StoredModel): Promise<ModelRecord> => {
    const metrics = JSON.parse(await store.read(place, 'metrics.json')) as StoredMetrics; // Written by `save`.
    return { ...place, ...metrics, production: (await promotions.current(place.task)) === place.version };
  };
  const load = async (version: string): Promise<LoadedModel> => {
    const place = await store.find(version);
    return loadModel(store, place, featureSetHashes);
  };
  const isLoadable = async (version: string): Promise<void> => void (await load(version));
  /** Only what can be loaded now is put forward. */
  const changed: Changed = async (task, version, change) => {
    const place = await store.find(version);
    if (place.task !== task) {
      throw new AppError('bad-input', 'other-task', `model ${version} is for ${place.task}, not for ${task}`);
    }
    await loadModel(store, place, featureSetHashes);
    await change(place);
    return record(place);
  };
  return {
    save: async (artefact) => record(await saveArtefact(store, artefact, clock.now())),
    list: async (task) => {
      const places = (await store.all()).filter((place) => task === undefined || place.task === task);
      const records = await Promise.all(places.map(record));
      return records.sort((a, b) => b.savedAt - a.savedAt || (a.version < b.version ? -1 : 1));
    },
    show: async (version) => {
      const place = await store.find(version);
      await readModel(store, place);
      const [card, history] = [await store.read(place, 'card.md'), await promotions.history(place.task)];
      return { ...(await record(place)), card, history };
    },
    load,
    reference: async (version) => {
      const place = await store.find(version);
      const document = parseDocument(await store.read(place, 'model.json'), place.version);
      return parseReference(await store.readReference(place), document, place.version);
    },
    production: async (task) => {
      const version = await promotions.current(task);
      return version === null ? null : load(version);
    },
    ...productionMethods({ store, promotions, clock, changed, record, isLoadable }),
    ...challengeMethods({ store, promotions, challenges: openChallenges(pool), clock, changed, record }),
    history: async (task) => productionChanges(await promotions.history(task)),
    proposals: async (task) => openProposals(await promotions.history(task)),
  };
}

interface MethodDeps {
  readonly store: ArtefactStore;
  readonly promotions: Promotions;
  readonly clock: Clock;
  readonly changed: Changed;
  readonly record: (place: StoredModel) => Promise<ModelRecord>;
}

type Changed = (
  task: string,
  version: string,
  change: (place: StoredModel) => Promise<void>,
) => Promise<ModelRecord>;

type ProductionMethods = Pick<
  Registry,
  'promote' | 'propose' | 'approve' | 'force' | 'rollback' | 'rollBackFrom'
>;

function productionMethods({
  promotions,
  clock,
  changed,
  record,
  isLoadable,
}: MethodDeps & { readonly isLoadable: (version: string) => Promise<void> }): ProductionMethods {
  return {
    promote: (task, version, change) =>
      changed(task, version, (place) =>
        promotions.promote({ ...place, ...change, at: clock.now() }, 'promote'),
      ),
    propose: (task, version, change) =>
      changed(task, version, (place) => promotions.propose({ ...place, ...change, at: clock.now() })),
    approve: (task, version, change) =>
      changed(task, version, (place) => promotions.approve({ ...place, ...change, at: clock.now() })),
    force: (task, version, change) =>
      changed(task, version, (place) =>
        promotions.promote({ ...place, ...change, at: clock.now() }, 'force'),
      ),
    rollback: async (task, change) => {
      const version = await promotions.rollback({ task, ...change, at: clock.now() }, isLoadable);
      return record({ task, version });
    },
    rollBackFrom: async (task, from, change) => {
      const step = { task, version: from, ...change, at: clock.now() };
      return record({ task, version: await promotions.rollBackFrom(step, isLoadable) });
    },
  };
}

function challengeMethods({
  store,
  promotions,
  challenges,
  clock,
  changed,
  record,
}: MethodDeps & { readonly challenges: Challenges }): Pick<
  Registry,
  'challenge' | 'endChallenge' | 'challenger'
> {
  return {
    challenge: (task, version, change) =>
      changed(task, version, async (place) => {
        if ((await promotions.current(task)) === place.version) {
          const message = `${place.version.slice(0, 12)} is in production: a challenger is another model`;
          throw new AppError('conflict', 'in-production', message);
        }
        await challenges.start({ ...place, ...change, at: clock.now() });
      }),
    // Not loaded: a challenger that has become unusable must still be ended.
    endChallenge: async (task, version, change) => {
      const place = await store.find(version);
      await challenges.stop({ task, version: place.version, ...change, at: clock.now() });
      return record(place);
    },
    challenger: async (task) => {
      const challenge = await challenges.current(task);
      return challenge?.version === (await promotions.current(task)) ? null : challenge;
    },
  };
}

async function saveArtefact(store: ArtefactStore, artefact: Artefact, savedAt: number): Promise<StoredModel> {
  const text = documentText(artefact);
  const place = { task: artefact.task, version: versionOf(text) };
  const { evaluation, featureSetHash, model, reference } = artefact;
  const metrics: StoredMetrics = { ...evaluation, learner: model.learner, featureSetHash, savedAt };
  await store.write(place, {
    'model.json': text,
    'metrics.json': `${JSON.stringify(metrics, null, 2)}\n`,
    'card.md': modelCard(artefact, place.version, savedAt),
    ...(reference === undefined ? {} : { 'reference.json': referenceText(reference) }),
  });
  return place;
}

async function loadModel(
  store: ArtefactStore,
  place: StoredModel,
  featureSetHashes: RegistrySettings['featureSetHashes'],
): Promise<LoadedModel> {
  const { document, metrics } = await readModel(store, place);
  requireFeatureSet(document, place, featureSetHashes[place.task]);
  const { model, policy, training, featureSetHash } = document;
  return {
    ...place,
    featureSetHash,
    featureNames: model.featureNames,
    model,
    policy,
    training,
    metrics,
    predictOne: (row) => model.predictOne(row),
    explain: (row) => {
      const contributions = model.explain(row);
      const named = model.featureNames.map((feature, k) => ({
        feature,
        contribution: contributions[k] ?? 0,
      }));
      return named.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    },
  };
}

/** Both files, as they were saved: the version covers the model, and the model the figures. */
async function readModel(
  store: ArtefactStore,
  place: StoredModel,
): Promise<{ readonly document: ModelDocument; readonly metrics: StoredMetrics['metrics'] }> {
  const document = parseDocument(await store.read(place, 'model.json'), place.version);
  const stored = JSON.parse(await store.read(place, 'metrics.json')) as StoredMetrics; // Written by `save`.
  const { learner: _learner, featureSetHash: _hash, savedAt: _savedAt, ...evaluation } = stored;
  requireEvaluation(evaluation, document, place.version);
  return { document, metrics: evaluation.metrics };
}

function requireFeatureSet(
  { featureSetHash }: ModelDocument,
  { task, version }: StoredModel,
  running: string | undefined,
): void {
  if (running === undefined || running === featureSetHash) return;
  const message =
    `model ${version.slice(0, 12)} of ${task} was trained on the feature set ${featureSetHash.slice(0, 12)}, ` +
    `but ${running.slice(0, 12)} runs now; retrain, or run the version of the program that it was trained with`;
  throw new AppError('conflict', 'other-feature-set', message);
}
