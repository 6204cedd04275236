/** The sql plugin against a real PostgreSQL and real SQLite files. */
import pg from 'pg'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection, Operator, Sensor } from '../api/index.ts'
import { freshPostgresUrl, temporaryFolder, type TemporaryFolder } from '../../server/testkit/databases.ts'
import { testContext, type TestContext } from '../testing/taskContext.ts'
import { plugin } from './plugin.ts'

const CONFIG = {
  conn_id: 'db',
  autocommit: false,
  fetch: 'all',
  rows: 'lists',
  return_last: true,
  max_rows: 100,
  max_bytes: 10_000,
}
const TLS = join(import.meta.dirname, '../../server/testkit/tls')
const { SqlOperator } = plugin.operators as Record<string, Operator>
const { SqlSensor } = plugin.sensors as Record<string, Sensor>

let postgres: Partial<Connection>
let folder: TemporaryFolder
let watcher: pg.Client
beforeAll(async () => {
  const url = await freshPostgresUrl()
  const { hostname, port, username, password, pathname } = new URL(url)
  postgres = {
    conn_id: 'db',
    conn_type: 'postgres',
    host: hostname,
    port: Number(port),
    login: username,
    password,
    schema: pathname.slice(1),
  }
  folder = await temporaryFolder()
  watcher = new pg.Client({ connectionString: url })
  await watcher.connect()
})
afterAll(async () => {
  await watcher.end()
  await folder[Symbol.asyncDispose]()
})

const sqlite = (name: string): Partial<Connection> => ({ conn_id: 'db', conn_type: 'sqlite', host: join(folder.path, name) })
const run = async (connection: Partial<Connection>, config: object, context: TestContext = testContext([connection])): Promise<unknown> =>
  SqlOperator!.execute({ ...CONFIG, ...config }, context)
const failure = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    (value) => expect.fail(`returned ${JSON.stringify(value)}`),
    (error: unknown) => error as Error,
  )
const active = async (mark: string): Promise<number> =>
  (
    await watcher.query("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE $1", [
      `%${mark}%`,
    ])
  ).rowCount ?? 0

describe('SqlOperator on PostgreSQL', () => {
  it('returns values without loss', async () => {
    const sql = `SELECT 9007199254740991::int8, 9007199254740993::int8, 1.10::numeric, 'NaN'::float8, 0.5::float4, true, NULL, DATE '2026-02-03',
      TIMESTAMP '2026-02-03 04:05:06.123456', TIMESTAMPTZ '2026-02-03 04:05:06.123456+05:30', '\\x00ff'::bytea, '{"a":[1,9007199254740993]}'::jsonb,
      ARRAY[1.50, NULL]::numeric[], ARRAY[[1,2],[3,4]]::int8[], 'infinity'::timestamptz, INTERVAL '1 day 2 hours', '{"x \\"y\\"",z}'::text[]`
    const connection = { ...postgres, extra: { options: '-c timezone=Asia/Kolkata', sslmode: 'disable' } }
    expect(await run(connection, { sql })).toEqual([
      [
        9007199254740991,
        '9007199254740993',
        '1.10',
        'NaN',
        0.5,
        true,
        null,
        '2026-02-03',
        '2026-02-03T04:05:06.123456',
        '2026-02-03T04:05:06.123456+05:30',
        'AP8=',
        { a: [1, '9007199254740993'] },
        ['1.50', null],
        [
          [1, 2],
          [3, 4],
        ],
        'infinity',
        '1 day 02:00:00',
        ['x "y"', 'z'],
      ],
    ])
  })

  it('does all statements or none, unless each commits by itself', async () => {
    const context = testContext([postgres])
    const made =
      "CREATE TABLE a (n int, t text); INSERT INTO a SELECT n, ';' FROM generate_series(1, :last) n; SELECT n, t FROM a ORDER BY n"
    expect(await run(postgres, { sql: made, parameters: { last: 2 }, rows: 'objects' }, context)).toEqual([
      { n: 1, t: ';' },
      { n: 2, t: ';' },
    ])
    expect(context.lines).toEqual(['INFO CREATE: done', 'INFO INSERT: 2 rows', 'INFO SELECT: 2 rows kept'])
    const bad = ['INSERT INTO a VALUES (3)', 'SELECT 1 +\n nix FROM a']
    expect((await failure(run(postgres, { sql: bad }))).message).toBe(
      'statement 2 of 2: SQL error 42703: column "nix" does not exist (line 2)',
    )
    expect(await run(postgres, { sql: 'SELECT count(*) FROM a' })).toEqual([[2]])
    await failure(run(postgres, { sql: bad, autocommit: true }))
    expect(await run(postgres, { sql: ['SELECT 1 AS one', 'DELETE FROM a', 'SELECT $$x$$'], return_last: false, fetch: 'first' })).toEqual([
      [1],
      null,
      ['x'],
    ])
    expect(await run(postgres, { sql: 'VACUUM', autocommit: true })).toBe(null)
    expect((await failure(run(postgres, { sql: 'VACUUM' }))).message).toContain('Set autocommit: true')
    expect((await failure(run(postgres, { sql: 'SELECT 1; COMMIT' }))).message).toContain('the statements are one transaction already')
  })

  it('fails beyond its limits, and reads no more of a long result than it needs', async () => {
    const series = 'SELECT generate_series(1, 2000000000)'
    expect((await failure(run(postgres, { sql: series }))).message).toContain('more than 100 rows (max_rows)')
    expect((await failure(run(postgres, { sql: "SELECT repeat('x', 6000) FROM generate_series(1, 2)" }))).message).toContain(
      '10000 bytes as JSON (max_bytes)',
    )
    expect(await run(postgres, { sql: series, fetch: 'first' })).toEqual([1])
    expect(await run(postgres, { sql: series, fetch: 'none' })).toBe(null)
    expect((await failure(run(postgres, { sql: 'SELECT 1 AS a, 2 AS a', rows: 'objects' }))).message).toContain('two columns are called a')
  })

  it('ends the statement on the server when the task is cancelled', async () => {
    const abort = new AbortController()
    const work = failure(run({}, { sql: 'SELECT pg_sleep(600)' }, testContext([postgres], abort.signal)))
    await expect.poll(() => active('pg_sleep(600)')).toBe(1)
    abort.abort()
    expect((await work).message).toContain('cancelled with the task')
    await expect.poll(() => active('pg_sleep(600)')).toBe(0)
  })

  it('ends the statement on the server when its time is over', async () => {
    expect((await failure(run(postgres, { sql: 'SELECT pg_sleep(601)', timeout_seconds: 0.3 }))).message).toContain(
      'took longer than 0.3 s (timeout_seconds)',
    )
    await expect.poll(() => active('pg_sleep(601)')).toBe(0)
  })

  it.for([
    { change: { password: 'wrong' }, said: 'the login was refused: password authentication failed for user "postgres" (28P01)' },
    { change: { schema: 'nix' }, said: 'database "nix" does not exist (3D000). The connection\'s schema is the name of the database: nix' },
    { change: { port: 1 }, said: 'cannot be reached: nothing listens there (ECONNREFUSED)' },
    { change: { host: 'nowhere.invalid' }, said: 'cannot be reached: ' },
    { change: { extra: { sslmode: 'require' } }, said: 'The server does not support SSL connections' },
    { change: { extra: { sslmode: 'yes' } }, said: 'sslmode in its extra is "yes"; it may be disable, allow' },
    {
      change: { extra: { sslmode: 'verify-full', sslrootcert: '/nix.pem' } },
      said: 'sslrootcert in its extra names a file that cannot be read',
    },
    { change: { conn_type: 'mysql' }, said: 'is of type mysql; this operator speaks with postgres and sqlite' },
  ])('says what is wrong with a connection: $said', async ({ change, said }) => {
    const error = await failure(run({ ...postgres, ...change }, { sql: 'SELECT 1' }))
    expect(error.message).toContain(said)
    expect(error.message).not.toContain('vortex@')
  })
})

/** What stands before a PostgreSQL that takes nothing but TLS: it ends TLS, and lets nothing else through. */
async function tlsDoor(port: number): Promise<Server> {
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((name) => readFile(join(TLS, name))))
  const admit = async (socket: Socket): Promise<void> => {
    const [first] = (await once(socket, 'data')) as [Buffer]
    if (first.readInt32BE(4) !== 80877103) return void socket.destroy()
    socket.write('S')
    const inner = new TLSSocket(socket, { isServer: true, key: key!, cert: cert! })
    const onward = connect(port, '127.0.0.1')
    inner.on('error', () => onward.destroy())
    onward.on('error', () => inner.destroy())
    inner.pipe(onward).pipe(inner)
  }
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    admit(socket).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('SqlOperator through TLS', () => {
  const sslrootcert = join(TLS, 'cert.pem')
  /** Of this machine, too, and none that the certificate has. */
  const OTHER_NAME = '127.1'
  let door: Server
  let secure: (extra: object, host?: string) => Partial<Connection>
  beforeAll(async () => {
    door = await tlsDoor(postgres.port!)
    const { port } = door.address() as { port: number }
    secure = (extra, host = 'localhost') => ({ ...postgres, host, port, extra: { ...extra } })
  })
  afterAll(() => void door.close())

  it('checks the certificate as far as sslmode says', async () => {
    for (const extra of [{}, { sslmode: 'require' }, { sslmode: 'verify-ca', sslrootcert }, { sslmode: 'verify-full', sslrootcert }]) {
      expect(await run(secure(extra), { sql: 'SELECT 1' })).toEqual([[1]])
    }
    expect(await run(secure({ sslmode: 'verify-ca', sslrootcert }, OTHER_NAME), { sql: 'SELECT 1' })).toEqual([[1]])
    const refused = async (extra: object, host?: string): Promise<string> =>
      (await failure(run(secure(extra, host), { sql: 'SELECT 1' }))).message
    expect(await refused({ sslmode: 'verify-full', sslrootcert }, OTHER_NAME)).toContain(
      "Hostname/IP does not match certificate's altnames",
    )
    expect(await refused({ sslmode: 'verify-ca' })).toContain('self-signed certificate')
    expect(await refused({ sslmode: 'disable' })).toContain('Connection terminated unexpectedly')
  })

  it('ends the statement on the server through TLS, too', async () => {
    const abort = new AbortController()
    const context = testContext([secure({ sslmode: 'verify-full', sslrootcert })], abort.signal)
    const work = failure(run({}, { sql: 'SELECT pg_sleep(602)' }, context))
    await expect.poll(() => active('pg_sleep(602)')).toBe(1)
    abort.abort()
    expect((await work).message).toContain('cancelled with the task')
    await expect.poll(() => active('pg_sleep(602)')).toBe(0)
  })
})

describe('SqlOperator on SQLite', () => {
  it('keeps rows, values and transactions as on PostgreSQL', async () => {
    const file = sqlite('a.db')
    const context = testContext([file])
    const made =
      "CREATE TABLE a (n, t, b); INSERT INTO a VALUES (:big, :yes, x'00ff'), (0.5, :list, NULL); SELECT n, t, b, typeof(n) AS n FROM a ORDER BY rowid"
    const parameters = { big: '9007199254740993', yes: true, list: [1] }
    expect(await run(file, { sql: made, parameters }, context)).toEqual([
      ['9007199254740993', 1, 'AP8=', 'text'],
      [0.5, '[1]', null, 'real'],
    ])
    expect(context.lines).toEqual(['INFO CREATE: done', 'INFO INSERT: 2 rows', 'INFO SELECT: 2 rows kept'])
    expect((await failure(run(file, { sql: 'DELETE FROM a; SELECT nix' }))).message).toBe(
      'SQL error: statement 2 of 2: no such column: nix',
    )
    expect(await run(file, { sql: 'SELECT count(*), 9007199254740993, :day FROM a', parameters: { day: 3 } })).toEqual([
      [2, '9007199254740993', 3],
    ])
    expect(await run(file, { sql: 'INSERT INTO a VALUES (1, 2, 3), (4, 5, 6) RETURNING n', fetch: 'first' })).toEqual([1])
    expect(await run(file, { sql: 'SELECT count(*) FROM a' })).toEqual([[4]])
    expect(
      (await failure(run(file, { sql: 'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT n FROM s' }))).message,
    ).toContain('max_rows')
    expect((await failure(run({ ...file, extra: { mode: 'ro' } }, { sql: 'DELETE FROM a' }))).message).toContain('readonly database')
    expect((await failure(run(sqlite('no/such/b.db'), { sql: 'SELECT 1' }))).message).toContain('cannot be opened on this worker')
  })

  it('ends a statement that runs on and on', async () => {
    const sql = 'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s'
    expect((await failure(run(sqlite('c.db'), { sql, timeout_seconds: 0.5 }))).message).toContain('took longer than 0.5 s')
    expect(await run(sqlite('c.db'), { sql: 'SELECT 1' })).toEqual([[1]])
  })
})

describe('SqlSensor', () => {
  const one = { conn_id: 'db', fail_on_empty: false }

  it('looks at the first cell', async () => {
    const context = testContext([postgres])
    const poke = async (sql: string, more: object = {}): Promise<unknown> => SqlSensor!.poke({ ...one, sql, ...more }, context)
    const cells = ["'0'", '0.00', "''", 'NULL', 'false', '0', "'a'", '0.01', '9007199254740993', "'{}'::jsonb"]
    const answers = []
    for (const cell of cells) answers.push(await poke(`SELECT ${cell}`))
    expect(answers).toEqual([false, false, false, false, false, false, true, true, true, true])
    expect(await poke('SELECT 1 WHERE false')).toBe(false)
    expect(await poke('SELECT 3.0', { success: [1, '3.0'] })).toBe(true)
    expect(await poke("SELECT 'done'", { success: 'ready' })).toBe(false)
    expect((await failure(poke("SELECT 'broken'", { failure: ['broken'] }))).message).toBe(
      'The statement returned "broken", which is a failure here.',
    )
    expect((await failure(poke('SELECT 1 WHERE false', { fail_on_empty: true }))).message).toContain('no row')
  })
})
