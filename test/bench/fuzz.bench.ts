/**
 * A hundred thousand fuzzed requests against the product's own server, everything that it logs searched for what payers are
 * called. Figures are counts by status; any fault ends the benchmark with the request that shows it.
 */
import { startServer } from '../../app/server.js';
import { openStores } from '../../app/stores.js';
import { assert } from '../../core/errors.js';
import { createLog } from '../../core/log.js';
import { fuzz, searchedLog } from '../support/fuzz.js';
import { fuzzedCommand, fuzzedDecision } from '../support/fuzzed-requests.js';
import { withGateSite } from './gate-site.js';
import type { Figure } from './measure.js';

const DECISIONS = 100_000;
const COMMANDS = 10_000;
/** As many requests as take about a second, for a quick look. */
const DECISIONS_PER_SECOND = 1000;
const SHOWN_FAULTS = 5;
const SEED = 1;

export function benchFuzz(seconds: number | null): Promise<Figure[]> {
  const decisions = seconds === null ? DECISIONS : seconds * DECISIONS_PER_SECOND;
  return withGateSite(async ({ cli }) => {
    const searched = searchedLog();
    const log = createLog({ level: 'trace', pretty: false, destination: searched.destination });
    const stores = await openStores(cli);
    const server = await startServer({ ...cli, log }, stores, () => undefined);
    try {
      const common = { url: server.url, seed: SEED };
      const asked = await fuzz({ ...common, requests: fuzzedDecision, count: decisions });
      const told = await fuzz({
        ...common,
        requests: fuzzedCommand,
        count: (decisions * COMMANDS) / DECISIONS,
      });
      const faults = [...asked.faults, ...told.faults, ...searched.leaks.map((line) => `logged: ${line}`)];
      assert(faults.length === 0, `${faults.length} faults:\n${faults.slice(0, SHOWN_FAULTS).join('\n')}`);
      return [
        ...counts('requests for decisions, answered', asked.statuses),
        ...counts('other requests, answered', told.statuses),
        { name: 'lines logged', value: searched.lines(), unit: '', note: 'nothing of a payer in them' },
      ];
    } finally {
      await server.close();
      await stores.close();
    }
  });
}

function counts(what: string, statuses: Readonly<Record<string, number>>): Figure[] {
  return Object.entries(statuses).map(([status, value]) => ({ name: `${what} ${status}`, value, unit: '' }));
}
