/** The fraud models that the gate uses, in production and in shadow, and how they follow the registry. */
import type { Pool } from 'pg';
import type { Log } from '../core/log.js';
import type { Registry } from '../models/registry.js';
import { toFraudModel } from '../scoring/fraud-model.js';
import type { Policy } from '../scoring/policy-settings.js';
import type { FraudModel } from '../scoring/score.js';
import { createShadow } from '../scoring/shadow.js';
import type { Shadow } from '../scoring/shadow.js';
import { takeUpChallenger } from './challenger.js';
import { championVersion, usableChampion } from './champion.js';

interface LiveModels {
  champion(): FraudModel | null;
  readonly shadow: Shadow;
  /** Takes up what is in production and in shadow now. */
  refresh(): Promise<void>;
}

interface LiveModelsDeps {
  readonly pool: Pool;
  readonly registry: Registry;
  readonly log: Log;
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  readonly policy: Policy;
}

export async function openLiveModels(deps: LiveModelsDeps): Promise<LiveModels> {
  const { pool, registry, log, stopwatch, policy } = deps;
  let { version, model } = await takeUpChampion(registry);
  let challenger = await takeUpChallenger(registry, log);
  return {
    champion: () => model,
    shadow: createShadow({ pool, log, stopwatch, policy, challenger: () => challenger.inShadow }),
    refresh: async () => {
      if ((await championVersion(registry)) !== version)
        ({ version, model } = await takeUpChampion(registry));
      const challenge = await registry.challenger('fraud');
      if (challenge?.challengeId !== challenger.challenge?.challengeId)
        challenger = await takeUpChallenger(registry, log);
    },
  };
}

/** The version is the one that was promoted, also when its model cannot be used. */
async function takeUpChampion(
  registry: Registry,
): Promise<{ version: string | null; model: FraudModel | null }> {
  const version = await championVersion(registry);
  const loaded = await usableChampion(registry);
  return { version, model: loaded === null ? null : toFraudModel(loaded) };
}
