import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { capturePayment } from '../../billing/payments/capture.js';
import { refundPayment } from '../../billing/payments/refund.js';
import { createLog } from '../../core/log.js';
import { packageRoot } from '../../core/package-root.js';
import { openDesk } from '../support/payment-desk.js';
import type { Desk } from '../support/payment-desk.js';
import { listFiles } from '../support/sources.js';

/** A test number of a card network, put together so that this file does not hold it. */
const CARD = ['4100', '2800', '0000', '1007'].join('');

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
}, 60_000);
afterAll(() => desk.close());

/** Runs of 13 to 19 digits, alone or in groups, that begin as cards do and pass the Luhn check (ISO/IEC 7812-1). */
function cardNumbersIn(text: string): string[] {
  const runs = text.match(/(?<![\d.a-zA-Z_-])[2-6]\d{3}(?:[ -]?\d){9,15}(?!\.?\d|[a-zA-Z_])/g) ?? [];
  return runs.filter((run) => {
    const digits = [...run.replace(/\D/g, '')].reverse().map(Number);
    const sum = digits.reduce(
      (total, digit, i) => total + (i % 2 === 0 ? digit : (digit * 2) % 9 || (digit && 9)),
      0,
    );
    return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0;
  });
}

it('the scan knows a card number, in groups too, and nothing else', () => {
  expect(cardNumbersIn(`paid with ${CARD}, not ${CARD}.`)).toEqual([CARD, CARD]);
  expect(cardNumbersIn(`{"number":"${CARD.replace(/(.{4})(?=.)/g, '$1 ')}"}`)).toHaveLength(1);
  expect(cardNumbersIn('{"createdAt":1772424000000,"id":"4100280000001008"}')).toEqual([]);
});

it('no table and no log line holds the number of a card that was paid with', async () => {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    pretty: false,
    destination: new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
  });
  const payment = await desk.create({ capture: 'manual' }, 'key-1');
  // As a browser posts the double's form: the number is in the request and nowhere after it.
  await fetch(`${desk.double.url}/double/checkout`, {
    method: 'POST',
    body: new URLSearchParams({
      order_id: payment.orderId ?? '',
      method: 'card',
      number: CARD,
      outcome: 'success',
    }),
  });
  await desk.deliver();
  await capturePayment(desk, payment.paymentId);
  await refundPayment(desk, payment.paymentId, { reason: 'no reason' }, 'refund-1');
  await desk.settle();
  log.debug({ event: 'payment', payment: await desk.read(payment.paymentId) });
  expect((await desk.read(payment.paymentId)).status).toBe('refunded');
  const { rows: tables } = await desk.pool.query<{ name: string }>(
    `SELECT format('%I', table_name) AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const texts = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await desk.pool.query<{ text: string }>(
        `SELECT row_to_json(t)::text AS text FROM ${name} t`,
      );
      return rows.map(({ text }) => text).join('\n');
    }),
  );
  expect(texts.join('').length).toBeGreaterThan(1000);
  expect([...texts, ...lines].flatMap(cardNumbersIn)).toEqual([]);
});

it('no fixture holds a card number', () => {
  const root = packageRoot();
  const fixtures = listFiles(root).filter((file) => /^test\/(fixtures|contract)\//.test(file));
  expect(fixtures.flatMap((file) => cardNumbersIn(readFileSync(path.join(root, file), 'utf8')))).toEqual([]);
});
