/**
 * Which addresses may be reached on the word of others: public ones. Everything that IANA's special-purpose registries set aside is not,
 * and an IPv4 address inside an IPv6 one counts as what it is.
 */
import { BlockList, isIP } from 'node:net';

/** Which private addresses may be reached: none, this machine's own (tests), or all (a closed network). */
export type PrivateAddresses = 'none' | 'loopback' | 'all';

/** IANA's special-purpose address registries: nothing there is a public server. */
const SPECIAL: readonly (readonly [address: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

const special = new BlockList();
for (const [address, bits] of SPECIAL)
  special.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** @returns why the address may not be reached, or null. IPv4 inside IPv6 counts as what it is. */
export function refusalOf(address: string, allowed: PrivateAddresses): string | null {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (allowed === 'all' || (allowed === 'loopback' && loopback.check(address, family))) return null;
  return special.check(address, family) ? 'it stands for an address that is not public' : null;
}
