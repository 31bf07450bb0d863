import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIST_KINDS } from '../../../scoring/lists/entry.js';
import type { ListEntry } from '../../../scoring/lists/entry.js';
import { createListIndex } from '../../../scoring/lists/list-index.js';
import { toGateRequest } from '../../../scoring/request.js';
import type { DecisionBody } from '../../../scoring/request.js';
import { body } from '../world.js';

const ENTRY: ListEntry = {
  kind: 'block',
  subject: 'payer',
  value: 'payer-1',
  overridable: true,
  expiresAt: null,
  reason: 'chargebacks',
};

/** What a request meets on lists of these entries. */
function met(
  entries: readonly Partial<ListEntry>[],
  fields: Partial<DecisionBody> = {},
  atMs = 0,
  ipCountry: string | null = null,
) {
  const index = createListIndex();
  entries.forEach((entry, i) => index.apply({ changeId: i + 1, change: 'add', ...ENTRY, ...entry }));
  const { payment, signals } = toGateRequest(body('pay_1', fields));
  return index
    .find(payment, { ...signals, ipCountry }, atMs)
    .map(({ subject, value }) => `${subject} ${value}`);
}

describe('the lists in memory', () => {
  it.each`
    subject          | value               | fields
    ${'payer'}       | ${'payer-1'}        | ${{}}
    ${'instrument'}  | ${'token-1'}        | ${{}}
    ${'device'}      | ${'device-1'}       | ${{}}
    ${'ip'}          | ${'203.0.113.7'}    | ${{}}
    ${'ip'}          | ${'203.0.113.0/24'} | ${{}}
    ${'emailDomain'} | ${'mail.example'}   | ${{ emailDomain: 'Mail.Example' }}
    ${'bin'}         | ${'411111'}         | ${{ bin: '41111122' }}
    ${'bin'}         | ${'41111122'}       | ${{ bin: '41111122' }}
    ${'country'}     | ${'IN'}             | ${{}}
  `('find a request by its $subject $value', ({ subject, value, fields }) => {
    expect(met([{ subject, value } as Partial<ListEntry>], fields as Partial<DecisionBody>)).toEqual([
      `${subject} ${value}`,
    ]);
  });

  it('do not find a longer card range than the request has, nor another address', () => {
    expect(met([{ subject: 'bin', value: '41111122' }], { bin: '411111' })).toEqual([]);
    expect(met([{ subject: 'ip', value: '203.0.112.0/24' }])).toEqual([]);
  });

  it('take the country of the address before the one that the caller says', () => {
    const entries = [{ subject: 'country', value: 'IN' }] as const;
    expect(met(entries, { country: 'IN' }, 0, 'US')).toEqual([]);
    expect(met(entries, { country: 'US' }, 0, 'IN')).toEqual(['country IN']);
  });

  it('count an entry until before its expiry', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), fc.constantFrom(-1, 0, 1), (expiresAt, offset) => {
        expect(met([{ expiresAt }], {}, expiresAt + offset)).toHaveLength(offset < 0 ? 1 : 0);
      }),
    );
  });

  it('keep one block and one allow for a value: the newest of each', () => {
    const found = met([{ reason: 'a' }, { kind: 'allow', expiresAt: 9 }, { reason: 'b' }]);
    expect(found).toHaveLength(2);
  });

  it('are, after any changes, what a plain record of them says', () => {
    const change = fc.record({
      change: fc.constantFrom('add', 'remove'),
      kind: fc.constantFrom(...LIST_KINDS),
      place: fc.constantFrom(
        ['payer', 'payer-1'],
        ['ip', '203.0.113.0/25'],
        ['ip', '203.0.113.7'],
        ['device', 'd'],
      ),
      expiresAt: fc.option(fc.integer({ min: 0, max: 20 })),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.integer({ min: 0, max: 20 }), (changes, atMs) => {
        const index = createListIndex();
        const record = new Map<string, number | null>();
        changes.forEach(({ change: what, kind, place: [subject, value], expiresAt }, i) => {
          index.apply({
            changeId: i + 1,
            ...ENTRY,
            change: what,
            kind,
            subject,
            value,
            expiresAt,
          });
          const key = `${kind} ${subject} ${value}`;
          if (what === 'add') record.set(key, expiresAt);
          else record.delete(key);
        });
        const { payment, signals } = toGateRequest(body('pay_1', { deviceId: 'd' }));
        const found = index.find(payment, { ...signals, ipCountry: null }, atMs);
        const expected = [...record].filter(([, expiresAt]) => expiresAt === null || atMs < expiresAt);
        expect(found.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`).sort()).toEqual(
          expected.map(([key]) => key).sort(),
        );
      }),
    );
  });
});
