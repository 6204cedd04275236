/**
 * Test projects. `unit`: pure code and in-process parts. `database`: both stores, with a real PostgreSQL. `integration`: real
 * processes. `e2e`: a real server and a real browser. `desktop`: a real Electron. Files say by their names where they belong.
 */
import react from '@vitejs/plugin-react'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const never = ['**/node_modules/**', '**/dist/**', '**/.cache/**']

export default defineConfig({
  plugins: [react()],
  // As the plugin host resolves it.
  resolve: { alias: { 'vortex/plugin': resolve(import.meta.dirname, 'plugins/api/index.ts') } },
  test: {
    // Starts nothing until a test asks for a database.
    globalSetup: ['server/testkit/postgresBroker.ts'],
    // How long a condition may take on a machine that has other work; one that never comes true fails all the same.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{server,scripts,main,plugins}/**/*.test.ts', 'renderer/**/*.test.{ts,tsx}'],
          exclude: [...never, '**/*.integration.test.ts', 'server/db/**'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['server/db/**/*.test.ts'],
          exclude: never,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{server,plugins}/**/*.integration.test.ts'],
          exclude: [...never, 'server/db/**'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // Leases, restarts and kills have their times: files beside each other would take them from each other on two cores.
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: [...never, 'e2e/desktop/**'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'desktop',
          include: ['e2e/desktop/*.test.ts'],
          exclude: never,
          globalSetup: ['e2e/desktop/machine.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
