import { describe, expect, it } from '@jest/globals';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import type { Registry } from '../../models/registry.js';
import { httpWorld } from '../app/http-world.js';
import { mixedSample } from '../models/frames.js';

const current = httpWorld();

async function saveModel(registry: Registry, task: string): Promise<string> {
  const { frame, y } = mixedSample(200, 1);
  const settings = { ...boostedTrees.defaults, trees: 3 };
  const saved = await registry.save({
    task,
    featureSetHash: 'any',
    model: boostedTrees.fit(frame, y, { settings, seed: 1 }),
    policy: null,
    training: { rows: 200 },
    evaluation: { metrics: { aucRoc: 0.8 }, baseline: { aucRoc: 0.5 }, protocol: 'An invented sample.' },
    intendedUse: 'Tests only.',
  });
  return saved.version;
}

describe('/v1/models/:version/promotions', () => {
  it('takes two people to put a model into production', async () => {
    const { app, registry } = current();
    const version = await saveModel(registry, 'demo');
    const url = `/v1/models/${version.slice(0, 12)}/promotions`;
    const step = async (payload: object) => {
      const answer = await app.inject({ method: 'POST', url, payload });
      const { inProduction, code } = answer.json<{ inProduction?: boolean; code?: string }>();
      return [answer.statusCode, inProduction ?? code];
    };
    const by = { task: 'demo', actor: 'asha', reason: 'better on March' };
    expect(await step({ ...by, step: 'approve', actor: 'ravi' })).toEqual([409, 'not-proposed']);
    expect(await step({ ...by, step: 'propose' })).toEqual([200, false]);
    expect(await step({ ...by, step: 'approve' })).toEqual([409, 'same-person']);
    expect(await step({ ...by, step: 'approve', actor: 'ravi' })).toEqual([200, true]);
    expect(await step({ ...by, step: 'approve', actor: 'ravi' })).toEqual([200, true]);
    expect((await registry.history('demo')).map(({ kind, actor }) => [kind, actor])).toEqual([
      ['approve', 'ravi'],
    ]);
  });

  it('lets one person force it, records that, and refuses what says too little', async () => {
    const { app, registry } = current();
    const version = await saveModel(registry, 'forced');
    const step = (payload: object) =>
      app.inject({ method: 'POST', url: `/v1/models/${version}/promotions`, payload });
    const by = { task: 'forced', step: 'force', actor: 'asha' };
    expect((await step(by)).statusCode).toBe(400);
    expect((await step({ ...by, reason: 'x', step: 'rollback' })).statusCode).toBe(400);
    expect((await step({ ...by, reason: 'the champion blocks everybody' })).json()).toMatchObject({
      inProduction: true,
    });
    expect((await registry.history('forced')).map(({ kind }) => kind)).toEqual(['force']);
  });
});
