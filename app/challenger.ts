/** The fraud model in shadow: taken up by the server, never a reason for it not to serve. */
import type { Log } from '../core/log.js';
import type { Challenge } from '../models/challenges.js';
import type { Registry } from '../models/registry.js';
import { toFraudModel } from '../scoring/fraud-model.js';
import type { Challenger } from '../scoring/shadow.js';

interface TakenUp {
  readonly challenge: Challenge | null;
  /** Null without a challenge, and when its model cannot be used. */
  readonly inShadow: Challenger | null;
}

export async function takeUpChallenger(
  registry: Pick<Registry, 'challenger' | 'load'>,
  log: Log,
): Promise<TakenUp> {
  const challenge = await registry.challenger('fraud');
  if (challenge === null) return { challenge, inShadow: null };
  const { challengeId, version } = challenge;
  try {
    const model = toFraudModel(await registry.load(version));
    log.info({ event: 'challenger-in-shadow', modelVersion: version });
    return { challenge, inShadow: { challengeId, model } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ event: 'challenger-unusable', modelVersion: version, reason });
    return { challenge, inShadow: null };
  }
}
