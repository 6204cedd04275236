/** The SQLite thread, except that it dies without an answer when it is asked to store the setting `die`. */
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', (call: { method: string; p: { name?: string } }) => {
  if (call.method === 'settingPut' && call.p.name === 'die') process.exit(3)
})
await import('../db/sqlite/thread/entry.ts')
