import { describe, expect, it } from '@jest/globals';
import { takeUpChallenger } from '../../app/challenger.js';
import { AppError } from '../../core/errors.js';
import { createLog, silentLog } from '../../core/log.js';
import type { Challenge } from '../../models/challenges.js';
import type { LoadedModel } from '../../models/registry.js';

const challenge: Challenge = {
  challengeId: 3,
  task: 'fraud',
  version: 'd'.repeat(64),
  actor: 'asha',
  reason: 'compared',
  at: 0,
};

const loaded: LoadedModel = {
  version: challenge.version,
  task: 'fraud',
  featureSetHash: 'features-1',
  featureNames: ['amount'],
  model: {
    learner: 'none',
    featureNames: ['amount'],
    predict: () => new Float64Array(0),
    predictOne: () => 0.5,
    explain: () => new Float64Array(2),
    toJSON: () => null,
  },
  predictOne: () => 0.5,
  explain: () => [],
  policy: null,
  training: null,
  metrics: {},
};

describe('taking up a challenger', () => {
  it('gives the gate its model under the number of the challenge', async () => {
    const taken = await takeUpChallenger(
      { challenger: async () => challenge, load: async () => loaded },
      silentLog,
    );
    expect(taken.inShadow).toMatchObject({ challengeId: 3, model: { version: challenge.version } });
  });

  it('is nothing without one', async () => {
    const none = { challenger: async () => null, load: async () => loaded };
    expect(await takeUpChallenger(none, silentLog)).toEqual({ challenge: null, inShadow: null });
  });

  it('never keeps the server from serving: what cannot be used is said', async () => {
    const said: string[] = [];
    const log = createLog({
      level: 'info',
      pretty: false,
      destination: { write: (line) => void said.push(line) },
    });
    const load = async (): Promise<LoadedModel> => {
      throw new AppError('conflict', 'other-feature-set', 'it reads other features');
    };
    expect(await takeUpChallenger({ challenger: async () => challenge, load }, log)).toEqual({
      challenge,
      inShadow: null,
    });
    expect(said.join('')).toMatch(/challenger-unusable.*it reads other features/);
  });
});
