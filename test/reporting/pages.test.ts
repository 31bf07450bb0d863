/** The pages in a real browser, under the strictest content security policy. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { comparisonReport } from '../support/comparison-report.js';
import { driftReport } from '../support/drift-report.js';
import { forecastReport } from '../support/forecast-report.js';
import { guardrailCheck } from '../support/guardrail-check.js';
import { paymentHistory } from '../support/payment-history.js';
import { CHALLENGER } from '../support/shadow-log.js';
import { reconciliationOverview } from '../support/reconciliation-overview.js';
import { subscriptionReport } from '../support/subscription-report.js';
import { inspected, inspectedCase, reportingSite } from '../support/reporting-site.js';
import { describeIf, hasProgram } from '../support/skip.js';
import type { TestWarehouse } from '../support/warehouse.js';
import { testWarehouse } from '../support/warehouse.js';

const PAGES = [
  '/',
  '/?days=all',
  '/payments',
  '/decisions',
  '/decisions/DECISION',
  '/cases',
  '/cases/CASE',
  '/models',
  '/models/comparison',
  '/watch',
  '/forecast',
  '/reconciliation',
  '/subscriptions',
  '/dunning',
];
/** Drawings of each page; none elsewhere. */
const CHARTS: Readonly<Record<string, number>> = {
  '/': 4,
  '/payments': 2,
  '/watch': 5,
  '/forecast': 2,
  '/subscriptions': 1,
  '/models/comparison': 3,
};
/** Lowest contrast of a text with the background behind it, and that text (WCAG 2.2, relative luminance). */
const LOWEST_CONTRAST = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let lowest = { contrast: 21, text: '' };
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '') continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < lowest.contrast) lowest = { contrast, text };
  }
  return lowest;
})()`;

/** How many charts have something drawn on them. */
const DRAWN = `[...document.querySelectorAll('canvas')].filter((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 8;
}).length`;

describeIf(hasProgram('chromium'), 'chromium is not installed', 'the pages in a browser', () => {
  let browser: Browser;
  let warehouse: TestWarehouse;
  let site: FastifyInstance;
  let address: string;
  let blocked: string;
  const complaints: string[] = [];

  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await browser.newPage({ reducedMotion: 'reduce', locale: 'en-IN', ...options });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(
      address + url.replace('DECISION', blocked).replace('CASE', blocked.replace('dec_', 'case_')),
      { waitUntil: 'load' },
    );
    return page;
  }

  beforeAll(async () => {
    const { facts, decisions, endsAt } = paymentHistory({ seed: 3, days: 120 });
    warehouse = await testWarehouse(facts);
    await warehouse.build(endsAt, decisions);
    const newest = [...decisions]
      .sort((a, b) => b.decidedAt - a.decidedAt)
      .map((one) => inspected(one, 1_250_00n));
    blocked = newest.find(({ action }) => action === 'block')?.decisionId ?? '';
    site = reportingSite({
      warehousePath: warehouse.path,
      decisions: newest,
      cases: newest.map((one) => inspectedCase(one)),
      challenge: async () => ({
        challengeId: 1,
        task: 'fraud',
        version: CHALLENGER,
        actor: 'asha',
        reason: 'the one with device features',
        at: endsAt,
      }),
      latestComparison: async () => comparisonReport(),
      guardrails: async () => guardrailCheck(),
      latestWatch: async () => driftReport(),
      latestForecast: async () => forecastReport(),
      reconciliation: async () => reconciliationOverview(),
      subscriptions: async () => subscriptionReport(),
      watchedDays: async () => [
        { day: '2026-03-08', maxPsi: 0.31, drifting: 1 },
        { day: '2026-03-09', maxPsi: 0.42, drifting: 1 },
      ],
    });
    address = await site.listen({ port: 0, host: '127.0.0.1' });
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    await warehouse.remove();
  });

  it('draws every chart and complains about nothing on any page', async () => {
    for (const url of PAGES) {
      const page = await open(url);
      expect([url, await page.evaluate(DRAWN)]).toEqual([url, CHARTS[url.split('?', 1)[0] ?? ''] ?? 0]);
      await page.close();
    }
    expect(complaints).toEqual([]);
  });

  it('shows the numbers without JavaScript, and hides the empty drawings', async () => {
    const page = await open('/?days=30', { javaScriptEnabled: false });
    for (const name of ['Revenue per day', 'Payments per day', 'Success rate', 'Fraud caught, by week']) {
      const table = page.getByRole('table', { name });
      expect(await table.isVisible()).toBe(true);
      expect((await table.boundingBox())?.height).toBeGreaterThan(100);
    }
    expect(await page.locator('canvas').first().isVisible()).toBe(false);
    expect(await page.locator('[data-toggle]').first().isVisible()).toBe(false);
    await page.close();
  });

  it('keeps the numbers for screen readers beside each drawing, and shows them on demand', async () => {
    const page = await open('/?days=30');
    const table = page.getByRole('table', { name: 'Revenue per day' });
    expect(await table.count()).toBe(1);
    await page.getByRole('button', { name: 'Numbers of Revenue per day' }).click();
    expect((await page.locator('#revenue-table').boundingBox())?.height).toBeGreaterThan(100);
    expect(await page.getByRole('img', { name: /captured in all/ }).count()).toBe(1);
    await page.close();
  });

  it('takes the keyboard to the content, the sections, the periods, the numbers and the decisions', async () => {
    const page = await open('/');
    const reached: string[] = [];
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      reached.push(
        String(await page.evaluate(`document.activeElement.textContent.trim().replace(/\\s+/g, ' ')`)),
      );
    }
    expect(reached[0]).toBe('Skip to content');
    for (const control of [
      'Overview',
      'Decisions',
      'Models',
      '30 days',
      'All',
      'Numbers of Revenue per day',
      'All decisions',
    ]) {
      expect(reached).toContain(control);
    }
    const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`);
    expect(outline).toBe('solid');
    await page.close();
  });

  it('names every control, region, table and picture', async () => {
    for (const url of PAGES) {
      const page = await open(url);
      const landmarks = ['banner', 'navigation', 'main', 'contentinfo'] as const;
      for (const role of landmarks) expect(await page.getByRole(role).count()).toBeGreaterThan(0);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      for (const role of ['link', 'button', 'region', 'table', 'img'] as const) {
        const all = await page.getByRole(role).count();
        expect([role, url, await page.getByRole(role, { name: /\S/ }).count()]).toEqual([role, url, all]);
      }
      await page.close();
    }
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it('gives every text a contrast of at least 4.5 to 1', async () => {
      for (const url of PAGES) {
        const page = await open(url, { colorScheme });
        const { contrast, text } = await page.evaluate<{ contrast: number; text: string }>(LOWEST_CONTRAST);
        expect({ url, text, enough: contrast >= 4.5 }).toEqual({ url, text, enough: true });
        await page.close();
      }
    });
  });

  it('fits a telephone of 390 pixels without scrolling sideways', async () => {
    for (const url of PAGES) {
      const page = await open(url, { viewport: { width: 390, height: 844 } });
      expect([url, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([url, 390]);
      await page.close();
    }
  });
});
