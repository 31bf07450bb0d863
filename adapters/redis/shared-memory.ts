/**
 * The shared memory in one Redis (or Valkey) shard: a space is a key prefix with a hash tag, a change is one Lua script, which
 * Redis runs alone. A command that is not answered within a bound rejects and is not repeated: a change that took effect
 * unseen left its claims and its waiting entries. A Redis that may evict keys is refused: it would forget silently.
 */
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { AppError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { ChangeOutcome, RecordSpace, SharedMemory, SpaceChange } from '../../core/ports/record-space.js';

interface RedisMemorySettings {
  readonly url: string;
  readonly log: Log;
}

/** A gate that waits longer than this for its memory has missed its caller's patience. */
const COMMAND_TIMEOUT_MS = 2000;
const RECONNECT_MS = 250;
/** Longer than a request may be under way between its look into the log and its change: see `claims`. */
const CLAIM_KEPT_MS = 120_000;
const SCAN_COUNT = 1000;

/** @throws AppError `unavailable` when it cannot be reached, `bad-input` when it may evict keys. */
export async function openRedisMemory({ url, log }: RedisMemorySettings): Promise<SharedMemory> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    protocol: 2,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: () => RECONNECT_MS,
  });
  let lastReason = '';
  // Without a listener a lost connection would end the program; it is told once, not at every attempt to reconnect.
  redis.on('error', (error: Error) => {
    if (error.message !== lastReason) log.warn({ event: 'redis-connection-lost', reason: error.message });
    lastReason = error.message;
  });
  redis.on('ready', () => {
    lastReason = '';
  });
  try {
    await redis.connect();
    requireNoEviction(await redis.info('memory'));
  } catch (cause) {
    redis.disconnect();
    if (cause instanceof AppError) throw cause;
    throw new AppError('unavailable', 'redis-unreachable', 'cannot reach Redis: check REDIS_URL', { cause });
  }
  return {
    space: (name) => spaceOf(redis, prefixOf(name)),
    drop: (name) => drop(redis, prefixOf(name)),
    close: async () => {
      await redis.quit().catch(() => {
        redis.disconnect();
      });
    },
  };
}

function prefixOf(name: string): string {
  return `hasivu:{${name}}:`;
}

function requireNoEviction(answer: string): void {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(answer)?.[1];
  const policy = field('maxmemory_policy');
  if (field('maxmemory') === '0' || policy === 'noeviction') return;
  const message = `this Redis may evict keys (maxmemory-policy ${policy ?? 'unknown'}) and would forget payments: set it to noeviction`;
  throw new AppError('bad-input', 'redis-evicts', message);
}

function spaceOf(redis: Redis, prefix: string): RecordSpace {
  const [counter, numbers, waiting] = [`${prefix}sequence`, `${prefix}numbers`, `${prefix}waiting`];
  const recordKey = (key: string): string => `${prefix}record:${key}`;
  const claimKey = (claim: string): string => `${prefix}claim:${claim}`;
  return {
    read: async (keys) => {
      const [there, ...records] = await redis.mgetBuffer([counter, ...keys.map(recordKey)]);
      return (there ?? null) === null ? null : records;
    },
    change: async (change) => {
      const { keys, values } = changeArguments(change, { counter, waiting, recordKey, claimKey });
      return toOutcome(await run(redis, keys, values));
    },
    settle: async (entries) => {
      const pipeline = redis.pipeline();
      for (const { sequence, claims } of entries) {
        pipeline.zremrangebyscore(waiting, sequence, sequence);
        for (const claim of claims) pipeline.pexpire(claimKey(claim), CLAIM_KEPT_MS);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    },
    waiting: async (limit) => {
      const found = await redis.zrange(waiting, '0', String(limit - 1), 'WITHSCORES');
      return Array.from({ length: found.length / 2 }, (_, i) => {
        // Written by `changeArguments` only.
        const [entry, claims] = JSON.parse(found[2 * i] ?? '') as [string, string[]];
        return { sequence: Number(found[2 * i + 1]), entry, claims };
      });
    },
    takeNumbers: async (count) => (await redis.incrby(numbers, count)) - count,
    put: async (records) => {
      if (records.length > 0) await redis.mset(records.flatMap(([key, value]) => [recordKey(key), value]));
    },
    open: async (from) => void (await redis.mset(numbers, from.numbers, counter, from.sequence)),
    isOpen: async () => (await redis.exists(counter)) === 1,
  };
}

/**
 * KEYS: counter, waiting, checked records, unchecked records, claims.
 * ARGV: floor, numbers of checked, unchecked, entries and claims; what each checked record begins with and its new value;
 * values of the unchecked; entries; for each claim the position of its entry.
 */
const CHANGE = `
local counter = redis.call('GET', KEYS[1])
if not counter or tonumber(counter) < tonumber(ARGV[1]) then return {'lost'} end
local checked, unchecked, entries, claims = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local firstClaim = 2 + checked + unchecked
local values = 5 + 2 * checked
local positions = values + unchecked + entries
for i = 1, claims do
  if redis.call('EXISTS', KEYS[firstClaim + i]) == 1 then return {'claimed', ARGV[positions + i]} end
end
for i = 1, checked do
  local expected = ARGV[4 + 2 * i]
  local length = redis.call('STRLEN', KEYS[2 + i])
  if (expected == '') ~= (length == 0) then return {'stale'} end
  if length > 0 and redis.call('GETRANGE', KEYS[2 + i], 0, #expected - 1) ~= expected then return {'stale'} end
end
for i = 1, checked do redis.call('SET', KEYS[2 + i], ARGV[5 + 2 * i]) end
for i = 1, unchecked do redis.call('SET', KEYS[2 + checked + i], ARGV[values + i]) end
for i = 1, claims do redis.call('SET', KEYS[firstClaim + i], '1') end
local first = redis.call('INCRBY', KEYS[1], entries) - entries + 1
for i = 1, entries do redis.call('ZADD', KEYS[2], string.format('%.0f', first + i - 1), ARGV[values + unchecked + i]) end
return {'done', string.format('%.0f', first)}
`;

const CHANGE_SHA = createHash('sha1').update(CHANGE).digest('hex');

/** By its hash, which spares sending it; a Redis that was restarted has to be told it again. */
async function run(redis: Redis, keys: readonly string[], values: readonly Argument[]): Promise<unknown> {
  try {
    return await redis.evalsha(CHANGE_SHA, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return redis.eval(CHANGE, keys.length, ...keys, ...values);
  }
}

type Argument = string | number | Buffer;

interface KeyNames {
  readonly counter: string;
  readonly waiting: string;
  recordKey(key: string): string;
  claimKey(claim: string): string;
}

function changeArguments(
  change: SpaceChange,
  names: KeyNames,
): { readonly keys: readonly string[]; readonly values: readonly Argument[] } {
  const { floor, checked, unchecked, entries } = change;
  const claims = change.claims.flatMap((own, position) => own.map((claim) => ({ claim, position })));
  return {
    keys: [
      names.counter,
      names.waiting,
      ...checked.map(({ key }) => names.recordKey(key)),
      ...unchecked.map(({ key }) => names.recordKey(key)),
      ...claims.map(({ claim }) => names.claimKey(claim)),
    ],
    values: [
      floor,
      checked.length,
      unchecked.length,
      entries.length,
      claims.length,
      ...checked.flatMap(({ expected, value }) => [expected, value]),
      ...unchecked.map(({ value }) => value),
      ...entries.map((entry, i) => JSON.stringify([entry, change.claims[i] ?? []])),
      ...claims.map(({ position }) => position),
    ],
  };
}

function toOutcome(reply: unknown): ChangeOutcome {
  const [kind, value] = reply as [ChangeOutcome['kind'], string];
  switch (kind) {
    case 'done':
      return { kind, firstSequence: Number(value) };
    case 'claimed':
      return { kind, position: Number(value) };
    case 'stale':
    case 'lost':
      return { kind };
    default:
      throw new Error(`the script answered ${String(kind satisfies never)}`);
  }
}

async function drop(redis: Redis, prefix: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_COUNT);
    if (keys.length > 0) await redis.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}
