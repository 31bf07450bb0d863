import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { formatMoney } from '../../core/money.js';
import { html, markupOf } from '../../reporting/html.js';
import { at, label, payment, refund } from '../support/facts.js';
import { comparisonReport } from '../support/comparison-report.js';
import { driftReport } from '../support/drift-report.js';
import { guardrailCheck } from '../support/guardrail-check.js';
import { inspected, inspectedCase, MODEL, reportingSite } from '../support/reporting-site.js';
import type { TestWarehouse } from '../support/warehouse.js';
import { testWarehouse } from '../support/warehouse.js';

const HOSTILE = `<img src=x onerror="alert('1')">`;
const NOON = at('2026-03-02T06:30:00Z');
const RULES_ONLY = 'Rules only: no fraud labels have been imported, so no fraud model was trained';
const opened: { close(): Promise<unknown> }[] = [];

const facts = [
  payment({ paymentId: 'a', occurredAt: NOON, amountPaise: 12_34_567_89n, counterpartyId: HOSTILE }),
  payment({ paymentId: 'b', occurredAt: NOON, status: 'failed', failureReason: HOSTILE }),
  payment({ paymentId: 'c', payerId: 'payer_2', occurredAt: NOON - 86_400_000, currency: 'USD' }),
  refund({ refundId: 'r', occurredAt: NOON, amountPaise: 1_00n }),
];

const decision = inspected(
  {
    decisionId: 'dec_1',
    paymentId: HOSTILE,
    action: 'block',
    fraudProbability: 0.97,
    flagProbability: null,
    modelVersion: 'm',
    decidedAt: NOON,
  },
  4200n,
);

let warehouse: TestWarehouse;
let site: FastifyInstance;

async function page(url: string, app = site): Promise<string> {
  const response = await app.inject(url);
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
  return response.body;
}

function siteOf(given: Parameters<typeof reportingSite>[0]): FastifyInstance {
  const app = reportingSite(given);
  opened.push(app);
  return app;
}

beforeAll(async () => {
  warehouse = await testWarehouse(facts);
  await warehouse.build(NOON + 86_400_000);
  site = siteOf({ warehousePath: warehouse.path, decisions: [decision] });
});

afterAll(async () => {
  for (const app of opened) await app.close();
  await warehouse.remove();
});

describe('the overview', () => {
  it('shows exact totals in Indian grouping', async () => {
    const body = await page('/');
    for (const amount of [12_34_567_89n, 1_00n, 12_34_566_89n])
      expect(body).toContain(formatMoney(amount, 'INR'));
    expect(body).toContain('₹12,34,567.89');
  });

  it('escapes ids and reasons from outside', async () => {
    for (const url of ['/', '/decisions', '/decisions/dec_1']) {
      const body = await page(url);
      expect(body).not.toContain('<img');
      expect(body).toContain(markupOf(html`${HOSTILE}`).slice(0, 12));
    }
  });

  it('carries no inline script, style or event attribute', async () => {
    for (const url of ['/', '/decisions', '/decisions/dec_1', '/models']) {
      const body = await page(url);
      expect(body).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)/);
    }
  });

  it('keeps currencies apart and offers the others', async () => {
    const body = await page('/?currency=USD');
    expect(body).toContain('USD 100.00');
    expect(body).not.toContain('₹12,34');
    expect((await site.inject('/?currency=EUR')).json()).toEqual({ code: 'unknown-currency' });
    expect((await site.inject('/?days=31')).statusCode).toBe(400);
  });

  it('says that rules decide alone when nothing was ever labelled', async () => {
    const app = siteOf({ warehousePath: warehouse.path, productionModel: () => Promise.resolve(null) });
    expect((await page('/', app)).split(RULES_ONLY)).toHaveLength(3);
    expect(await page('/decisions', app)).toContain(RULES_ONLY);
    expect(await page('/models', app)).toContain(RULES_ONLY);
  });

  it('does not blame missing labels when there are some', async () => {
    const labelled = await testWarehouse([...facts, label({ paymentId: 'a', knownAt: NOON })]);
    await labelled.build(NOON + 86_400_000);
    const app = siteOf({ warehousePath: labelled.path, productionModel: () => Promise.resolve(null) });
    const body = await page('/', app);
    expect(body).not.toContain(RULES_ONLY);
    expect(body).toContain('no fraud model has been promoted');
    await labelled.remove();
  });

  it('says how each model came into production', async () => {
    const body = await page('/models');
    for (const how of ['Forced by one person', 'By its figures']) expect(body).toContain(how);
  });

  it('shows the model beside its baseline', async () => {
    const body = await page('/');
    for (const { name } of MODEL.metrics) expect(body).toContain(name);
    expect(body).toContain('0.701 – 0.779');
  });
});

describe('empty states', () => {
  it('a warehouse that is not built says how to build it, and starts to answer when it is', async () => {
    const empty = await testWarehouse([]);
    const app = siteOf({ warehousePath: empty.path });
    expect(await page('/', app)).toContain('The warehouse is not built yet');
    const summary = await app.inject('/v1/reports/summary');
    expect([summary.statusCode, summary.json()]).toEqual([503, { code: 'warehouse-not-built' }]);
    await empty.build(NOON);
    expect(await page('/', app)).toContain('No payments yet');
    expect((await app.inject('/v1/reports/daily')).json()).toMatchObject({ from: null, days: [] });
    await empty.remove();
  });
});

describe('decisions', () => {
  it('shows one with its reasons, payment, model and inputs', async () => {
    const body = await page('/decisions/dec_1');
    for (const text of [
      'Blocked',
      '97.0%',
      '₹42.00',
      MODEL.version,
      'Payers seen on the device',
      'hourIst',
    ]) {
      expect(body).toContain(text);
    }
  });

  it('answers 404 with a page for one that is not there', async () => {
    const response = await site.inject('/decisions/nobody');
    expect([response.statusCode, response.body]).toEqual([
      404,
      expect.stringContaining('Decision not found'),
    ]);
  });

  it('filters by action and pages through all of them', async () => {
    const many = Array.from({ length: 120 }, (_, index) => ({
      ...decision,
      decisionId: `dec_${index}`,
      action: index % 2 === 0 ? ('allow' as const) : ('review' as const),
    }));
    const app = siteOf({ warehousePath: warehouse.path, decisions: many });
    const first = await page('/decisions?action=review', app);
    expect(first.match(/href="\/decisions\/dec_/g)).toHaveLength(50);
    const next = /href="(\/decisions\?action=review&amp;before=dec_99)"/.exec(first)?.[1] ?? '';
    const second = await page(next.replace('&amp;', '&'), app);
    expect(second.match(/href="\/decisions\/dec_/g)).toHaveLength(10);
    expect(second).not.toContain('Older decisions');
    expect((await app.inject('/decisions?action=ban')).statusCode).toBe(400);
  });
});

describe('cases', () => {
  const found = inspectedCase(decision);

  it('shows one with its reasons, its payment, what was done and what the payer paid', async () => {
    const body = await page('/cases/case_1', siteOf({ warehousePath: warehouse.path, cases: [found] }));
    for (const text of [
      'Assigned',
      '97.0%',
      '₹42.00',
      'Payers seen on the device',
      'assign to ravi',
      'captured',
    ])
      expect(body).toContain(text);
    expect(body).toContain('&lt;b&gt;called&lt;/b&gt; the payer');
    expect(body).not.toMatch(/<b>|<img|<style|\sstyle=|<script(?![^>]*\ssrc=)/);
    expect(body).toContain('href="/decisions/dec_1"');
  });

  it('filters by status and pages through all of them', async () => {
    const cases = Array.from({ length: 120 }, (_, index) =>
      inspectedCase(
        { ...decision, decisionId: `dec_${index}` },
        index % 2 === 0 ? {} : { status: 'closed', verdict: 'fraud' },
      ),
    );
    const app = siteOf({ warehousePath: warehouse.path, cases });
    const first = await page('/cases?status=closed', app);
    expect(first.match(/href="\/cases\/case_/g)).toHaveLength(50);
    expect(first.match(/badge-block">Fraud/g)).toHaveLength(50);
    const next = /href="(\/cases\?status=closed&amp;before=case_99)"/.exec(first)?.[1] ?? '';
    const second = await page(next.replace('&amp;', '&'), app);
    expect(second.match(/href="\/cases\/case_/g)).toHaveLength(10);
    expect(second).not.toContain('Older cases');
    expect((await app.inject('/cases?status=lost')).statusCode).toBe(400);
  });

  it('says when there is none, and answers 404 for one that is not there', async () => {
    expect(await page('/cases')).toContain('No payment has been put before a person yet');
    expect(await page('/cases?status=open')).toContain('No case here: open');
    expect((await site.inject('/cases/nobody')).statusCode).toBe(404);
  });
});

describe('reports as JSON', () => {
  it('sum up a period in minor units', async () => {
    const response = await site.inject('/v1/reports/summary?from=2026-03-02&to=2026-03-02');
    expect(response.json()).toMatchObject({
      from: '2026-03-02',
      currency: 'INR',
      attempts: 2,
      captured: 1,
      capturedAmountPaise: 12_34_567_89,
      refundsAmountPaise: 1_00,
      netAmountPaise: 12_34_566_89,
      payers: 1,
      successRate: 0.5,
      asOf: '2026-03-03T06:30:00.000Z',
    });
  });

  it('list every day of a period, also those without payments', async () => {
    const { days } = (await site.inject('/v1/reports/daily?from=2026-02-28&to=2026-03-02')).json<{
      days: { day: string; attempts: number; successRate: number | null }[];
    }>();
    expect(days.map(({ day, attempts }) => [day, attempts])).toEqual([
      ['2026-02-28', 0],
      ['2026-03-01', 0],
      ['2026-03-02', 2],
    ]);
    expect(days[0]?.successRate).toBeNull();
  });

  it('refuse a period that ends before it begins', async () => {
    const response = await site.inject('/v1/reports/daily?from=2026-03-02&to=2026-03-01');
    expect(response.json()).toEqual({ code: 'empty-period' });
  });
});

describe('the watch', () => {
  it('says that nothing was watched yet, on its page and as a problem', async () => {
    expect(await page('/watch')).toContain('Nothing has been watched yet');
    const response = await site.inject('/v1/reports/drift');
    expect([response.statusCode, response.json()]).toEqual([503, { code: 'not-watched-yet' }]);
  });

  it('shows what moved, which way, and how frauds came beside those announced', async () => {
    const watched = siteOf({ warehousePath: warehouse.path, latestWatch: async () => driftReport() });
    const body = (await page('/watch', watched)).replace(/\s+/g, ' ');
    for (const text of ['Drifting', 'up, 74.0% exceed', 'more missing by 5.0%', '8 frauds came of 9.1'])
      expect(body).toContain(text);
    expect((await watched.inject('/v1/reports/drift')).json()).toEqual(driftReport());
  });

  it('says why no features are compared, and shows the rest', async () => {
    const notCompared = 'the model keeps no record <of> it';
    const report = driftReport({
      notCompared,
      features: [],
      leading: [],
      score: null,
      latency: null,
      days: [],
    });
    const body = await page(
      '/watch',
      siteOf({ warehousePath: warehouse.path, latestWatch: async () => report }),
    );
    expect(body).toContain('keeps no record &lt;of&gt; it');
    expect(body).toContain('Announced and observed frauds');
  });
});

describe('champion and challenger', () => {
  it('say that nothing was compared yet, on their page and as a problem', async () => {
    expect(await page('/models/comparison')).toContain('Nothing has been compared yet');
    const response = await site.inject('/v1/reports/challenger');
    expect([response.statusCode, response.json()]).toEqual([503, { code: 'not-compared-yet' }]);
    const models = await page('/models');
    expect(models).toContain('No model scores beside the one in production');
    expect(models).toContain('The guardrails have not looked yet');
  });

  it('are shown with money, metrics and their differences, and answered as JSON', async () => {
    const report = comparisonReport();
    const app = siteOf({ warehousePath: warehouse.path, latestComparison: async () => report });
    const body = (await page('/models/comparison', app)).replace(/\s+/g, ' ');
    for (const text of ['₹9,12,500.00', '19 · ₹7,40,000.00', '+0.0110 to +0.0930', '12,380 of 12,400 live'])
      expect(body).toContain(text);
    expect((await app.inject('/v1/reports/challenger')).json()).toEqual(report);
  });

  it('are not judged by a page while labels are missing', async () => {
    const labels = { ...comparisonReport().labels, notJudged: 'too <young>' };
    const report = comparisonReport({ labels, metrics: [], calibration: null, reliability: [] });
    const app = siteOf({ warehousePath: warehouse.path, latestComparison: async () => report });
    expect(await page('/models/comparison', app)).toContain('Not judged yet: too &lt;young&gt;.');
  });

  it('stand beside what the guardrails found and did', async () => {
    const app = siteOf({ warehousePath: warehouse.path, guardrails: async () => guardrailCheck() });
    const body = (await page('/models', app)).replace(/\s+/g, ' ');
    expect(body).toContain('role="alert"');
    expect(body).toContain('production is back at 41b09e77c3d8.');
    expect(body).toContain('would block 100 of 1000 decisions');
  });
});

describe('assets', () => {
  it('are served under the addresses that pages name, to be kept for ever', async () => {
    const body = await page('/');
    const urls = [...body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(urls).toHaveLength(4);
    for (const url of urls) {
      const { statusCode, headers } = await site.inject(url);
      expect([statusCode, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    expect((await site.inject('/assets/__proto__')).statusCode).toBe(404);
  });
});
