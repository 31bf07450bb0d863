/**
 * Where an IP address is, by a database in MaxMind's format (MMDB 2.0) that the user supplies: GeoLite2, DB-IP, IP2Location
 * and others come in it. The country alone is read. Without a file every address is unknown, and nothing depends on it.
 */
import { readFile } from 'node:fs/promises';
import { Reader } from 'mmdb-lib';
import { AppError } from '../core/errors.js';

/** ISO 3166 alpha-2, or null when nobody knows. Expects a valid address. */
export type CountryOf = (ip: string) => string | null;

/** About a hundred bytes each; the records of a country file are a few hundred in all. */
const CACHED_RECORDS = 50_000;

/** @throws AppError `bad-input` for a file that cannot be read or is of another format. */
export async function openGeo(file: string | null): Promise<CountryOf> {
  if (file === null) return () => null;
  const reader = await openReader(file);
  const onlyIpv4 = reader.metadata.ipVersion === 4;
  return (ip) => {
    const address = ip.replace(/^::ffff:(?=[\d.]+$)/i, '');
    if (onlyIpv4 && address.includes(':')) return null;
    const record: unknown = reader.get(address);
    return countryIn(record, 'country') ?? countryIn(record, 'registered_country');
  };
}

async function openReader(file: string): Promise<Reader<never>> {
  try {
    return new Reader<never>(await readFile(file), { cache: boundedCache() });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause);
    const message = `cannot read the geolocation file ${file} (${reason}): GEOIP_FILE names a .mmdb file, or nothing`;
    throw new AppError('bad-input', 'geoip-unreadable', message, { cause });
  }
}

/** Decoded records by their place; emptied when full, since records are shared by many addresses. */
function boundedCache() {
  const records = new Map<string | number, unknown>();
  return {
    get: (key: string | number): unknown => records.get(key),
    set: (key: string | number, value: unknown): void => {
      if (records.size >= CACHED_RECORDS) records.clear();
      records.set(key, value);
    },
  };
}

/** `country` may be an object with an `iso_code`, as MaxMind writes it, or the code itself. */
function countryIn(record: unknown, name: string): string | null {
  if (typeof record !== 'object' || record === null) return null;
  const country: unknown = (record as Record<string, unknown>)[name];
  const code: unknown =
    typeof country === 'object' && country !== null
      ? (country as Record<string, unknown>)['iso_code']
      : country;
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : null;
}
