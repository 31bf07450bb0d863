/**
 * Requests of the past as rules see them. A replay speaks in numbers; this turns back into text what the conditions name,
 * and nothing else. E-mail domains and BINs are not in the lake: they come from the log of the gate's own decisions.
 */
import type { Pool } from 'pg';
import type { Duckdb } from '../../core/duckdb.js';
import type { Fold } from '../../features/fold.js';
import type { FoldState, NumberedRequest } from '../../features/fold-state.js';
import { ENTITIES } from '../../features/vocabulary.js';
import type { Entity } from '../../features/vocabulary.js';
import { METHODS, PAYMENT_KINDS } from '../../ingest/facts.js';
import type { CountryOf } from '../geo.js';
import type { Signals } from '../request.js';
import type { Subject } from './fields.js';

interface PastRequest {
  readonly pool: Pool;
  readonly countryOf: CountryOf;
  /** Fields that conditions name; the others may be left out. */
  readonly names: ReadonlySet<string>;
  /** SQL condition on a payment `p` of interest. */
  readonly wantedSql: string;
}

interface PastSubjects {
  /** The subject is the same object each time, with the vector as of `atMs`. */
  subject(state: FoldState, request: NumberedRequest, atMs: number, sequence: number): Subject;
  /** Fields that no request so far had and that the lake cannot tell. */
  neverKnown(): string[];
}

const ENTITY_FIELDS: Readonly<
  Record<Entity, { readonly names: readonly string[]; readonly column: string }>
> = {
  payer: { names: ['payerId'], column: 'payer_id' },
  instrument: { names: ['instrumentId'], column: 'instrument_id' },
  device: { names: ['deviceId'], column: 'device_id' },
  ip: { names: ['ip', 'ipCountry'], column: 'ip' },
  counterparty: { names: ['counterpartyId'], column: 'counterparty_id' },
};

const SIGNAL_FIELDS = ['emailDomain', 'bin', 'ipCountry'] as const;
const NO_SIGNALS: Signals = { emailDomain: null, bin: null, ipCountry: null };

/** Call before the replay: it numbers the entities first, in the same way. */
export async function openPastSubjects(db: Duckdb, fold: Fold, past: PastRequest): Promise<PastSubjects> {
  const entityNames = await namesOfEntities(db, fold, past.names);
  const texts = await textsBySequence(db, past);
  const signals = await signalsBySequence(db, past);
  const known = new Set<string>();
  const vector = new Float32Array(fold.featureNames.length);
  const nameOf = (request: NumberedRequest, entity: Entity): string | null => {
    const at = ENTITIES.indexOf(entity);
    return entityNames[at]?.[request.ids[at] ?? -1] ?? null;
  };
  return {
    subject: (state, request, atMs, sequence) => {
      state.read(request, atMs, vector);
      const ip = nameOf(request, 'ip');
      const logged = signals.get(sequence) ?? NO_SIGNALS;
      const ipCountry = logged.ipCountry ?? (ip === null ? null : countryOrNull(past.countryOf, ip));
      const seen = { ...logged, ipCountry };
      for (const name of SIGNAL_FIELDS) if (seen[name] !== null) known.add(name);
      return {
        vector,
        signals: seen,
        payment: {
          paymentId: '',
          kind: PAYMENT_KINDS[request.kind] ?? 'payment',
          retryOf: null,
          payerId: nameOf(request, 'payer') ?? '',
          counterpartyId: nameOf(request, 'counterparty'),
          instrumentId: nameOf(request, 'instrument'),
          deviceId: nameOf(request, 'device'),
          ip,
          method: METHODS[request.method] ?? null,
          category: texts.get(sequence)?.category ?? null,
          country: countryName(request.country),
          latitude: null,
          longitude: null,
          amountPaise: BigInt(request.amount),
          currency: texts.get(sequence)?.currency ?? 'INR',
        },
      };
    },
    neverKnown: () => SIGNAL_FIELDS.filter((name) => !known.has(name)),
  };
}

/** By the numbers that the fold gives; empty where no condition asks. */
async function namesOfEntities(db: Duckdb, fold: Fold, asked: ReadonlySet<string>): Promise<string[][]> {
  const all: string[][] = [];
  for (const entity of ENTITIES) {
    const { names, column } = ENTITY_FIELDS[entity];
    const byNumber: string[] = [];
    if (names.some((name) => asked.has(name))) {
      const rows = await db.connection.runAndReadAll(
        `SELECT DISTINCT ${column} FROM payments WHERE ${column} IS NOT NULL`,
      );
      for (const id of rows.getColumns()[0]?.map(String) ?? [])
        byNumber[fold.interners[entity].number(id)] = id;
    }
    all.push(byNumber);
  }
  return all;
}

interface Texts {
  readonly category: string | null;
  readonly currency: string;
}

/** Categories and currencies are few: payments share one object for each pair. */
async function textsBySequence(db: Duckdb, { names, wantedSql }: PastRequest): Promise<Map<number, Texts>> {
  // The model's costs are for INR alone, so a currency matters also where no condition names it.
  const onlyForeign = names.has('category') || names.has('currency') ? '' : `AND p.currency <> 'INR'`;
  const rows = await db.connection.runAndReadAll(
    `SELECT p.sequence, p.category, p.currency FROM payments p WHERE ${wantedSql} ${onlyForeign}`,
  );
  const [sequences = [], categories = [], currencies = []] = rows.getColumns();
  const shared = new Map<string, Texts>();
  const texts = new Map<number, Texts>();
  sequences.forEach((sequence, i) => {
    const category = categories[i] === null ? null : String(categories[i]);
    const currency = String(currencies[i]);
    const key = `${currency} ${category ?? ''}`;
    const pair = shared.get(key) ?? { category, currency };
    shared.set(key, pair);
    texts.set(Number(sequence), pair);
  });
  return texts;
}

/** What the gate logged, by the number that the payment has in the lake. */
async function signalsBySequence(
  db: Duckdb,
  { pool, names, wantedSql }: PastRequest,
): Promise<Map<number, Signals>> {
  const bySequence = new Map<number, Signals>();
  if (!SIGNAL_FIELDS.some((name) => names.has(name))) return bySequence;
  const { rows } = await pool.query<{ payment_id: string; signals: Signals }>(
    `SELECT payment_id, signals FROM decisions
     WHERE coalesce(signals->>'emailDomain', signals->>'bin', signals->>'ipCountry') IS NOT NULL`,
  );
  if (rows.length === 0) return bySequence;
  const byPayment = new Map(rows.map(({ payment_id: paymentId, signals }) => [paymentId, signals]));
  const found = await db.connection.runAndReadAll(
    `SELECT p.sequence, p.payment_id FROM payments p WHERE ${wantedSql}`,
  );
  const [sequences = [], paymentIds = []] = found.getColumns();
  sequences.forEach((sequence, i) => {
    const signals = byPayment.get(String(paymentIds[i]));
    if (signals !== undefined) bySequence.set(Number(sequence), signals);
  });
  return bySequence;
}

/** The letters behind the fold's code (features/fold.ts, `countryCode`). */
function countryName(code: number): string | null {
  if (Number.isNaN(code)) return null;
  return String.fromCharCode(65 + Math.floor(code / 26), 65 + (code % 26));
}

/** Imported addresses were never checked. */
function countryOrNull(countryOf: CountryOf, ip: string): string | null {
  try {
    return countryOf(ip);
  } catch {
    return null;
  }
}
