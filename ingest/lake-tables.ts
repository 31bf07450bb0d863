/**
 * The columns of the lake's tables: each kind of fact's fields in snake_case with their SQL types, in file order.
 * Instants are TIMESTAMP in UTC, money is BIGINT minor units. The last three columns are every table's clock:
 * rows are ordered by (known_at, sequence), and no two rows of the lake share a sequence.
 */
import type { LakeTable } from './facts.js';

const CLOCK = { sequence: 'BIGINT', occurred_at: 'TIMESTAMP', known_at: 'TIMESTAMP' } as const;

export type ColumnType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP';

export const LAKE_COLUMNS: Readonly<Record<LakeTable, Readonly<Record<string, ColumnType>>>> = {
  payments: {
    payment_id: 'VARCHAR',
    kind: 'VARCHAR',
    retry_of: 'VARCHAR',
    payer_id: 'VARCHAR',
    counterparty_id: 'VARCHAR',
    instrument_id: 'VARCHAR',
    device_id: 'VARCHAR',
    ip: 'VARCHAR',
    method: 'VARCHAR',
    category: 'VARCHAR',
    country: 'VARCHAR',
    latitude: 'DOUBLE',
    longitude: 'DOUBLE',
    amount_paise: 'BIGINT',
    currency: 'VARCHAR',
    status: 'VARCHAR',
    failure_reason: 'VARCHAR',
    ...CLOCK,
  },
  outcomes: { payment_id: 'VARCHAR', status: 'VARCHAR', failure_reason: 'VARCHAR', ...CLOCK },
  labels: { payment_id: 'VARCHAR', fraud: 'BOOLEAN', source: 'VARCHAR', ...CLOCK },
  refunds: {
    refund_id: 'VARCHAR',
    payment_id: 'VARCHAR',
    payer_id: 'VARCHAR',
    counterparty_id: 'VARCHAR',
    amount_paise: 'BIGINT',
    currency: 'VARCHAR',
    ...CLOCK,
  },
  disputes: {
    dispute_id: 'VARCHAR',
    payment_id: 'VARCHAR',
    amount_paise: 'BIGINT',
    currency: 'VARCHAR',
    reason: 'VARCHAR',
    status: 'VARCHAR',
    ...CLOCK,
  },
  subscription_events: {
    subscription_id: 'VARCHAR',
    payer_id: 'VARCHAR',
    counterparty_id: 'VARCHAR',
    plan_id: 'VARCHAR',
    event: 'VARCHAR',
    amount_paise: 'BIGINT',
    currency: 'VARCHAR',
    ...CLOCK,
  },
  attempts: {
    attempt_id: 'VARCHAR',
    payment_id: 'VARCHAR',
    order_id: 'VARCHAR',
    status: 'VARCHAR',
    is_captured: 'BOOLEAN',
    method: 'VARCHAR',
    bank: 'VARCHAR',
    wallet: 'VARCHAR',
    failure_reason: 'VARCHAR',
    amount_paise: 'BIGINT',
    fee_paise: 'BIGINT',
    tax_paise: 'BIGINT',
    currency: 'VARCHAR',
    ...CLOCK,
  },
  settlements: {
    settlement_id: 'VARCHAR',
    status: 'VARCHAR',
    amount_paise: 'BIGINT',
    fees_paise: 'BIGINT',
    tax_paise: 'BIGINT',
    utr: 'VARCHAR',
    ...CLOCK,
  },
};

export const LAKE_TABLE_NAMES = Object.keys(LAKE_COLUMNS) as LakeTable[];

/** How far apart the first sequences of two batches are: a batch has at most this many rows. */
export const SEQUENCES_PER_BATCH = 2 ** 32;
