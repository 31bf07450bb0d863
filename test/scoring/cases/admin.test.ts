import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../../features/definitions.js';
import { createCaseAdmin } from '../../../scoring/cases/admin.js';
import { findCases, stepsOf, waitingCases } from '../../../scoring/cases/store.js';
import { findDecision } from '../../../scoring/decisions.js';
import type { Case } from '../../../scoring/cases/case.js';
import type { LabelFact } from '../../../ingest/facts.js';
import type { DecisionBody } from '../../../scoring/request.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { body, constantModel, openWorld } from '../world.js';
import type { World } from '../world.js';

let database: TestPostgres;
let world: World;
/** Everything of it is put before a person. */
const REVIEWS = constantModel(0.5, { thresholds: { reviewFrom: 0.1, blockFrom: 0.9 } });
const by = { actor: 'asha', note: 'as the bank says' };

beforeAll(async () => {
  database = await testPostgres();
  world = await openWorld({ pool: database.pool });
  world.useModel(REVIEWS);
}, 60_000);

afterAll(async () => {
  await world.liveLog.close();
  await database.close();
});

/** Of a payer without a past: a known fraud would speak against the next payment. */
function payment(paymentId: string): DecisionBody {
  const [payerId, deviceId, instrumentId] = ['payer', 'device', 'token'].map(
    (what) => `${what}-${paymentId}`,
  );
  return body(paymentId, { payerId: payerId!, deviceId: deviceId!, instrumentId: instrumentId! });
}

async function casesOf(paymentId: string): Promise<Case[]> {
  const all = await findCases(database.pool, { status: null, assignee: null, before: null, limit: 1000 });
  return all.filter((one) => one.paymentId === paymentId);
}

/** The case of a payment that was just put before a person. */
async function reviewed(paymentId: string): Promise<Case> {
  await world.decide(payment(paymentId), null);
  const [found] = await casesOf(paymentId);
  return found!;
}

async function assigned(paymentId: string): Promise<Case> {
  const { caseId } = await reviewed(paymentId);
  return world.caseAdmin.assign(caseId, { assignee: 'ravi', actor: 'asha' }, null);
}

async function labelsOf(paymentId: string): Promise<Pick<LabelFact, 'fraud' | 'source' | 'knownAt'>[]> {
  const { rows } = await database.pool.query<{ body: LabelFact }>(
    `SELECT body FROM facts WHERE fact = 'label' AND payment_id = $1 ORDER BY sequence`,
    [paymentId],
  );
  return rows.map(({ body: { fraud, source, knownAt } }) => ({ fraud, source, knownAt }));
}

describe('a case', () => {
  it('is there as soon as a review is answered, and only then', async () => {
    const { decisionId } = await world.decide(payment('pay_review'), null);
    expect(await casesOf('pay_review')).toMatchObject([
      {
        caseId: decisionId.replace('dec_', 'case_'),
        decisionId,
        status: 'open',
        assignee: null,
        verdict: null,
        openedAt: world.clock.now(),
      },
    ]);
    world.useModel(constantModel(0.001));
    await world.decide(payment('pay_allowed'), null);
    world.useModel(REVIEWS);
    expect(await casesOf('pay_allowed')).toEqual([]);
  });

  it('is opened for every review of one batch, and once for a repeated request', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `pay_batch_${i}`);
    await Promise.all([...ids, ...ids].map((id) => world.decide(payment(id), null)));
    for (const id of ids) expect(await casesOf(id)).toHaveLength(1);
  });

  it('is given to somebody, discussed, closed and reopened, and remembers all of it', async () => {
    const { caseId } = await reviewed('pay_life');
    const { caseAdmin } = world;
    await caseAdmin.assign(caseId, { assignee: 'ravi', actor: 'asha' }, null);
    await caseAdmin.note(caseId, { actor: 'ravi', note: 'called the payer' }, null);
    const closed = await caseAdmin.close(
      caseId,
      { verdict: 'good', actor: 'ravi', note: 'known payer' },
      null,
    );
    expect(closed).toMatchObject({ status: 'closed', verdict: 'good', assignee: 'ravi' });
    const reopened = await caseAdmin.reopen(caseId, { actor: 'asha', note: 'a second call' }, null);
    expect(reopened).toMatchObject({ status: 'open', verdict: null, assignee: null });
    expect(await stepsOf(database.pool, caseId)).toMatchObject([
      { event: 'assign', actor: 'asha', assignee: 'ravi' },
      { event: 'note', actor: 'ravi', note: 'called the payer' },
      { event: 'close', actor: 'ravi', verdict: 'good', note: 'known payer' },
      { event: 'reopen', actor: 'asha', note: 'a second call' },
    ]);
    for (const sql of [
      'UPDATE case_events SET note = NULL',
      'DELETE FROM case_events',
      'TRUNCATE case_events',
    ])
      await expect(database.pool.query(sql)).rejects.toThrow(/append-only/);
  });

  it('is opened on request for a block, once', async () => {
    const entry = { kind: 'block', subject: 'payer', value: 'payer-pay_blocked', reason: 'bots' } as const;
    await world.listAdmin.add({ entries: [entry], actor: 'asha' }, null);
    const { decisionId, action } = await world.decide(payment('pay_blocked'), null);
    expect(action).toBe('block');
    expect(await casesOf('pay_blocked')).toEqual([]);
    const opened = await world.caseAdmin.open({ decisionId, ...by }, null);
    expect(await world.caseAdmin.open({ decisionId, ...by, actor: 'ravi' }, null)).toEqual(opened);
    expect(await stepsOf(database.pool, opened.caseId)).toMatchObject([{ event: 'open', actor: 'asha' }]);
    const unknown = world.caseAdmin.open({ decisionId: 'dec_0', ...by }, null);
    await expect(unknown).rejects.toMatchObject({ code: 'decision-not-found' });
  });

  it('cannot be closed before somebody has it', async () => {
    const { caseId } = await reviewed('pay_nobody');
    const closing = world.caseAdmin.close(caseId, { verdict: 'good', ...by }, null);
    await expect(closing).rejects.toMatchObject({ code: 'case-state' });
    expect(await labelsOf('pay_nobody')).toEqual([]);
    expect(await stepsOf(database.pool, caseId)).toEqual([]);
  });

  it('repeats the first answer for a key, and refuses the key for another request', async () => {
    const { caseId } = await reviewed('pay_key');
    const { caseAdmin } = world;
    const request = { assignee: 'ravi', actor: 'asha' };
    const first = await caseAdmin.assign(caseId, request, 'case-key');
    expect(await caseAdmin.assign(caseId, request, 'case-key')).toEqual(first);
    expect(await stepsOf(database.pool, caseId)).toHaveLength(1);
    const other = caseAdmin.assign(caseId, { ...request, assignee: 'meera' }, 'case-key');
    await expect(other).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('pages by the order of opening, of one status or of one person', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => reviewed(`pay_page_${name}`)));
    const query = { status: 'open', assignee: null, before: null, limit: 2 } as const;
    const pool = database.pool;
    const all = await findCases(pool, { ...query, limit: 1000 });
    const seen: Case[] = [];
    for (;;) {
      const page = await findCases(pool, { ...query, before: seen.at(-1)?.caseId ?? null });
      if (page.length === 0) break;
      seen.push(...page);
    }
    expect(seen).toEqual(all);
    const { caseId } = await assigned('pay_page_d');
    const [newest] = await findCases(pool, { ...query, status: null, assignee: 'ravi' });
    expect(newest?.caseId).toBe(caseId);
  });

  it('is counted while it waits', async () => {
    const before = new Map((await waitingCases(database.pool)).map(({ status, count }) => [status, count]));
    await assigned('pay_counted');
    const after = await waitingCases(database.pool);
    expect(after.find(({ status }) => status === 'assigned')?.count).toBe((before.get('assigned') ?? 0) + 1);
  });
});

describe('a verdict', () => {
  it.each([
    ['fraud', true],
    ['good', false],
  ] as const)('of %s becomes one label of a review, known when it was given', async (verdict, fraud) => {
    const paymentId = `pay_${verdict}`;
    const { caseId } = await assigned(paymentId);
    world.clock.advance(60_000);
    const closing = { verdict, ...by };
    const first = await world.caseAdmin.close(caseId, closing, `close-${verdict}`);
    expect(await world.caseAdmin.close(caseId, closing, `close-${verdict}`)).toEqual(first);
    expect(await labelsOf(paymentId)).toEqual([{ fraud, source: 'review', knownAt: world.clock.now() }]);
    expect(await world.caseAdmin.reportVerdicts()).toBe(0);
  });

  it('reaches the fold: the payer has a fraud from then on', async () => {
    const { caseId, decisionId } = await assigned('pay_caught');
    const { payment: paid } = (await findDecision(database.pool, decisionId))!;
    const vector = () =>
      world.liveLog.fold()!.vector(paid, world.clock.now(), new Float32Array(FEATURE_NAMES.length));
    world.clock.advance(60_000);
    const before = [...vector()];
    await world.caseAdmin.close(caseId, { verdict: 'fraud', ...by }, null);
    world.clock.advance(60_000);
    const after = [...vector()];
    const changed = FEATURE_NAMES.filter((_, i) => !Object.is(after[i], before[i]));
    expect(changed.filter((name) => /fraud/i.test(name))).not.toEqual([]);
  });

  it('that a crash left unreported is reported by the sweep, once', async () => {
    const { caseId } = await assigned('pay_crash');
    const dead = createCaseAdmin({ ...world, reportOutcome: () => Promise.reject(new Error('killed')) });
    await expect(dead.close(caseId, { verdict: 'fraud', ...by }, null)).rejects.toThrow('killed');
    expect(await labelsOf('pay_crash')).toEqual([]);
    await Promise.all([world.caseAdmin.reportVerdicts(), world.caseAdmin.reportVerdicts()]);
    expect(await labelsOf('pay_crash')).toHaveLength(1);
    expect(await world.caseAdmin.reportVerdicts()).toBe(0);
  });

  it('that is still due is reported before the case moves on', async () => {
    const { caseId } = await assigned('pay_due');
    const dead = createCaseAdmin({ ...world, reportOutcome: () => Promise.reject(new Error('killed')) });
    await expect(dead.close(caseId, { verdict: 'fraud', ...by }, null)).rejects.toThrow('killed');
    await world.caseAdmin.reopen(caseId, by, null);
    await world.caseAdmin.assign(caseId, { assignee: 'ravi', actor: 'asha' }, null);
    await world.caseAdmin.close(caseId, { verdict: 'good', ...by }, null);
    expect((await labelsOf('pay_due')).map(({ fraud }) => fraud)).toEqual([true, false]);
  });

  it('that a chargeback has given already adds no second label', async () => {
    const { caseId } = await assigned('pay_charged');
    await world.reportOutcome({ paymentId: 'pay_charged', outcome: 'fraud', source: 'chargeback' }, null);
    await world.caseAdmin.close(caseId, { verdict: 'fraud', ...by }, null);
    expect(await labelsOf('pay_charged')).toMatchObject([{ fraud: true, source: 'chargeback' }]);
  });

  it('that was taken back cannot be given again', async () => {
    const { caseId } = await assigned('pay_back');
    const { caseAdmin } = world;
    const again = async () => {
      await caseAdmin.reopen(caseId, by, null);
      await caseAdmin.assign(caseId, { assignee: 'ravi', actor: 'asha' }, null);
    };
    await caseAdmin.close(caseId, { verdict: 'fraud', ...by }, null);
    await again();
    await caseAdmin.close(caseId, { verdict: 'good', ...by }, null);
    await again();
    const third = caseAdmin.close(caseId, { verdict: 'fraud', ...by }, null);
    await expect(third).rejects.toMatchObject({ code: 'verdict-taken-back' });
    await caseAdmin.close(caseId, { verdict: 'good', ...by }, null);
    expect((await labelsOf('pay_back')).map(({ fraud }) => fraud)).toEqual([true, false]);
  });

  it('is one when two people close at once', async () => {
    const { caseId } = await assigned('pay_twice');
    const closings = await Promise.allSettled(
      (['fraud', 'good'] as const).map((verdict) =>
        world.caseAdmin.close(caseId, { verdict, actor: verdict, note: 'mine' }, null),
      ),
    );
    expect(closings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await labelsOf('pay_twice')).toHaveLength(1);
  });
});
