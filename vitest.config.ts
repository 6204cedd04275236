/** Tests of the server and of the renderer; vite.config.ts builds the renderer and knows nothing of tests. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [react()],
  test: {
    // Starts nothing until a test asks for a database.
    globalSetup: ['server/testkit/postgresBroker.ts'],
  },
})
