/** The service on a real folder, a real SQLite store and real parse hosts. */
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import type { DagFileRecord } from '#db/records.ts'
import type { DagFileSaved, Store } from '#db/store.ts'
import { StoreUnavailable } from '#db/store.ts'
import { systemClock } from '#runtime/clock.ts'
import { createLogger } from '#runtime/logger.ts'
import { temporaryFolder, type TemporaryFolder } from '#testkit/databases.ts'
import { makeCommit } from '#testkit/makeRecords.ts'
import { openSqlite } from '../db/sqlite/open.ts'
import { DagFilesService, type DagFilesOptions } from './dagFilesService.ts'

const PYTHON = process.env['VORTEX_TEST_PYTHON'] ?? 'python3'
const PACKAGE = fileURLToPath(new URL('../../python', import.meta.url))

let folder: TemporaryFolder
let store: Store
let service: DagFilesService | null = null
let told: { changed: string[]; stale: string[] }[] = []
let events: LiveEvent[] = []
const waiters: (() => void)[] = []
const COMMON = { clock: systemClock, logger: createLogger({ level: 'silent' }), connection: async () => null }

const root = (): string => join(folder.path, 'dags')
const dagText = (dag_id: string, more = ''): string => `from airflow import DAG\n${more}\ndag = DAG('${dag_id}', schedule=None)\n`

async function write(file: string, text: string | Buffer): Promise<void> {
  const path = join(root(), file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

function wake(): void {
  for (const waiter of waiters.splice(0)) waiter()
}

async function start(change: Partial<DagFilesOptions> = {}): Promise<DagFilesService> {
  service = new DagFilesService({
    store,
    ...COMMON,
    dags_folder: root(),
    data_folder: join(folder.path, 'data'),
    python: PYTHON,
    package_folder: PACKAGE,
    paused_default: true,
    compat: 'auto',
    environment: { PATH: process.env['PATH'], BUCKET: 'one' },
    publish: (news) => {
      events.push(...news)
      wake()
    },
    engine: {
      dagsChanged: async (p: { changed: DagFileSaved['changed']; stale: string[] }) => {
        told.push({ changed: p.changed.map(({ dag, version }) => `${dag.dag_id} v${version.version}`), stale: p.stale })
        wake()
      },
    },
    ...change,
  })
  await service.start()
  return service
}

/** Waits for an event or a report to the engine that makes the condition true. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise<void>((resolve) => waiters.push(resolve))
}

async function record(file: string): Promise<DagFileRecord | undefined> {
  return (await store.dagFileList()).find((one) => one.file === file)
}
async function deleteDag(dag_id: string): Promise<void> {
  const { epoch, commit_seq } = (await store.leaderAcquire({ holder: 'test', lease_ms: 600_000 }))!
  await store.engineCommit(makeCommit(epoch, commit_seq + 1, { dags_delete: [dag_id] }))
}
const wasTold = (word: string) => () => told.some((one) => one.changed.includes(word) || one.stale.includes(word))

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(root())
  store = await openSqlite({ folder: join(folder.path, 'data'), synchronous: 'NORMAL' })
  told = []
  events = []
})
afterEach(async () => {
  await service?.stop()
  service = null
  await store.close()
  await folder[Symbol.asyncDispose]()
})

describe('from the folder to stored versions', () => {
  test('DAG files are stored with their bundle; others are not looked into', async () => {
    await write('a.py', dagText('a', 'import helper'))
    await write('helper.py', 'X = 1\n')
    await write('not_a_dag.py', 'raise SystemExit("never imported")\n')
    await write('.airflowignore', 'skipped\n')
    await write('skipped.py', dagText('skipped'))
    await start()
    expect((await store.dagFileList()).map(({ file, error }) => [file, error])).toEqual([['a.py', null]])
    const dag = await store.dagGet({ dag_id: 'a' })
    expect(dag).toMatchObject({ is_paused: true, version: 1, file: 'a.py' })
    const version = await store.dagVersionByNumber({ dag_id: 'a', version: 1 })
    const bundle = await store.bundleGet({ hash: version?.bundle_hash ?? '' })
    expect(bundle?.files.map(({ path }) => path)).toEqual(['a.py', 'helper.py'])
    expect(Buffer.from((await store.blobGet({ sha256: bundle?.files[1]?.sha256 ?? '' })) ?? []).toString()).toBe('X = 1\n')
    expect(told).toEqual([{ changed: ['a v1'], stale: [] }])
    expect(events).toEqual([{ type: 'dag', dag_id: 'a' }])
  })

  test('after a restart nothing is parsed that did not change', async () => {
    for (let n = 0; n < 20; n += 1) await write(`dag_${n}.py`, dagText(`d${n}`))
    await write('broken.py', dagText('broken', '1 / 0'))
    const first = await start()
    expect(first.status()).toMatchObject({ files: 21, parsed: 21, import_errors: 1 })
    await first.stop()
    await write('dag_3.py', dagText('d3', 'x = 1'))
    await utimes(join(root(), 'dag_4.py'), new Date(), new Date())
    const second = await start()
    expect(second.status()).toMatchObject({ files: 21, parsed: 1, import_errors: 1 })
    expect(told.at(-1)).toEqual({ changed: ['d3 v2'], stale: [] })
  })

  test('another setting of the parser parses everything again, and what it changes is a version', async () => {
    await write('a.py', dagText('a'))
    await (await start()).stop()
    expect((await start({ compat: '3' })).status().parsed).toBe(1)
    expect((await store.dagGet({ dag_id: 'a' }))?.version).toBe(2)
  })

  test('only the named files are read for a run of one file', async () => {
    await write('a.py', dagText('a'))
    await write('b.py', dagText('b'))
    await start({ only: ['b.py'] })
    expect((await store.dagFileList()).map(({ file }) => file)).toEqual(['b.py'])
  })
})

describe('changes', () => {
  test('an edited file, a new one and a deleted one are seen within moments', async () => {
    await write('a.py', dagText('a'))
    await start()
    await write('a.py', dagText('a', 'y = 2'))
    await until(wasTold('a v2'))
    await write('sub/b.py', dagText('b'))
    await until(wasTold('b v1'))
    await rm(join(root(), 'a.py'))
    await until(wasTold('a'))
    expect((await store.dagGet({ dag_id: 'a' }))?.is_stale).toBe(true)
    expect((await store.dagFileList()).map(({ file }) => file)).toEqual(['sub/b.py'])
  })

  test('a renamed file keeps its DAG', async () => {
    await write('old.py', dagText('kept'))
    await start()
    await rename(join(root(), 'old.py'), join(root(), 'new.py'))
    await until(async () => (await store.dagGet({ dag_id: 'kept' }))?.file === 'new.py')
    await service?.settled()
    expect(await store.dagGet({ dag_id: 'kept' })).toMatchObject({ is_stale: false, file: 'new.py' })
    expect((await record('new.py'))?.error).toBeNull()
  })

  test('a helper module, a data file, a new module and a Variable make new versions of the files that depend on them', async () => {
    await write(
      'team/a.py',
      dagText('a', 'import helper\nfrom airflow.models import Variable\nVariable.get("v", None)\ndef work():\n    import comes_later'),
    )
    await write('helper.py', 'X = 1\n')
    await write('other/b.py', dagText('b'))
    const running = await start()
    await write('helper.py', 'X = 2\n')
    await until(wasTold('a v2'))
    await write('team/data.json', '{}')
    await until(wasTold('a v3'))
    await write('comes_later.py', 'X = 3\n')
    await until(wasTold('a v4'))
    const before = running.status().parsed
    await store.variablePut({ key: 'v', value: '1', description: '', updated_at: 1 })
    running.variableChanged('v')
    running.variableChanged('nobody_asks')
    await running.settled()
    expect(running.status().parsed).toBe(before + 1)
    expect((await store.dagGet({ dag_id: 'b' }))?.version).toBe(1)
  })

  test('a Variable that was missing is set: the file that failed without it is parsed at once', async () => {
    await write('a.py', dagText('a', 'from airflow.models import Variable\nVariable.get("absent")'))
    const running = await start()
    expect((await record('a.py'))?.error?.message).toContain('absent')
    await store.variablePut({ key: 'absent', value: '1', description: '', updated_at: 1 })
    running.variableChanged('absent')
    await until(wasTold('a v1'))
  })

  test('a deleted DAG whose file still defines it comes back at once', async () => {
    await write('a.py', dagText('a'))
    const running = await start()
    await deleteDag('a')
    expect([running.dagDeleted('a'), running.reading()]).toEqual([['a.py'], { state: 'reading', waiting: 1 }])
    await running.settled()
    expect([told.map(({ changed }) => changed), running.reading()]).toEqual([[['a v1'], ['a v1']], { state: 'ready', waiting: 0 }])
  })

  test('the environment that a file asked for is one of its inputs', async () => {
    await write('a.py', dagText('a', 'import os\nos.environ.get("BUCKET")'))
    await (await start()).stop()
    const same = await start()
    expect(same.status().parsed).toBe(0)
    await same.stop()
    expect((await start({ environment: { PATH: process.env['PATH'], BUCKET: 'two' } })).status().parsed).toBe(1)
  })

  test('a burst of writes is one parse or two, and the last content wins', async () => {
    const running = await start()
    for (let n = 0; n < 50; n += 1) await write('a.py', dagText('a', `x = ${n}`))
    await until(async () => {
      const version = await store.dagVersionByNumber({ dag_id: 'a', version: (await store.dagGet({ dag_id: 'a' }))?.version ?? 0 })
      const bundle = await store.bundleGet({ hash: version?.bundle_hash ?? '' })
      const text = Buffer.from((await store.blobGet({ sha256: bundle?.files[0]?.sha256 ?? '' })) ?? []).toString()
      return text.includes('x = 49')
    })
    await running.settled()
    expect(running.status().parsed).toBeLessThanOrEqual(8)
  })

  test('a file that changes while it is parsed is parsed again, and what is stored is what lies there', async () => {
    // Edits itself once: what the first parse read is never what lies there afterwards.
    const text = `${dagText('a')}import os\ntext = open(__file__).read()\nif 'EDITED' not in text:\n    open(__file__, 'a').write('# EDITED\\n')\n`
    await write('a.py', text)
    const running = await start()
    await until(async () => (await record('a.py')) !== undefined)
    await running.settled()
    const version = await store.dagVersionByNumber({ dag_id: 'a', version: 1 })
    const bundle = await store.bundleGet({ hash: version?.bundle_hash ?? '' })
    expect(Buffer.from((await store.blobGet({ sha256: bundle?.files[0]?.sha256 ?? '' })) ?? []).toString()).toContain('# EDITED')
  })

  test('a folder that is a link and is swapped, as git-sync does, is read anew', async () => {
    for (const name of ['one', 'two']) {
      await mkdir(join(folder.path, name))
      await writeFile(join(folder.path, name, 'a.py'), dagText('a', `x = '${name}'`))
    }
    await rm(root(), { recursive: true })
    await symlink('one', root())
    await start()
    await symlink('two', join(folder.path, 'next'))
    await rename(join(folder.path, 'next'), root())
    await until(wasTold('a v2'))
  })
})

describe('bad files', () => {
  test('a failing file keeps its last good version, and is well again when it is mended', async () => {
    await write('a.py', dagText('a', 'import helper'))
    await write('helper.py', 'X = 1\n')
    await start()
    await write('helper.py', 'X = = 1\n')
    await until(async () => (await record('a.py'))?.error !== null)
    expect((await record('a.py'))?.error).toMatchObject({ kind: 'syntax' })
    expect((await record('a.py'))?.dag_ids).toEqual(['a'])
    expect(await store.dagGet({ dag_id: 'a' })).toMatchObject({ is_stale: false, version: 1 })
    expect(events.at(-1)).toEqual({ type: 'import_errors', count: 1 })
    await write('helper.py', 'X = 2\n')
    await until(async () => (await record('a.py'))?.error === null)
    await until(() => events.some((event) => event.type === 'import_errors' && event.count === 0))
    expect((await store.dagGet({ dag_id: 'a' }))?.version).toBe(2)
  })

  test('a hundred good files are stored beside poison, and each poison has its reason', async () => {
    for (let n = 0; n < 100; n += 1) await write(`good_${n}.py`, dagText(`good_${n}`))
    const poison: Record<string, [kind: string, text: string | Buffer]> = {
      'loop.py': ['timeout', 'while True: pass  # airflow dag'],
      'exit.py': ['exit', 'import sys  # airflow dag\nsys.exit(1)'],
      'os_exit.py': ['exit', 'import os  # airflow dag\nos._exit(1)'],
      'memory.py': ['memory', 'x = bytearray(10 * 1024**3)  # airflow dag'],
      'flood.py': ['import', 'import os  # airflow dag\nfor _ in range(300): os.write(1, b"x" * 1048576)\n1 / 0'],
      'bytes.py': ['encoding', Buffer.from([...Buffer.from('# airflow dag\nx = "'), 0xff, ...Buffer.from('"\n')])],
      'syntax.py': ['syntax', 'def airflow_dag(:'],
      'cycle.py': [
        'cycle',
        `${dagText('cycle')}from airflow.operators.bash import BashOperator\na, b = (BashOperator(task_id=n, bash_command='x', dag=dag) for n in 'ab')\na >> b >> a\n`,
      ],
      'segfault.py': ['crash', 'import os, signal  # airflow dag\nos.kill(os.getpid(), signal.SIGSEGV)'],
      'missing.py': ['import', 'from airflow import DAG\nimport not_there_at_all'],
    }
    for (const [file, [, text]] of Object.entries(poison)) await write(file, text)
    await start({ limits: { wall_seconds: 2 } })
    const records = await store.dagFileList()
    expect(records.filter(({ error }) => error === null)).toHaveLength(100)
    expect(Object.fromEntries(records.filter(({ error }) => error !== null).map(({ file, error }) => [file, error?.kind]))).toEqual(
      Object.fromEntries(Object.entries(poison).map(([file, [kind]]) => [file, kind])),
    )
  })

  test('a DAG id of another file is an import error of the later file; its other DAGs are stored, and it mends itself', async () => {
    await write('a.py', dagText('same'))
    await start()
    await write('b.py', `${dagText('same')}other = DAG('other', schedule=None)\n`)
    await until(async () => (await record('b.py'))?.error?.kind === 'duplicate')
    expect((await record('b.py'))?.error?.message).toContain('same (defined in a.py)')
    expect((await record('b.py'))?.dag_ids).toEqual(['other'])
    expect((await store.dagGet({ dag_id: 'same' }))?.file).toBe('a.py')
    await rm(join(root(), 'a.py'))
    await until(async () => (await store.dagGet({ dag_id: 'same' }))?.file === 'b.py')
    await until(async () => (await record('b.py'))?.error === null)
  })
})

describe('faults', () => {
  test('a parse host that is killed is replaced, and the file is parsed', async () => {
    await write('a.py', dagText('a', 'import os, signal\nif not os.path.exists("../killed"):\n    pass'))
    await write(
      'killer.py',
      dagText(
        'k',
        `import os, signal\nif not os.path.exists('${folder.path}/killed'):\n    open('${folder.path}/killed', 'w').close()\n    os.kill(os.getppid(), signal.SIGKILL)\n    signal.pause()`,
      ),
    )
    await start()
    expect((await store.dagFileList()).map(({ file, error }) => [file, error])).toEqual([
      ['a.py', null],
      ['killer.py', null],
    ])
  })

  test('a store that is away for a moment loses nothing', async () => {
    await write('a.py', dagText('a'))
    let failures = 2
    const flaky = new Proxy(store, {
      get(target, name) {
        if (name === 'dagFileSave' && failures-- > 0) return () => Promise.reject(new StoreUnavailable('away'))
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value as (...p: unknown[]) => unknown).bind(target) : value
      },
    })
    await start({ store: flaky })
    await until(wasTold('a v1'))
  })

  test('an engine that refused is told again', async () => {
    await write('a.py', dagText('a'))
    let refusals = 1
    const seen: string[] = []
    await start({
      engine: {
        dagsChanged: async ({ changed }) => {
          if (refusals-- > 0) throw new StoreUnavailable('not yet')
          seen.push(...changed.map(({ dag }) => dag.dag_id))
          wake()
        },
      },
    })
    await until(() => seen.includes('a'))
  })

  test('a folder that is missing keeps its DAGs and is said', async () => {
    await write('a.py', dagText('a'))
    await (await start()).stop()
    await rename(root(), `${root()}.away`)
    const running = await start()
    expect(running.status().notices.join()).toContain('is missing or cannot be read')
    expect((await store.dagGet({ dag_id: 'a' }))?.is_stale).toBe(false)
  })

  test('a folder that is suddenly empty keeps its DAGs for a while', async () => {
    await write('a.py', dagText('a'))
    await write('b.py', dagText('b'))
    await (await start()).stop()
    await rename(root(), `${root()}.away`)
    await mkdir(root())
    const running = await start()
    expect(running.status().notices.join()).toContain('is empty now; its 2 DAG files count as deleted')
    expect((await store.dagGet({ dag_id: 'a' }))?.is_stale).toBe(false)
  })

  test('without Python the service says what to do', async () => {
    service = null
    const without = new DagFilesService({
      store,
      ...COMMON,
      publish: () => undefined,
      engine: { dagsChanged: async () => undefined },
      dags_folder: root(),
      data_folder: join(folder.path, 'data'),
      python: '/no/such/python',
      package_folder: PACKAGE,
      paused_default: true,
      compat: 'auto',
      environment: {},
    })
    await expect(without.python()).rejects.toThrow('VORTEX_PYTHON is /no/such/python, which is no Python interpreter that starts')
    await without.stop()
  })
})
