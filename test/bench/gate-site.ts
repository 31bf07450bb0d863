/**
 * A data folder as a running merchant has it, for as long as a benchmark needs it: an embedded PostgreSQL with rules and
 * long lists, history in the lake and a model in production. It is removed at the end, whatever happens.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { createCli } from '../../app/cli-io.js';
import type { Cli } from '../../app/cli-io.js';
import { openStores } from '../../app/stores.js';
import type { Stores } from '../../app/stores.js';
import { systemClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import type { Environment } from '../../core/config.js';
import { openPostgres } from '../../core/postgres.js';
import { seededRandom } from '../../core/random.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { appendFacts } from '../../ingest/append-facts.js';
import type { PaymentFact } from '../../ingest/facts.js';
import { makeChange } from '../../scoring/changes.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import { addVersion, setMode } from '../../scoring/rules/store.js';
import { LIST_ENTRIES, listedValue, MORE_RULES, warm } from './gate-scene.js';

export const PAYERS = 100_000;

interface GateSite {
  readonly cli: Cli;
  readonly pool: Pool;
  /** For programs that use the same folder and database. */
  readonly env: Environment;
}

export async function withGateSite<T>(work: (site: GateSite) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-bench-'));
  // Root runs PostgreSQL as another user, who must be able to pass.
  await chmod(dataDir, 0o755);
  const env = { PATH: systemEnvironment['PATH'], DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' };
  const cli = createCli({ env, clock: systemClock, terminal: process, json: () => true });
  try {
    const { pool, url, close } = await openPostgres({ dataDir, databaseUrl: null, log: cli.log });
    try {
      await prepare(cli);
      return await work({ cli, pool, env: { ...env, DATABASE_URL: url } });
    } finally {
      await close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** History in the lake, a model in production, more rules, long lists. */
async function prepare(cli: Cli): Promise<void> {
  const stores = await openStores(cli);
  try {
    const facts: PaymentFact[] = [];
    const { fold, model } = warm(seededRandom(1), PAYERS, systemClock.now(), (fact) => facts.push(fact));
    await appendFacts(stores.lake, { name: 'history', source: 'bench' }, facts);
    const { version } = await stores.registry.save({
      task: 'fraud',
      featureSetHash: fold.featureSetHash,
      model,
      policy: null,
      training: null,
      evaluation: { metrics: {}, baseline: {}, protocol: 'none' },
      intendedUse: 'to be measured',
    });
    await stores.registry.force('fraud', version, { actor: 'bench', reason: 'to be measured' });
    await addRulesAndLists(cli, stores);
  } finally {
    await stores.close();
  }
}

async function addRulesAndLists({ clock, log }: Cli, { pool }: Stores): Promise<void> {
  await openLiveRules({ pool, clock, log, featureNames: FEATURE_NAMES });
  await makeChange({ pool, clock }, { key: null, request: null }, async (client, at) => {
    const drafts = [];
    for (const { version: _version, mode: _mode, ...rule } of MORE_RULES)
      drafts.push(await addVersion(client, { ...rule, actor: 'bench', note: 'bench' }, at));
    await setMode(client, drafts, { mode: 'live', actor: 'bench', reason: 'bench', at });
    const entries = Array.from({ length: LIST_ENTRIES }, (_, i) => listedValue(i));
    await client.query(
      `INSERT INTO list_changes (change, kind, subject, value, overridable, reason, actor, at)
       SELECT 'add', 'block', subject, value, true, 'bench', 'bench', to_timestamp($3 / 1000.0)
       FROM unnest($1::text[], $2::text[]) AS entry(subject, value)`,
      [entries.map(({ subject }) => subject), entries.map(({ value }) => value), at],
    );
  });
}
