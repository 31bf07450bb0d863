import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Fact } from '../../../ingest/facts.js';
import type { SubscriptionEvent } from '../../../ingest/facts.js';
import { dayOf, DAY_MS, parseDay, startOfDay } from '../../../core/days.js';
import { openMerchant } from '../../../ingest/simulate/merchant.js';
import { drawSample, MEDIUM, SMALL } from './sample.js';

function digest(facts: Iterable<Fact>): string {
  const hash = createHash('sha256');
  for (const fact of facts) {
    hash.update(
      JSON.stringify(fact, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
  }
  return hash.digest('hex');
}

const sample = drawSample(MEDIUM, 7);

describe('a simulated merchant', () => {
  it('writes byte-identical facts for the same seed, and others for another seed', () => {
    const first = digest(openMerchant(SMALL, 1).history());
    expect(digest(openMerchant(SMALL, 1).history())).toBe(first);
    expect(digest(openMerchant(SMALL, 2).history())).not.toBe(first);
  });

  it('writes the same facts whether or not the truth is recorded', () => {
    const ignore = { payment: () => undefined, subscription: () => undefined };
    expect(digest(openMerchant(SMALL, 3, ignore).history())).toBe(digest(openMerchant(SMALL, 3).history()));
  });

  it('learns facts in the order of (knownAt, sequence), never before they happened', () => {
    let previous = { knownAt: -Infinity, sequence: -1 };
    let misplaced = 0;
    for (const fact of sample.facts) {
      const rises = fact.knownAt >= previous.knownAt && fact.sequence > previous.sequence;
      const whole = Number.isInteger(fact.knownAt) && Number.isInteger(fact.occurredAt);
      if (!rises || !whole || fact.occurredAt > fact.knownAt) misplaced++;
      previous = fact;
    }
    expect(misplaced).toBe(0);
  });

  it('stays within its history', () => {
    const endDay = parseDay(MEDIUM.endOn) ?? 0;
    const first = sample.facts[0]?.knownAt ?? 0;
    expect(first).toBeGreaterThanOrEqual(startOfDay(endDay) - 244 * DAY_MS);
    expect(sample.facts.at(-1)?.knownAt).toBeLessThan(startOfDay(endDay));
  });

  it('charges positive whole paise, in rupees', () => {
    const sums = sample.facts.flatMap((fact) => ('amountPaise' in fact && 'currency' in fact ? [fact] : []));
    expect(sums.every(({ amountPaise, currency }) => amountPaise > 0n && currency === 'INR')).toBe(true);
  });

  it('gives every payment, dispute and refund its own id, and every later fact a payment before it', () => {
    const ids = sample.payments.map(({ paymentId }) => paymentId);
    expect(new Set(ids).size).toBe(ids.length);
    const seen = new Set<string>();
    let orphans = 0;
    for (const fact of sample.facts) {
      if (fact.fact === 'payment') seen.add(fact.paymentId);
      else if ('paymentId' in fact && (fact.paymentId === null || !seen.has(fact.paymentId))) orphans++;
    }
    expect(orphans).toBe(0);
  });

  it('never refunds more than a payment brought', () => {
    const paid = new Map(sample.payments.map(({ paymentId, amountPaise }) => [paymentId, amountPaise]));
    const refunds = sample.facts.filter((fact) => fact.fact === 'refund');
    expect(refunds.length).toBeGreaterThan(10);
    expect(
      refunds.filter(({ paymentId, amountPaise }) => amountPaise > (paid.get(paymentId ?? '') ?? 0n)),
    ).toEqual([]);
  });

  it('names no person, card or mail address', () => {
    const { facts } = drawSample(SMALL, 1);
    const texts = facts.flatMap((fact) => Object.values(fact).filter((value) => typeof value === 'string'));
    const opaque = /^(?:[a-z]+_[a-z0-9]{14}|[a-z_]+|INR|IN|US|AE|GB|SG|(?:\d{1,3}\.){3}\d{1,3})$/;
    expect(texts.filter((text) => !opaque.test(text))).toEqual([]);
  });

  it('uses unroutable addresses only', () => {
    const addresses = sample.payments.flatMap(({ ip }) => (ip === null ? [] : [ip]));
    const unroutable = /^(?:10\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|198\.1[89]\.)/;
    expect(addresses.filter((ip) => !unroutable.test(ip))).toEqual([]);
  });

  it('continues after the history with the same families', () => {
    const merchant = openMerchant(SMALL, 1);
    const known = new Set(
      [...merchant.history()].flatMap((fact) => (fact.fact === 'payment' ? [fact.payerId] : [])),
    );
    const attempts = Array.from({ length: 5 }, () => merchant.nextDay().attempts).flat();
    expect(attempts.length).toBeGreaterThan(20);
    const old = attempts.filter(({ request }) => known.has(request.payerId));
    expect(old.length / attempts.length).toBeGreaterThan(0.8);
    expect(attempts.every(({ occurredAt }) => dayOf(occurredAt) >= merchant.endDay)).toBe(true);
  });
});

describe('subscriptions', () => {
  it('live from start to at most one end, and every event has its place', () => {
    const lives = new Map<string, string[]>();
    for (const { subscriptionId, event } of sample.subscriptions) {
      lives.set(subscriptionId, [...(lives.get(subscriptionId) ?? []), event]);
    }
    const grammar = /^started(?: (?:renewed|price_changed|paused|resumed))*(?: (?:cancelled|lapsed))?$/;
    const broken = [...lives.values()].filter((events) => !grammar.test(events.join(' ')));
    expect(broken).toEqual([]);
  });

  it('know every kind of event over a summer', () => {
    const { subscriptions } = drawSample({ months: 14, schools: 2, payers: 500, endOn: '2026-10-01' }, 2);
    const kinds: Record<SubscriptionEvent, true> = {
      started: true,
      renewed: true,
      price_changed: true,
      paused: true,
      resumed: true,
      cancelled: true,
      lapsed: true,
    };
    expect(new Set(subscriptions.map(({ event }) => event))).toEqual(new Set(Object.keys(kinds)));
  });

  it('end because of failed payments as well as by choice, at a few per cent a month', () => {
    const count = (event: string): number =>
      sample.subscriptions.filter((fact) => fact.event === event).length;
    expect(count('lapsed')).toBeGreaterThan(0.1 * count('cancelled'));
    expect(count('lapsed')).toBeLessThan(1.5 * count('cancelled'));
    const mean = sample.hazards.reduce((sum, hazard) => sum + hazard, 0) / sample.hazards.length;
    expect(mean).toBeGreaterThan(0.01);
    expect(mean).toBeLessThan(0.08);
    expect(Math.max(...sample.hazards)).toBeLessThan(1);
  });
});
