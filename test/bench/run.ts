/** `npm run bench [-- NAME…]`: runs the named benchmarks (all by default) and prints one table each. */
import { benchFold } from './fold.bench.js';
import { benchGate } from './gate.bench.js';
import { benchImport } from './import.bench.js';
import { benchLearners } from './learners.bench.js';
import { machine, type Figure } from './measure.js';

const BENCHMARKS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  import: benchImport,
  fold: benchFold,
  gate: benchGate,
  learners: benchLearners,
};

const asked = process.argv.slice(2);
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
  for (const figure of await run()) process.stdout.write(`  ${line(figure)}\n`);
}

function line({ name, value, unit, note }: Figure): string {
  const shown = value >= 1000 ? Math.round(value).toLocaleString('en-IN') : value.toPrecision(3);
  return `${name.padEnd(64)} ${shown.padStart(12)} ${unit.padEnd(8)} ${note ?? ''}`.trimEnd();
}
