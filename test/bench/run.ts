/**
 * `npm run bench [-- NAME… --seconds N]`: runs the named benchmarks (all by default) and prints one table each. Seconds are of each
 * part of a benchmark that is under load, for a quick look.
 */
import { parseArgs } from 'node:util';
import { benchBilling } from './billing.bench.js';
import { benchCrash } from './crash.bench.js';
import { benchFold } from './fold.bench.js';
import { benchFoldSnapshot } from './fold-snapshot.bench.js';
import { benchFuzz } from './fuzz.bench.js';
import { benchForecast } from './forecast.bench.js';
import { benchGate } from './gate.bench.js';
import { benchGateHttp } from './gate-http.bench.js';
import { benchImport } from './import.bench.js';
import { benchLearners } from './learners.bench.js';
import { machine, type Figure } from './measure.js';
import { benchReconciliation } from './reconciliation.bench.js';
import { benchPayments } from './payments.bench.js';
import { benchWebhooks } from './webhooks.bench.js';

const BENCHMARKS: Readonly<Record<string, (seconds: number | null) => Promise<readonly Figure[]>>> = {
  import: benchImport,
  fold: benchFold,
  'fold-snapshot': benchFoldSnapshot,
  crash: benchCrash,
  gate: async (seconds) => [...(await benchGate()), ...(await benchGateHttp(seconds))],
  fuzz: benchFuzz,
  webhooks: benchWebhooks,
  payments: benchPayments,
  reconciliation: benchReconciliation,
  billing: benchBilling,
  learners: benchLearners,
  forecast: benchForecast,
};

const { positionals: asked, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' } },
});
const seconds = values.seconds === undefined ? null : Math.max(1, Math.round(Number(values.seconds)));
const unknown = asked.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exit(2);
}
process.stdout.write(`${machine()}\n`);
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  for (const figure of await run(seconds)) process.stdout.write(`  ${line(figure)}\n`);
}

function line({ name, value, unit, note }: Figure): string {
  const shown = value >= 1000 ? Math.round(value).toLocaleString('en-IN') : value.toPrecision(3);
  return `${name.padEnd(64)} ${shown.padStart(12)} ${unit.padEnd(8)} ${note ?? ''}`.trimEnd();
}
