/**
 * Jest on ES modules: `--experimental-vm-modules` (set by `npm run test:jest`) and swc, which strips types and nothing else.
 * `testRun` names this run, so that all workers share one embedded PostgreSQL (test/support/postgres.ts); `retryStates` is how many
 * random debits are judged by the law (test/billing/retry/legal-slots.test.ts).
 */
const swc = (module) => [
  '@swc/jest',
  { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: module } },
];

/** ES modules that Fastify and its plugins require from CommonJS, which Jest on Node 20 cannot do: turned into CommonJS. */
const REQUIRED_MODULES =
  '(cookie|content-disposition|glob|minimatch|@isaacs/nonrecursive-glob-match|brace-expansion|balanced-match|path-scurry|lru-cache|minipass)/';

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': swc('es6'), [`node_modules/${REQUIRED_MODULES}.+\\.js$`]: swc('commonjs') },
  transformIgnorePatterns: [`node_modules/(?!${REQUIRED_MODULES})`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globals: { testRun: String(process.pid), retryStates: Number(process.env.HASIVU_RETRY_STATES ?? 500) },
  globalTeardown: '<rootDir>/test/support/stop-postgres.js',
  maxWorkers: 2,
  // Test files leave modules and async contexts behind; a fresh worker is faster than the collector of an old one.
  workerIdleMemoryLimit: '600MB',
  testTimeout: 60_000,
};
