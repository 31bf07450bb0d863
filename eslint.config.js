/**
 * Lint rules that need no judgement: typescript-eslint's strict set, type-checked only for the rules that find bugs
 * (forgotten awaits, non-exhaustive switches). Layout is prettier's; architecture is test/tidy.test.ts's.
 */
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const strict = tseslint.configs.strict.map((config) => ({ ...config, files: ['**/*.ts'] }));

export default [
  {
    ignores: ['models/trees/kernels/', 'dist/', 'data/', 'coverage/', 'node_modules/', '**/*.ipynb', 'docs/'],
  },
  { ...js.configs.recommended, files: ['**/*.js', '**/*.ts'] },
  ...strict,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      // A leading underscore says that a parameter is there for its position.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-else-return': 'error',
      'max-params': ['error', 5],
      complexity: ['error', 20],
    },
  },
  {
    // Numeric code reads typed arrays inside their bounds, where `?? 0` would hide a bug; tests fail on undefined anyway.
    files: ['features/**/*.ts', 'models/**/*.ts', 'billing/retry-evaluation/**/*.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['app/static/**/*.js', 'reporting/**/*.js', 'app/**/*.js'],
    languageOptions: { globals: { window: 'readonly', document: 'readonly', fetch: 'readonly' } },
  },
  {
    files: ['*.js', 'test/**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  prettier,
];
