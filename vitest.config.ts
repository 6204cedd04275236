/**
 * Test projects. `unit`: pure code and in-process parts. `database`: both stores, with a real PostgreSQL. `integration`: real
 * processes. `e2e`: a real server and a real browser. Files say by their names where they belong.
 */
import { defineConfig } from 'vitest/config'

const everywhere = ['**/node_modules/**', '**/dist/**', '**/.cache/**']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['server/**/*.test.ts', 'renderer/**/*.test.ts', 'renderer/**/*.test.tsx', 'scripts/**/*.test.ts', 'main/**/*.test.ts'],
          exclude: [...everywhere, '**/*.integration.test.ts', 'server/db/**'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'database', include: ['server/db/**/*.test.ts'], exclude: everywhere, testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'integration', include: ['server/**/*.integration.test.ts'], exclude: [...everywhere, 'server/db/**'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'e2e', include: ['e2e/**/*.test.ts'], exclude: everywhere, testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false } },
    ],
  },
})
