import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import type { Artefact } from '../../models/artefact.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { binnedSample, binnedScore } from '../../models/reference.js';
import { openRegistry } from '../../models/registry.js';
import type { Registry } from '../../models/registry.js';
import type { TestPostgres } from '../support/postgres.js';
import { testPostgres } from '../support/postgres.js';
import { mixedSample, rowOf } from './frames.js';

const { frame, y } = mixedSample(300, 1);

function artefact(task: string, seed: number): Artefact {
  const settings = { ...boostedTrees.defaults, trees: 5 };
  return {
    task,
    featureSetHash: 'features-1',
    model: boostedTrees.fit(frame, y, { settings, seed }),
    policy: { reviewAbove: 0.4 },
    training: { rows: 300, seed },
    evaluation: {
      metrics: { aucRoc: 0.8, averagePrecision: 0.6 },
      baseline: { aucRoc: 0.5, averagePrecision: 0.4 },
      interval: { aucRoc: { low: 0.7, high: 0.9 } },
      protocol: 'Fitted and measured on an invented sample.',
    },
    intendedUse: 'Tests only.',
  };
}

describe('the model registry', () => {
  let database: TestPostgres;
  let dataDir: string;
  const clock = manualClock(Date.UTC(2026, 3, 1));
  const by = { actor: 'asha', reason: 'better on March' };
  const open = (featureSetHashes: Record<string, string> = {}): Registry =>
    openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes });

  beforeAll(async () => {
    database = await testPostgres();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-registry-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(dataDir, { recursive: true });
  });

  it('gives the same model the same version and keeps the folder as it was first written', async () => {
    const registry = open();
    const first = await registry.save(artefact('fraud', 1));
    clock.advance(1000);
    const again = await registry.save(artefact('fraud', 1));
    expect(again).toEqual(first);
    expect(first.version).toMatch(/^[0-9a-f]{64}$/);
    expect((await registry.save(artefact('fraud', 2))).version).not.toBe(first.version);
    const folder = await readdir(path.join(dataDir, 'models', 'fraud'));
    expect(folder.every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
  });

  it('loads a model that predicts and explains as the one that was saved', async () => {
    const saved = artefact('loaded', 3);
    const { version } = await open().save(saved);
    const loaded = await open().load(version.slice(0, 10));
    const row = rowOf(frame, 4);
    expect(loaded.predictOne(row)).toBe(saved.model.predictOne(row));
    expect(loaded.policy).toEqual({ reviewAbove: 0.4 });
    const sizes = loaded.explain(row).map(({ contribution }) => Math.abs(contribution));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(loaded.explain(row).map(({ feature }) => feature))).toEqual(new Set(frame.names));
  });

  it('keeps what the fitted rows looked like, and notices when it is changed', async () => {
    const features = binnedSample(frame, y);
    const kept = { ...artefact('referenced', 4), reference: { features, score: binnedScore(y, y) } };
    const { version } = await open().save(kept);
    expect(await open().reference(version)).toEqual(kept.reference);
    expect(await open().reference((await open().save(artefact('referenced', 5))).version)).toBeNull();
    await appendFile(path.join(dataDir, 'models', 'referenced', version, 'reference.json'), ' ');
    await expect(open().reference(version)).rejects.toThrow(/another reference.json/);
  });

  it('refuses a model of another feature set, on load and on promotion', async () => {
    const { version } = await open().save(artefact('strict', 1));
    const registry = open({ strict: 'features-2' });
    await expect(registry.load(version)).rejects.toThrow(
      /trained on the feature set features-1.* features-2 runs now/,
    );
    await expect(registry.promote('strict', version, by)).rejects.toThrow(/retrain/);
    expect(await registry.history('strict')).toEqual([]);
    expect((await open({ strict: 'features-1' }).load(version)).version).toBe(version);
  });

  it('promotes and rolls back one version at a time and keeps who, why and when', async () => {
    const registry = open();
    const versions = await Promise.all(
      [1, 2, 3].map(async (seed) => (await registry.save(artefact('stack', seed))).version),
    );
    expect(await registry.production('stack')).toBeNull();
    for (const version of versions) await registry.promote('stack', version, by);
    await registry.promote('stack', versions[2]!, by);
    expect((await registry.rollback('stack', by)).version).toBe(versions[1]);
    expect((await registry.rollback('stack', by)).version).toBe(versions[0]);
    expect((await registry.production('stack'))?.version).toBe(versions[0]);
    await expect(registry.rollback('stack', by)).rejects.toThrow(/no earlier version/);
    const history = await registry.history('stack');
    expect(history.map(({ kind }) => kind)).toEqual([
      'promote',
      'promote',
      'promote',
      'rollback',
      'rollback',
    ]);
    expect(history[0]).toEqual({
      task: 'stack',
      version: versions[0],
      kind: 'promote',
      ...by,
      at: clock.now(),
    });
    const listed = await registry.list('stack');
    expect(listed.filter(({ production }) => production).map(({ version }) => version)).toEqual([
      versions[0],
    ]);
  });

  it('puts into production what one person proposes and another approves', async () => {
    const registry = open();
    const { version } = await registry.save(artefact('pair', 1));
    const ravi = { actor: 'ravi', reason: null };
    await expect(registry.approve('pair', version, ravi)).rejects.toMatchObject({ code: 'not-proposed' });
    await registry.propose('pair', version, by);
    await registry.propose('pair', version, by);
    expect(await registry.proposals('pair')).toMatchObject([{ kind: 'propose', version, ...by }]);
    expect(await registry.production('pair')).toBeNull();
    expect(await registry.history('pair')).toEqual([]);
    for (const actor of ['asha', ' Asha ']) {
      const alone = registry.approve('pair', version, { actor, reason: 'still better' });
      await expect(alone).rejects.toMatchObject({ kind: 'conflict', code: 'same-person' });
    }
    expect((await registry.approve('pair', version, ravi)).production).toBe(true);
    await registry.approve('pair', version, ravi);
    const approved = { kind: 'approve', version, actor: 'ravi', reason: by.reason };
    expect(await registry.history('pair')).toMatchObject([approved]);
    expect((await registry.show(version)).history).toMatchObject([{ kind: 'propose' }, approved]);
    expect(await registry.proposals('pair')).toEqual([]);
    await expect(registry.propose('pair', version, by)).rejects.toMatchObject({ code: 'in-production' });
  });

  it('forgets a proposal when production changes, since it was about the model of its time', async () => {
    const registry = open();
    const [first, second] = await Promise.all(
      [1, 2].map(async (seed) => (await registry.save(artefact('lapse', seed))).version),
    );
    await registry.propose('lapse', second!, by);
    await registry.promote('lapse', first!, { actor: 'system', reason: 'better figures' });
    const late = registry.approve('lapse', second!, { actor: 'ravi', reason: null });
    await expect(late).rejects.toMatchObject({ code: 'not-proposed' });
  });

  it('lets one person force a version, and records it as forced', async () => {
    const registry = open();
    const [first, second] = await Promise.all(
      [1, 2].map(async (seed) => (await registry.save(artefact('alone', seed))).version),
    );
    await registry.force('alone', first!, by);
    await registry.force('alone', second!, by);
    expect((await registry.history('alone')).map(({ kind }) => kind)).toEqual(['force', 'force']);
    expect((await registry.rollback('alone', by)).version).toBe(first);
    await expect(registry.force('alone', second!, { ...by, reason: '' })).rejects.toThrow(
      /who made it and why/,
    );
  });

  it('takes approvals of one proposal in turn', async () => {
    const registry = open();
    const { version } = await registry.save(artefact('crowd', 1));
    await registry.propose('crowd', version, by);
    const approvals = await Promise.allSettled(
      ['ravi', 'meera'].map((actor) => registry.approve('crowd', version, { actor, reason: null })),
    );
    expect(approvals.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await registry.history('crowd')).toHaveLength(1);
  });

  it('lets nobody rewrite the history', async () => {
    const { version } = await open().save(artefact('kept', 1));
    await open().promote('kept', version, by);
    for (const sql of [
      `UPDATE model_promotions SET actor = 'nobody'`,
      'DELETE FROM model_promotions',
      'TRUNCATE model_promotions',
    ]) {
      await expect(database.pool.query(sql)).rejects.toThrow(/append-only/);
    }
  });

  it('takes promotions of one task in turn', async () => {
    const registry = open();
    const versions = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => (await registry.save(artefact('race', seed))).version),
    );
    await Promise.all(versions.map((version) => registry.promote('race', version, by)));
    expect(new Set((await registry.history('race')).map(({ version }) => version))).toEqual(
      new Set(versions),
    );
  });

  it('refuses a file that was changed after it was saved', async () => {
    const { version } = await open().save(artefact('damaged', 1));
    await appendFile(path.join(dataDir, 'models', 'damaged', version, 'model.json'), ' ');
    await expect(open().load(version)).rejects.toThrow(/was changed on disk/);
  });

  it('refuses figures that were changed after they were saved, and takes them in any order', async () => {
    const { version } = await open().save(artefact('polished', 1));
    const file = path.join(dataDir, 'models', 'polished', version, 'metrics.json');
    const stored = JSON.parse(await readFile(file, 'utf8')) as { metrics: Record<string, number> };
    const reversed = Object.fromEntries(Object.entries(stored).reverse());
    await writeFile(file, JSON.stringify(reversed));
    expect((await open().load(version)).metrics).toEqual({ aucRoc: 0.8, averagePrecision: 0.6 });
    const better = { ...stored, metrics: { ...stored.metrics, averagePrecision: 0.9 } };
    await writeFile(file, JSON.stringify(better));
    await expect(open().load(version)).rejects.toThrow(/other figures in metrics.json/);
    await expect(open().show(version)).rejects.toMatchObject({ code: 'damaged-model' });
    await expect(open().promote('polished', version, by)).rejects.toThrow(/retrain/);
  });

  it('says what is wrong with a version, a task and a missing reason', async () => {
    const registry = open();
    const { version } = await registry.save(artefact('words', 1));
    await expect(registry.show('abcdef00')).rejects.toThrow(/no saved model/);
    await expect(registry.load('')).rejects.toThrow(/no saved model/);
    await expect(registry.promote('other', version, by)).rejects.toThrow(/is for words, not for other/);
    await expect(registry.promote('words', version, { ...by, reason: ' ' })).rejects.toThrow(
      /who made it and why/,
    );
  });

  it('writes a card with every metric beside its baseline', async () => {
    const { version } = await open().save(artefact('carded', 1));
    const { card } = await open().show(version);
    expect(card).toContain('| AUC | 0.8000 | 0.5000 | 0.7000 to 0.9000 |');
    expect(card).toBe(await readFile(path.join(dataDir, 'models', 'carded', version, 'card.md'), 'utf8'));
  });
});
