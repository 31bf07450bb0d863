import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { replayableDecisions } from '../../../scoring/decisions.js';
import { flushFacts } from '../../../scoring/flush.js';
import { replayDecisions } from '../../../scoring/replay/replay-decisions.js';
import type { ReplayReport } from '../../../scoring/replay/report.js';
import { busyGate } from './busy-gate.js';
import type { BusyGate } from './busy-gate.js';

let gate: BusyGate;

beforeAll(async () => {
  gate = await busyGate(100);
}, 120_000);

afterAll(() => gate.close());

async function replay(which: Parameters<typeof replayableDecisions>[1]): Promise<ReplayReport[]> {
  const { database, lake, registry } = gate;
  return replayDecisions(
    { pool: database.pool, lake, registry },
    await replayableDecisions(database.pool, which),
  );
}

const notEqual = (reports: readonly ReplayReport[]) =>
  reports.flatMap(({ decisionId, parts }) =>
    parts.flatMap(({ part, outcome, differences, note }) =>
      outcome === 'equal' ? [] : [{ decisionId, part, outcome, differences, note }],
    ),
  );

/** Replays with one logged value changed, then puts it back. */
async function tampered(decisionId: string, assignment: string) {
  const { pool } = gate.database;
  await pool.query('CREATE TABLE kept AS SELECT * FROM decisions WHERE decision_id = $1', [decisionId]);
  await pool.query(`UPDATE decisions SET ${assignment} WHERE decision_id = $1`, [decisionId]);
  const found = notEqual(await replay({ decisionId }));
  await pool.query('DELETE FROM decisions WHERE decision_id = $1', [decisionId]);
  await pool.query('INSERT INTO decisions SELECT * FROM kept');
  await pool.query('DROP TABLE kept');
  return found;
}

async function someDecision(where: string): Promise<string> {
  const { rows } = await gate.database.pool.query<{ decision_id: string }>(
    `SELECT decision_id FROM decisions WHERE ${where} ORDER BY sequence LIMIT 1`,
  );
  return rows[0]!.decision_id;
}

describe('a replay of logged decisions', () => {
  it('finds no difference in hundreds of decisions of three starts, whether flushed or not', async () => {
    const reports = await replay({ last: 1000 });
    expect(notEqual(reports).slice(0, 3)).toEqual([]);
    expect(reports).toHaveLength(gate.decisions);
    await flushFacts(gate.database.pool, gate.lake);
    expect(notEqual(await replay({ last: 1000 })).slice(0, 3)).toEqual([]);
  }, 120_000);

  it('finds none in decisions drawn from the whole log, and a seed draws the same again', async () => {
    const drawn = await replay({ random: 100, seed: 5 });
    expect(notEqual(drawn)).toEqual([]);
    expect(new Set(drawn.map(({ paymentId }) => paymentId.slice(0, 6)))).toEqual(
      new Set(['pay_0_', 'pay_1_', 'pay_2_']),
    );
    const idsOf = (reports: readonly ReplayReport[]) => reports.map(({ decisionId }) => decisionId);
    expect(idsOf(drawn)).toHaveLength(100);
    expect(idsOf(await replay({ random: 100, seed: 5 }))).toEqual(idsOf(drawn));
    expect(idsOf(await replay({ random: 100, seed: 6 }))).not.toEqual(idsOf(drawn));
  }, 120_000);

  it('covered what makes it hard', async () => {
    const { rows } = await gate.database.pool.query<Record<string, bigint>>(
      `SELECT count(DISTINCT model_version) AS models, count(DISTINCT rule_set_hash) AS rule_sets,
         count(DISTINCT list_version) AS lists, count(DISTINCT (history_batches, history_sequence)) AS starts,
         count(DISTINCT action) AS actions, count(DISTINCT circumstances->'churn'->>'scoredAt') AS nights,
         count(*) FILTER (reasons::text LIKE '%churn-cost%') AS changed_by_churn, count(*) FILTER (propensity < 1) AS drawn,
         count(*) FILTER (findings->>'lists' <> '[]') AS listed, count(*) FILTER (request->>'kind' = 'retry') AS retries,
         count(*) FILTER (findings->>'shadowRules' <> '[]') AS shadowed FROM decisions`.replaceAll(
        'FILTER (',
        'FILTER (WHERE ',
      ),
    );
    expect(Object.entries(rows[0]!).filter(([, n]) => Number(n) < 3)).toEqual([]);
  });

  it.each`
    what                  | assignment                                                                            | where                                            | part        | name
    ${'a feature'}        | ${'vector = set_byte(vector, 2, get_byte(vector, 2) # 1)'}                            | ${'true'}                                        | ${'vector'} | ${'amount'}
    ${'the payment'}      | ${"request = jsonb_set(request::jsonb, '{deviceId}', '\"other\"')::json"}             | ${'true'}                                        | ${'inputs'} | ${'deviceId'}
    ${'the instant'}      | ${"decided_at = decided_at + interval '1 ms'"}                                        | ${'true'}                                        | ${'inputs'} | ${'decidedAt'}
    ${'the action'}       | ${"action = 'allow'"}                                                                 | ${"action = 'challenge'"}                        | ${'answer'} | ${'action'}
    ${'the probability'}  | ${'fraud_probability = fraud_probability + 1e-15'}                                    | ${'fraud_probability IS NOT NULL'}               | ${'answer'} | ${'fraudProbability'}
    ${'a reason'}         | ${"reasons = jsonb_set(reasons::jsonb, '{0,text}', '\"because\"')::json"}             | ${'json_array_length(reasons) > 0'}              | ${'answer'} | ${'reasons.0.text'}
    ${'a rule that held'} | ${"findings = jsonb_set(findings::jsonb, '{shadowRules,0}', '\"nobody@1\"')::json"}   | ${"findings->'shadowRules'->>0 IS NOT NULL"}     | ${'rules'}  | ${'shadowRules.0'}
    ${'a list entry'}     | ${"findings = jsonb_set(findings::jsonb, '{lists,0,value}', '\"x\"')::json"}          | ${"findings->'lists'->0 IS NOT NULL"}            | ${'lists'}  | ${'lists.0.value'}
    ${'a churn score'}    | ${"circumstances = jsonb_set(circumstances::jsonb, '{churn,valuePaise}', '7')::json"} | ${"circumstances->'churn'->>'valuePaise' > '0'"} | ${'churn'}  | ${'valuePaise'}
    ${'the propensity'}   | ${'propensity = 0.25'}                                                                | ${'propensity IS NOT NULL'}                      | ${'policy'} | ${'propensity'}
  `('finds and names a change of $what', async ({ assignment, where, part, name }) => {
    const decisionId = await someDecision(String(where));
    const found = await tampered(decisionId, String(assignment));
    expect(found).toMatchObject([{ decisionId, part, outcome: 'different', differences: [{ name }] }]);
    expect(notEqual(await replay({ decisionId }))).toEqual([]);
  });

  it('says what it cannot know: an older decision, a lost model, lost facts', async () => {
    const decisionId = await someDecision(
      `fraud_probability IS NOT NULL AND coalesce(circumstances->'churn'->>'valuePaise', '0') = '0'`,
    );
    const unknown = async (assignment: string) =>
      (await tampered(decisionId, assignment)).map(({ part, outcome }) => `${part} ${outcome}`);
    const noHistory = 'history_batches = NULL, history_until = NULL, history_sequence = NULL';
    expect(await unknown(noHistory)).toEqual(['inputs unknown', 'vector unknown']);
    expect(await unknown('rule_set_hash = NULL')).toEqual(
      ['rules', 'lists', 'churn', 'policy', 'answer'].map((part) => `${part} unknown`),
    );
    expect(await unknown("model_version = repeat('0', 64)")).toEqual(
      ['model', 'policy', 'answer'].map((part) => `${part} unknown`),
    );
    expect(
      await unknown(
        `circumstances = jsonb_set(circumstances::jsonb, '{churn}',
           '{"scoredAt": "2020-01-01T00:00:00.000Z", "valuePaise": 0, "expectedLossPaise": 0}')::json`,
      ),
    ).toEqual(['churn unknown']);
    expect(await unknown('history_batches = 999')).toEqual(['inputs unknown', 'vector unknown']);
    expect(await unknown("feature_set_hash = 'of another program'")).toEqual(
      ['vector', 'rules', 'lists', 'churn', 'policy', 'answer'].map((part) => `${part} unknown`),
    );
  });
});
