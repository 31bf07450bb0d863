import { BlockList } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalRange, createRangeTable } from '../../../scoring/lists/addresses.js';

describe('a range', () => {
  it.each`
    written                     | canonical
    ${'203.0.113.7'}            | ${'203.0.113.7'}
    ${'203.0.113.7/32'}         | ${'203.0.113.7'}
    ${'203.0.113.0/24'}         | ${'203.0.113.0/24'}
    ${'0.0.0.0/0'}              | ${'0.0.0.0/0'}
    ${'10.8.0.0/13'}            | ${'10.8.0.0/13'}
    ${'2001:DB8::'}             | ${'2001:db8:0:0:0:0:0:0'}
    ${'2001:db8::/32'}          | ${'2001:db8:0:0:0:0:0:0/32'}
    ${'::/0'}                   | ${'0:0:0:0:0:0:0:0/0'}
    ${'::ffff:203.0.113.7'}     | ${'203.0.113.7'}
    ${'::FFFF:cb00:7107'}       | ${'203.0.113.7'}
    ${'::ffff:203.0.113.0/120'} | ${'203.0.113.0/24'}
    ${'64:ff9b::192.0.2.1'}     | ${'64:ff9b:0:0:0:0:c000:201'}
  `('$written is $canonical', ({ written, canonical }) => {
    expect(canonicalRange(written as string)).toBe(canonical);
    expect(canonicalRange(canonical as string)).toBe(canonical);
  });

  it.each`
    written               | message
    ${'203.0.113'}        | ${'must be an IPv4 or IPv6 address'}
    ${'203.0.113.300'}    | ${'must be an IPv4 or IPv6 address'}
    ${'fe80::1%eth0'}     | ${'must be an IPv4 or IPv6 address'}
    ${'10.0.0.0/8/8'}     | ${'must be an IPv4 or IPv6 address'}
    ${'10.0.0.0/33'}      | ${'at most 32 bits'}
    ${'10.0.0.0/'}        | ${'at most 32 bits'}
    ${'10.0.0.0/-1'}      | ${'at most 32 bits'}
    ${'::/129'}           | ${'at most 128 bits'}
    ${'::ffff:1.2.3.4/8'} | ${'at most 128 bits'}
    ${'203.0.113.7/24'}   | ${'write 203.0.113.0/24 for the whole range'}
    ${'2001:db8::1/32'}   | ${'write 2001:db8:0:0:0:0:0:0/32 for the whole range'}
  `('$written is refused', ({ written, message }) => {
    expect(() => canonicalRange(written as string)).toThrow(message);
  });
});

/** Few distinct values, so that ranges nest and addresses fall into them. */
const octet = fc.constantFrom(0, 1, 127, 128, 255);
const ipv4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const group = fc.constantFrom('0', '1', '7fff', '8000', 'ffff', 'DB8', 'db8');
const ipv6 = fc
  .tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.boolean())
  .map(([groups, short]) => (short ? `${groups.slice(0, 3).join(':')}::${groups[7]}` : groups.join(':')))
  .filter((address) => !/^0:0:0:0:0:ffff:/i.test(address));
const address = fc.oneof(ipv4, ipv6);

const family = (ip: string) => (ip.includes(':') ? 'ipv6' : 'ipv4');

interface Written {
  readonly ip: string;
  readonly length: number;
  /** With the bits after the prefix set to zero. */
  readonly range: string;
}

const range: fc.Arbitrary<Written> = address.chain((ip) =>
  fc
    .integer({ min: 0, max: ip.includes(':') ? 128 : 32 })
    .map((length) => ({ ip, length, range: masked(ip, length) })),
);

/** What the error message proposes is the range. */
function masked(ip: string, length: number): string {
  try {
    return canonicalRange(`${ip}/${length}`);
  } catch (error) {
    return canonicalRange(/write (\S+)/.exec((error as Error).message)?.[1] ?? '');
  }
}

describe('the table of ranges', () => {
  it('finds exactly the ranges that node:net says hold the address, the narrowest first', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), address, (ranges, ip) => {
        const table = createRangeTable<Written>();
        for (const written of ranges) table.set(written.range, written);
        const kept = [...new Map(ranges.map((written) => [written.range, written])).values()];
        const expected = kept.filter(({ ip: net, length }) => {
          const list = new BlockList();
          list.addSubnet(net, length, family(net));
          return family(net) === family(ip) && list.check(ip, family(ip));
        });
        const found = table.around(ip);
        expect(new Set(found)).toEqual(new Set(expected));
        expect(found.map(({ length }) => length)).toEqual(
          expected.map(({ length }) => length).sort((a, b) => b - a),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('finds an IPv4 address inside IPv6 in the ranges of IPv4', () => {
    const table = createRangeTable<string>();
    table.set('203.0.113.0/24', 'net');
    expect(table.around('::ffff:203.0.113.9')).toEqual(['net']);
    expect(table.around('::ffff:cb00:7109')).toEqual(['net']);
  });

  it('forgets what was deleted', () => {
    fc.assert(
      fc.property(range, address, (written, ip) => {
        const table = createRangeTable<number>();
        table.set(written.range, 1);
        expect(table.get(written.range)).toBe(1);
        table.delete(written.range);
        expect(table.get(written.range)).toBeUndefined();
        expect(table.around(ip)).toEqual([]);
      }),
    );
  });
});
