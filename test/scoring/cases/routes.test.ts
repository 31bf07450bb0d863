import { describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { decideOn, httpWorld } from '../../app/http-world.js';
import { body, constantModel } from '../world.js';

const current = httpWorld();

function post(app: FastifyInstance, url: string, payload: object, headers: Record<string, string> = {}) {
  return app.inject({ method: 'POST', url, payload, headers });
}

/** The address of the case of a payment that was just put before a person. */
async function reviewed(paymentId: string): Promise<string> {
  const { app, world } = current();
  world.useModel(constantModel(0.5, { thresholds: { reviewFrom: 0.1, blockFrom: 0.9 } }));
  const fields = { payerId: 'payer-of-cases', amountPaise: 4200 };
  const { decisionId } = (await decideOn(app, body(paymentId, fields))).json<{ decisionId: string }>();
  return `/v1/cases/${decisionId.replace('dec_', 'case_')}`;
}

describe('/v1/cases', () => {
  it('shows what waits, with everything that a reviewer needs, and takes it to a label', async () => {
    const { app, world } = current();
    const other = await reviewed('pay_before');
    world.clock.advance(1000);
    const url = await reviewed('pay_now');
    const listed = (await app.inject('/v1/cases?status=open&limit=2')).json().cases as { caseId: string }[];
    expect(listed.map(({ caseId }) => `/v1/cases/${caseId}`)).toEqual([url, other]);
    const older = (await app.inject(`/v1/cases?limit=1&before=${listed[0]!.caseId}`)).json();
    expect(older.cases).toEqual([listed[1]]);

    const assigned = await post(app, `${url}/assign`, { assignee: 'ravi', actor: 'asha' });
    expect(assigned.json()).toMatchObject({ status: 'assigned', assignee: 'ravi', verdict: null });
    await post(app, `${url}/notes`, { actor: 'ravi', note: 'called the payer' });
    const closing = { verdict: 'fraud', actor: 'ravi', note: 'not their card' };
    const key = { 'idempotency-key': 'case-close' };
    const closed = await post(app, `${url}/close`, closing, key);
    expect(closed.json()).toMatchObject({ status: 'closed', verdict: 'fraud' });
    expect((await post(app, `${url}/close`, closing, key)).json()).toEqual(closed.json());

    const shown = (await app.inject(url)).json();
    expect(shown).toMatchObject({
      decision: { action: 'review', paymentId: 'pay_now', fraudProbability: 0.5 },
      steps: [{ event: 'assign' }, { event: 'note' }, { event: 'close', verdict: 'fraud' }],
      payerPayments: [
        { paymentId: 'pay_now', amountPaise: 4200, currency: 'INR', outcomes: ['fraud'] },
        { paymentId: 'pay_before', outcomes: [] },
      ],
    });
    expect(shown.decision.reasons.map(({ text }: { text: string }) => text)).toContainEqual(
      expect.stringMatching(/raises the risk/),
    );
    expect((await app.inject('/v1/cases?assignee=ravi&status=closed')).json().cases).toHaveLength(1);
    const reopened = await post(app, `${url}/reopen`, { actor: 'asha', note: 'a second look' });
    expect(reopened.json()).toMatchObject({ status: 'open', assignee: null, verdict: null });
  });

  it('opens one for a decision on request, once', async () => {
    const { app, world } = current();
    world.useModel(constantModel(0.001));
    const { decisionId } = (await decideOn(app, body('pay_asked'))).json();
    const request = { decisionId, actor: 'asha', note: 'the payer asks' };
    const opened = await post(app, '/v1/cases', request);
    expect(opened.json()).toMatchObject({ decisionId, status: 'open' });
    expect((await post(app, '/v1/cases', request)).json()).toEqual(opened.json());
  });

  it('is counted with its age for Prometheus', async () => {
    const { app, world } = current();
    const waiting = async () =>
      /cases_waiting\{status="open"\} (\S+)/.exec((await app.inject('/metrics')).body)?.[1];
    const before = Number(await waiting());
    await reviewed('pay_counted');
    expect(Number(await waiting())).toBe(before + 1);
    world.clock.advance(60_000);
    const [, age] = /cases_oldest_age_seconds\{status="open"\} (\S+)/.exec(
      (await app.inject('/metrics')).body,
    )!;
    expect(Number(age)).toBeGreaterThanOrEqual(60);
  });

  it.each`
    what                        | act         | payload                                           | status | code
    ${'an unknown verdict'}     | ${'close'}  | ${{ verdict: 'maybe', actor: 'asha', note: 'x' }} | ${400} | ${'invalid-request'}
    ${'a verdict without why'}  | ${'close'}  | ${{ verdict: 'good', actor: 'asha' }}             | ${400} | ${'invalid-request'}
    ${'a verdict from nobody'}  | ${'close'}  | ${{ verdict: 'good', note: 'x' }}                 | ${400} | ${'invalid-request'}
    ${'an unknown field'}       | ${'notes'}  | ${{ actor: 'asha', note: 'x', colour: 'red' }}    | ${400} | ${'invalid-request'}
    ${'a note of nothing'}      | ${'notes'}  | ${{ actor: 'asha', note: '' }}                    | ${400} | ${'invalid-request'}
    ${'closing before anybody'} | ${'close'}  | ${{ verdict: 'good', actor: 'asha', note: 'x' }}  | ${409} | ${'case-state'}
    ${'reopening what is open'} | ${'reopen'} | ${{ actor: 'asha', note: 'x' }}                   | ${409} | ${'case-state'}
  `('refuses $what', async ({ what, act, payload, status, code }) => {
    const { app } = current();
    const url = await reviewed(`pay refused ${String(what)}`);
    const refused = await post(app, `${url}/${String(act)}`, payload as object);
    expect([refused.statusCode, refused.json().code]).toEqual([status, code]);
  });

  it('answers 404 for a case and a decision that are not there', async () => {
    const { app } = current();
    expect((await app.inject('/v1/cases/case_0')).json()).toMatchObject({ code: 'case-not-found' });
    const note = await post(app, '/v1/cases/case_0/notes', { actor: 'asha', note: 'x' });
    expect([note.statusCode, note.json().code]).toEqual([404, 'case-not-found']);
    const opened = await post(app, '/v1/cases', { decisionId: 'dec_0', actor: 'asha', note: 'x' });
    expect(opened.json()).toMatchObject({ code: 'decision-not-found' });
    expect((await app.inject('/v1/cases?status=lost')).statusCode).toBe(400);
  });
});
