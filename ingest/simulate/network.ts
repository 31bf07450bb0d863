/**
 * IP addresses. All are unroutable, so none is anybody's: 10/8 stands for home and office lines, 100.64/10 (RFC 6598)
 * for mobile carriers whose NAT puts many subscribers behind one address, 198.18/15 (RFC 2544) for VPN exits.
 */
import type { Random } from '../../core/random.js';
import { between, pick } from './chance.js';

export interface Network {
  /** Carrier addresses of each state's region, shared by honest payers and fraudsters alike. */
  readonly mobile: ReadonlyMap<string, readonly string[]>;
  readonly vpn: readonly string[];
}

/** Subscribers of ours behind one carrier address. */
const PAYERS_A_MOBILE_ADDRESS = 25;
const VPN_EXITS = 40;

const byte = (random: Random): number => between(random, 1, 254);

export function homeAddress(random: Random): string {
  return `10.${byte(random)}.${byte(random)}.${byte(random)}`;
}

export function createNetwork(random: Random, stateCodes: readonly string[], payers: number): Network {
  const size = Math.max(4, Math.round(payers / stateCodes.length / PAYERS_A_MOBILE_ADDRESS));
  const carrier = (): string => `100.${between(random, 64, 127)}.${byte(random)}.${byte(random)}`;
  return {
    mobile: new Map(stateCodes.map((code) => [code, Array.from({ length: size }, carrier)])),
    vpn: Array.from(
      { length: VPN_EXITS },
      () => `198.${between(random, 18, 19)}.${byte(random)}.${byte(random)}`,
    ),
  };
}

export function mobileAddress(random: Random, network: Network, stateCode: string): string {
  return pick(random, network.mobile.get(stateCode) ?? network.vpn);
}
