import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../core/log.js';

function logged(fields: object): string {
  let text = '';
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => (text += line) } });
  log.info(fields, 'an event');
  return text;
}

describe('the log', () => {
  it.each([
    { contact: '+91 00000 00000' },
    { email: 'parent@example.com' },
    { payment: { vpa: 'parent@examplebank' } },
    { body: { card: { number: '4111' } } },
    { request: { headers: { authorization: 'Basic abc' } } },
    { razorpay: { keySecret: 'abc' } },
  ])('keeps %j out', (fields) => {
    expect(logged(fields)).toContain('[redacted]');
    expect(logged(fields)).not.toMatch(/00000|example|4111|abc/);
  });

  it('writes one JSON object a line, with what is not secret', () => {
    expect(JSON.parse(logged({ event: 'decided', paymentId: 'pay_1' }))).toMatchObject({
      level: 'info',
      event: 'decided',
      paymentId: 'pay_1',
      msg: 'an event',
    });
  });
});
