/**
 * The load, in a process of its own: autocannon with realistic bodies of many payers, each with a payment id of its own.
 * `closed` keeps so many connections busy; `paced` sends at a rate whatever the answers take: one connection for every
 * request of a second, each of which sends at its own hundredth of the second, so that no request waits for the answer
 * to another, and time is taken from sending to the whole answer (no coordinated omission while answers take under a second).
 */
import autocannon from 'autocannon';
import type { Client } from 'autocannon';
import { seededRandom } from '../../core/random.js';
import { requestBody } from './gate-scene.js';

export interface LoadPlan {
  readonly url: string;
  /** Goes into the payment ids: a plan asks about payments of its own. */
  readonly name: string;
  readonly payers: number;
  readonly seconds: number;
  readonly pace: { readonly connections: number } | { readonly perSecond: number };
}

export interface LoadReport {
  readonly asked: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Broken connections and requests without an answer in 10 s. */
  readonly errors: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Milliseconds of every answer, in the order of their arrival. */
  readonly latencies: readonly number[];
  /** Payment ids that were answered with a decision. */
  readonly decided: readonly string[];
  /** Processor time of this process, user and system. */
  readonly cpuMs: number;
}

const GROUPS = 100;

async function run(plan: LoadPlan): Promise<LoadReport> {
  const random = seededRandom(2).fork(plan.name);
  const asking = new Map<Client, string>();
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  const decided: string[] = [];
  let asked = 0;
  let errors = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let endedAt = startedAt;

  const setupClient = (client: Client): void =>
    client.setRequests([
      {
        method: 'POST',
        path: '/v1/decisions',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => {
          const paymentId = `pay_${plan.name}_${asked++}`;
          asking.set(client, paymentId);
          return { ...request, body: JSON.stringify(requestBody(paymentId, random, plan.payers)) };
        },
      },
    ]);

  const shoot = (options: Omit<autocannon.Options, 'url'>): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (error: unknown): void => (error ? reject(error) : resolve());
      const instance = autocannon({ url: plan.url, setupClient, timeout: 10, ...options }, done);
      instance.on('response', (client, status, _bytes, elapsedMs) => {
        endedAt = performance.now();
        latencies.push(elapsedMs);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) decided.push(asking.get(client) ?? 'unasked');
      });
      instance.on('reqError', () => errors++);
    });

  if ('connections' in plan.pace) {
    await shoot({ connections: plan.pace.connections, duration: plan.seconds });
  } else {
    const connections = plan.pace.perSecond / GROUPS;
    const group = { connections, connectionRate: 1, amount: connections * plan.seconds };
    await Promise.all(
      Array.from({ length: GROUPS }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, (i * 1000) / GROUPS));
        await shoot(group);
      }),
    );
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (endedAt - startedAt) / 1000;
  return { asked, statuses, errors, seconds, latencies, decided, cpuMs: (user + system) / 1000 };
}

process.on('message', (plan) => {
  void run(plan as LoadPlan).then((report) => process.send?.(report));
});
process.send?.('ready');
