import { describe, expect, it } from '@jest/globals';
import { checkoutMessage, isSigned, paymentLinkMessage, sign } from '../../core/signature.js';

const BODY = Buffer.from('{"entity":"event","event":"payment.captured"}');
const SIGNED = '14026b4f55f7195cf5fabf2ce57f1344fa969faf1d2cb4352740beb936dd5c18';

describe('a signature', () => {
  it('is accepted for the current and the previous secret, over the exact bytes', () => {
    expect(sign(BODY, 'whsec_test')).toBe(SIGNED);
    expect(isSigned(BODY, SIGNED, ['whsec_test'])).toBe(true);
    expect(isSigned(BODY, SIGNED, ['whsec_new', 'whsec_test'])).toBe(true);
    expect(isSigned(Buffer.concat([BODY, Buffer.from('\n')]), SIGNED, ['whsec_test'])).toBe(false);
  });

  it.each([
    [undefined],
    [''],
    [SIGNED.toUpperCase()],
    [SIGNED.slice(1)],
    [`${SIGNED}0`],
    [[SIGNED]],
    ['g'.repeat(64)],
    ['0'.repeat(64)],
  ])('is refused when it is %p', (signature) => {
    expect(isSigned(BODY, signature, ['whsec_test'])).toBe(false);
  });

  it('is refused without secrets', () => {
    expect(isSigned(BODY, SIGNED, [])).toBe(false);
  });

  it('of checkout joins order and payment, of a link its four parts', () => {
    expect(sign(checkoutMessage('order_ABC', 'pay_XYZ'), 'key_secret_test')).toBe(
      '482a6b2bd480b29b51a464283d157fa3a0c2b7f265f653ea2449571681163ace',
    );
    const answer = { linkId: 'plink_A', reference: 'ref1', status: 'paid', paymentId: 'pay_XYZ' };
    expect(sign(paymentLinkMessage(answer), 'key_secret_test')).toBe(
      '2553115c3566c99f2d4b81052d191d086eb7d20eb55fa3be12f9be3f3e2f5be0',
    );
  });
});
