/**
 * A program that holds a SQLite store and commits without end, for tests that kill it: one ledger entry per commit, and a line
 * `<ledger id>` on stdout after each commit that was acknowledged. Usage: node storeProcess.ts FOLDER
 */
import { openSqlite } from '#db/sqlite/open.ts'
import { makeCommit, makeLedgerEntry } from './makeRecords.ts'

const [, , folder = ''] = process.argv
try {
  const store = await openSqlite({ folder })
  const term = await store.leaderAcquire({ holder: String(process.pid), lease_ms: 600_000 })
  const epoch = term?.epoch ?? 0
  let seq = term?.commit_seq ?? 0
  let id = (await store.engineLoad()).max_ids.ledger
  process.stdout.write('ready\n')
  for (;;) {
    const outcome = await store.engineCommit(makeCommit(epoch, ++seq, { ledger_insert: [makeLedgerEntry(++id)] }))
    if (outcome.status !== 'committed') throw new Error(JSON.stringify(outcome))
    process.stdout.write(`${id}\n`)
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
