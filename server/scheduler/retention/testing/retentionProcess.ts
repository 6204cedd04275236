/**
 * A controller's engine and retention over a SQLite folder, in a process that tests kill. Prints `sweeping`, then what was removed.
 * Usage: node retentionProcess.ts FOLDER DAYS
 */
import { openSqlite } from '#db/sqlite/open.ts'
import { startRetention } from './startRetention.ts'

const [, , folder = '', days = '0'] = process.argv
const store = await openSqlite({ folder })
const { retention, stop } = await startRetention(store, Number(days))
process.stdout.write('sweeping\n')
process.stdout.write(`${JSON.stringify(await retention.sweep())}\n`)
await stop()
await store.close()
