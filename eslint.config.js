/** Lint: correctness rules of typescript-eslint with types, and the project's own bans with the reason in the message. */
import tseslint from 'typescript-eslint'

const TESTS = ['**/*.test.ts', '**/*.test.tsx', '**/testing/**', '**/testkit/**', '**/conformance/**', 'e2e/**']

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      '.cache/**',
      'server/swarm/gen/**',
      'server/db/gen/**',
      'node_modules/**',
      'renderer/public/**',
      'python/**',
      'bin/**',
      'scripts/electronDefaultApp/**',
      '*.js',
      '*.mjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // Services are objects of closures; a class method taken off its object fails at its first private field.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what you export.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['server/{domain,scheduler,swarm,worker,api,vault,dagfiles,db}/**/*.ts'],
    ignores: [...TESTS, '**/simulation/run.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Take a Clock (server/runtime/clock.ts).' },
        { name: 'setInterval', message: 'Take a Clock (server/runtime/clock.ts).' },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take a Clock (server/runtime/clock.ts).' },
        { object: 'Math', property: 'random', message: 'Pass randomness in.' },
      ],
    },
  },
  // The router's redirects are thrown by design.
  { files: ['renderer/router.tsx'], rules: { '@typescript-eslint/only-throw-error': 'off' } },
  {
    files: ['renderer/**/*.tsx'],
    ignores: ['renderer/ui/Dialog.tsx'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@mantine/core',
              importNames: ['Modal', 'Drawer'],
              message: 'Use Dialog of renderer/ui/Dialog.tsx: it gives the focus back and keeps typed work.',
            },
          ],
        },
      ],
    },
  },
  { files: ['bench/**', '**/*Bench.ts'], rules: { 'no-console': 'off', 'no-restricted-globals': 'off' } },
  { files: ['vite.config.ts', 'vitest.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: TESTS,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
)
