import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { declineCause } from '../../core/decline-reasons.js';
import { describeIfShared } from '../support/skip.js';

describe('the cause of a decline', () => {
  it.each([
    ['insufficient_funds', {}, 'funds', 'schedule'],
    ['gateway_technical_error', {}, 'technical', 'backoff'],
    ['transaction_daily_limit_exceeded', {}, 'limit', 'next-day'],
    ['card_expired', {}, 'instrument', 'never'],
    ['mandate_cancelled', {}, 'mandate', 'never'],
    ['payment_risk_check_failed', {}, 'risk', 'never'],
    ['order_already_paid', {}, 'merchant', 'never'],
    ['payment_pending', {}, 'pending', 'never'],
    ['upi_dummy_payment', {}, 'none', 'never'],
    ['a_reason_of_tomorrow', {}, 'undisclosed', 'next-day'],
    ['payment_timed_out', {}, 'payer-action', 'never'],
    ['payment_timed_out', { isRecurring: true }, 'technical', 'schedule'],
    ['payment_cancelled', { isRecurring: true, method: 'card' }, 'payer-action', 'never'],
    ['payment_cancelled', { isRecurring: true, method: 'emandate' }, 'mandate', 'never'],
    ['debit_declined', { isRecurring: true, method: 'upi' }, 'mandate', 'never'],
    ['debit_declined', { method: 'upi' }, 'undisclosed', 'next-day'],
  ] as const)('%s %p is %s, repeated %s', (reason, context, expected, autoRetry) => {
    expect(declineCause(reason, context)).toMatchObject({ class: expected, autoRetry });
  });

  it('always has words for the payer, never a code', () => {
    for (const reason of ['insufficient_funds', 'invalid_vpa', 'a_reason_of_tomorrow'])
      expect(declineCause(reason).advice).toMatch(/^[A-Z][^_]+\.$/);
  });
});

describeIfShared('razorpay.md', 'every documented reason', (file) => {
  it('is known', () => {
    const section = /## 5\..*?### 5\.1/s.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
    const rows = section
      .split('\n')
      .filter((line) => /^\| [a-zA-Z_]+[,. |(]/.test(line) && !/^\| Reason/.test(line));
    const reasons = rows.flatMap((row) => row.split('|')[1]?.match(/\b[a-z]+_[a-z_]+\b/g) ?? []);
    expect(reasons.length).toBeGreaterThan(120);
    const unknown = reasons.filter(
      (reason) => declineCause(reason).source === 'gateway' && declineCause(reason).class === 'undisclosed',
    );
    // Parts of abbreviated names in the table.
    expect(unknown.filter((reason) => !reason.startsWith('_'))).toEqual([]);
  });
});
