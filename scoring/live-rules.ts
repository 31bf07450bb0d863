/**
 * The rules and lists that the gate uses, in memory, and how they follow the database: by asking for the newest numbers every
 * second, which every process does for itself, also behind a connection pooler that knows no LISTEN. What changed is read
 * in one query or a few pages; while the database cannot be reached, what was read last stays in effect.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { makeChange } from './changes.js';
import { createListIndex } from './lists/list-index.js';
import type { ListIndex } from './lists/list-index.js';
import { changesAfter } from './lists/store.js';
import { DEFAULT_RULES } from './rules/defaults.js';
import { compileRuleSet } from './rules/rule-set.js';
import type { RuleSet } from './rules/rule-set.js';
import { activeRules, addVersion, findRules, setMode } from './rules/store.js';

export interface LiveRules {
  ruleSet(): RuleSet;
  lists(): ListIndex;
  /** Takes up what has changed. Runs are one after the other; rejects when the database cannot be read. */
  refresh(): Promise<void>;
}

interface LiveRulesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly featureNames: readonly string[];
}

/** Changes a query: about 3 MB, some ten milliseconds of applying. */
const PAGE = 10_000;

/** A database without rules gets the default ones first. */
export async function openLiveRules({ pool, clock, log, featureNames }: LiveRulesDeps): Promise<LiveRules> {
  await seedDefaultRules(pool, clock);
  const lists = createListIndex();
  let ruleSet = compileRuleSet([], featureNames);
  let ruleChange = -1;

  async function refreshOnce(): Promise<void> {
    const newest = await newestChanges(pool);
    if (newest.rules !== ruleChange) {
      ruleSet = compileRuleSet(await activeRules(pool, newest.rules), featureNames);
      ruleChange = newest.rules;
      for (const rule of ruleSet.unusable) log.error({ event: 'rule-unusable', ...rule });
    }
    while (lists.version() < newest.lists)
      for (const change of await changesAfter(pool, lists.version(), PAGE)) lists.apply(change);
  }

  let last: Promise<void> = Promise.resolve();
  const refresh = (): Promise<void> => {
    last = last.catch(() => undefined).then(refreshOnce);
    return last;
  };
  await refresh();
  return { ruleSet: () => ruleSet, lists: () => lists, refresh };
}

async function newestChanges(pool: Pool): Promise<{ rules: number; lists: number }> {
  const { rows } = await pool.query<{ rules: bigint; lists: bigint }>({
    name: 'newest-changes',
    text: `SELECT (SELECT coalesce(max(change_id), 0) FROM rule_modes) AS rules,
                  (SELECT coalesce(max(change_id), 0) FROM list_changes) AS lists`,
  });
  return { rules: Number(rows[0]?.rules ?? 0), lists: Number(rows[0]?.lists ?? 0) };
}

async function seedDefaultRules(pool: Pool, clock: Clock): Promise<void> {
  if ((await findRules(pool, {})).length > 0) return;
  const actor = 'hasivu';
  await makeChange({ pool, clock }, { key: null, request: null }, async (client, at) => {
    if ((await findRules(client, {})).length > 0) return;
    const drafts = [];
    for (const { version: _version, mode: _mode, ...rule } of DEFAULT_RULES)
      drafts.push(await addVersion(client, { ...rule, actor, note: 'came with the program' }, at));
    await setMode(client, drafts, {
      mode: 'live',
      actor,
      reason: 'the rules that a new database begins with',
      at,
    });
  });
}
