import { describe, expect, it } from '@jest/globals';
import { canonicalValue } from '../../../scoring/lists/entry.js';

describe('a value on a list', () => {
  it.each`
    subject          | written          | canonical
    ${'payer'}       | ${'Payer-1'}     | ${'Payer-1'}
    ${'emailDomain'} | ${'Example.COM'} | ${'example.com'}
    ${'bin'}         | ${'41111111'}    | ${'41111111'}
    ${'country'}     | ${'IN'}          | ${'IN'}
    ${'ip'}          | ${'10.0.0.1/32'} | ${'10.0.0.1'}
  `('of $subject, $written, is kept as $canonical', ({ subject, written, canonical }) => {
    expect(canonicalValue(subject as 'payer', written as string)).toBe(canonical);
  });

  it.each`
    subject          | written                 | message
    ${'emailDomain'} | ${'parent@example.com'} | ${'the domain alone'}
    ${'emailDomain'} | ${'mailhost'}           | ${'must be a domain'}
    ${'emailDomain'} | ${'-a.test'}            | ${'must be a domain'}
    ${'bin'}         | ${'4111111111111111'}   | ${'never its number'}
    ${'country'}     | ${'India'}              | ${'two capital letters'}
  `('of $subject is refused without being repeated', ({ subject, written, message }) => {
    expect.assertions(2);
    try {
      canonicalValue(subject as 'payer', written as string);
    } catch (error) {
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).not.toContain(written);
    }
  });
});
