/**
 * What decided besides the features, as of a decision that names it: rules by their hash, lists by their version, the model by
 * its own, churn scores by their night. Each is read once, so many decisions cost little more than one.
 */
import type { Pool } from 'pg';
import { AppError } from '../../core/errors.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import type { Registry } from '../../models/registry.js';
import { readNight } from '../churn/night.js';
import type { ChurnNight } from '../churn/night.js';
import { toFraudModel } from '../fraud-model.js';
import { createListIndex } from '../lists/list-index.js';
import type { ListIndex } from '../lists/list-index.js';
import { changesAfter } from '../lists/store.js';
import type { Policy } from '../policy-settings.js';
import { policyOfHash } from '../policy-store.js';
import { compileRuleSet } from '../rules/rule-set.js';
import type { RuleSet } from '../rules/rule-set.js';
import { rulesOfHash } from '../rules/store.js';
import type { FraudModel } from '../score.js';

export interface Past {
  /** Null for a hash that was never in effect. */
  rules(hash: string): Promise<RuleSet | null>;
  /** The lists as they were after that change; of a lower version when there are no such changes. */
  lists(version: number): Promise<ListIndex>;
  /** Null for a night that has no scores. */
  churnNight(scoredAt: string): Promise<ChurnNight | null>;
  /** Null for a hash that was never in use. */
  policy(hash: string): Promise<Policy | null>;
  /** Why not, in words, when it cannot be had. */
  model(version: string): Promise<FraudModel | { readonly unavailable: string }>;
}

/** Changes a query. */
const PAGE = 10_000;

export function openPast({ pool, registry }: { pool: Pool; registry: Pick<Registry, 'load'> }): Past {
  let lists = createListIndex();
  let night: { readonly scoredAt: string; readonly scores: Promise<ChurnNight | null> } | null = null;
  return {
    rules: remembered(async (hash) => {
      const rules = await rulesOfHash(pool, hash);
      return rules === null ? null : compileRuleSet(rules, FEATURE_NAMES);
    }),
    lists: async (version) => {
      if (lists.version() > version) lists = createListIndex();
      await advance(pool, lists, version);
      return lists;
    },
    // Large, and decisions come in the order of nights: one is kept.
    churnNight: (scoredAt) => {
      if (night?.scoredAt !== scoredAt) night = { scoredAt, scores: readNight(pool, Date.parse(scoredAt)) };
      return night.scores;
    },
    policy: remembered((hash) => policyOfHash(pool, hash)),
    model: remembered(async (version) => {
      try {
        return toFraudModel(await registry.load(version));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { unavailable: error.message };
      }
    }),
  };
}

async function advance(pool: Pool, lists: ListIndex, version: number): Promise<void> {
  while (lists.version() < version) {
    const changes = await changesAfter(pool, lists.version(), PAGE);
    const due = changes.filter(({ changeId }) => changeId <= version);
    for (const change of due) lists.apply(change);
    if (due.length < changes.length || changes.length === 0) return;
  }
}

function remembered<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const found = known.get(key) ?? read(key);
    known.set(key, found);
    return found;
  };
}
