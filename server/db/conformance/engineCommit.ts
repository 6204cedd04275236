import { describe, expect, test } from 'vitest'
import { AT, makeAttempt, makeBackfill, makeCommit, makeLedgerEntry, makeRun, makeTaskInstance, makeXCom } from '#testkit/makeRecords.ts'
import { StoreRefusedData } from '../store.ts'
import type { SubjectOf } from './subject.ts'

export function engineCommitConformance(subject: SubjectOf): void {
  describe('engineCommit', () => {
    fencing(subject)
    rows(subject)
    conflicts(subject)
    refusals(subject)
    deletions(subject)
  })
}

function fencing(subject: SubjectOf): void {
  test('of an older epoch is fenced and writes nothing', async () => {
    const s = subject()
    const version = await s.dag('fenced_epoch')
    const old = { ...(await s.lead()) }
    await s.lead()
    const run = makeRun(s.id(), 'fenced_epoch', version)
    expect(await s.store.engineCommit(makeCommit(old.epoch, old.commit_seq + 1, { dag_runs_insert: [run] }))).toEqual({ status: 'fenced' })
    expect(await s.store.dagRunGet(run)).toBeNull()
  })

  test('that is sent again answers committed and writes nothing twice', async () => {
    const s = subject()
    const version = await s.dag('repeated_seq')
    const term = await s.lead()
    const commit = makeCommit(term.epoch, term.commit_seq + 1, {
      dag_runs_insert: [makeRun(s.id(), 'repeated_seq', version)],
      ledger_insert: [makeLedgerEntry(s.id(), { dag_id: 'repeated_seq' })],
    })
    expect(await s.store.engineCommit(commit)).toEqual({ status: 'committed' })
    term.commit_seq++
    expect(await s.store.engineCommit(commit)).toEqual({ status: 'committed' })
    expect((await s.store.ledgerList({ dag_id: 'repeated_seq', limit: 10, offset: 0 })).total).toBe(1)
  })

  test('whose number leaves a gap is fenced', async () => {
    const s = subject()
    const term = await s.lead()
    expect(await s.store.engineCommit(makeCommit(term.epoch, term.commit_seq + 2))).toEqual({ status: 'fenced' })
  })

  test('continues the numbers of the term before', async () => {
    const s = subject()
    await s.lead()
    await s.commit({})
    const before = (await s.term()).commit_seq
    expect((await s.lead()).commit_seq).toBe(before)
    await s.commit({})
  })
}

function rows(subject: SubjectOf): void {
  test('stores every kind of row as it was given, unicode, quotes and braces included', async () => {
    const s = subject()
    const version = await s.dag('every_kind')
    const text = 'Zürich \u{1F680} "quoted" \\back {brace} \'single\', NULL\nline\ttab'
    const run = makeRun(s.id(), 'every_kind', version, {
      state: 'queued',
      run_type: 'scheduled',
      logical_date: AT,
      data_interval_start: AT - 86_400_000,
      data_interval_end: AT,
      conf: { z: 1, a: [text, null, { '\u0000': '\u0000' }], 'b c': 1.5 },
      note: text,
      task_counts: { none: 1, success: 2 },
      backfill_id: 7,
      start_time: AT + 1,
    })
    const task = makeTaskInstance(s.id(), run.id, {
      task_id: `group.${text}`,
      map_index: 3,
      note: text,
      priority_weight: 2 ** 40,
      state: 'queued',
      try_number: 1,
      lease_token: 'x',
    })
    const attempt = makeAttempt(task.id, 1, { reason: text, signal: 'SIGKILL', exit_code: -9, max_rss_bytes: 2 ** 41, pid: 4_000_000_000 })
    const xcom = makeXCom(run.id, task.task_id, { map_index: 3, value: JSON.stringify(text), size: 99 })
    const entry = makeLedgerEntry(s.id(), {
      dag_id: 'every_kind',
      dag_run_id: run.id,
      task_instance_id: task.id,
      attempt: 1,
      from_state: 'none',
      to_state: 'queued',
      message: text,
    })
    const backfill = makeBackfill(s.id(), 'every_kind', { conf: { text }, run_backwards: true })
    const interval = {
      backfill_id: backfill.id,
      ordinal: 0,
      logical_date: AT,
      data_interval_start: AT,
      data_interval_end: AT + 1,
      action: 'create' as const,
      run_id: 'x',
      dag_run_id: null,
    }
    await s.commit({
      dag_runs_insert: [run],
      task_instances_insert: [task],
      attempts_insert: [attempt],
      xcoms_put: [xcom],
      ledger_insert: [entry],
      backfills_insert: [{ backfill, intervals: [interval] }],
    })
    const stored = await s.store.dagRunGet(run)
    expect(stored).toEqual(run)
    expect(Object.keys(stored?.conf ?? {})).toEqual(['z', 'a', 'b c'])
    expect(await s.store.taskInstanceById({ id: task.id })).toEqual({ task_instance: task, run })
    expect(await s.store.attemptList({ task_instance_id: task.id })).toEqual([{ ...attempt, log_bytes: 0, log_truncated: false }])
    expect(await s.store.xcomGet(xcom)).toEqual(xcom)
    expect((await s.store.ledgerList({ task_instance_id: task.id, limit: 5, offset: 0 })).data).toEqual([
      { ...entry, run_id: run.run_id, task_id: task.task_id, map_index: 3 },
    ])
    const loaded = await s.store.engineLoad()
    expect(loaded.backfills).toContainEqual(backfill)
    expect(loaded.backfill_intervals).toContainEqual(interval)
  })

  test('replaces the NUL character, which PostgreSQL cannot store', async () => {
    const s = subject()
    const { tasks } = await s.run('nul_character', 1)
    const attempt = makeAttempt(tasks[0]!.id, 1, { reason: 'a\0b' })
    await s.commit({ attempts_insert: [attempt] })
    expect((await s.store.attemptList({ task_instance_id: tasks[0]!.id }))[0]?.reason).toBe('a\uFFFDb')
  })

  test('changes only the columns that are set, of rows inserted in the same commit too', async () => {
    const s = subject()
    const version = await s.dag('changed_columns')
    const run = makeRun(s.id(), 'changed_columns', version, { note: 'kept' })
    const task = makeTaskInstance(s.id(), run.id, { state: 'scheduled' })
    await s.commit({
      dag_runs_insert: [run],
      task_instances_insert: [task],
      attempts_insert: [makeAttempt(task.id, 1)],
      dag_runs_update: [{ id: run.id, set: { state: 'success', end_time: AT + 5, task_counts: { success: 1 } } }],
      task_instances_update: [
        { id: task.id, expect_state: 'scheduled', expect_try_number: 0, set: { state: 'queued', try_number: 1, lease_token: 'token' } },
      ],
      attempts_update: [
        { task_instance_id: task.id, attempt: 1, expect_lease_token: `lease-${task.id}-1`, set: { state: 'running', pid: 12 } },
      ],
      dags_update: [{ dag_id: 'changed_columns', set: { is_paused: false, next_run_after: AT + 9, consecutive_failed_runs: 2 } }],
    })
    expect(await s.store.dagRunGet(run)).toEqual({ ...run, state: 'success', end_time: AT + 5, task_counts: { success: 1 } })
    expect((await s.store.taskInstanceById({ id: task.id }))?.task_instance).toEqual({
      ...task,
      state: 'queued',
      try_number: 1,
      lease_token: 'token',
    })
    expect((await s.store.attemptList({ task_instance_id: task.id }))[0]).toMatchObject({ state: 'running', pid: 12, hostname: 'host' })
    expect(await s.store.dagGet({ dag_id: 'changed_columns' })).toMatchObject({
      is_paused: false,
      next_run_after: AT + 9,
      consecutive_failed_runs: 2,
      owner: 'airflow',
    })
  })

  test('sets a value back to null', async () => {
    const s = subject()
    const { run } = await s.run('back_to_null', 0, { end_time: AT, note: 'n' })
    await s.commit({ dag_runs_update: [{ id: run.id, set: { end_time: null, note: null } }] })
    expect(await s.store.dagRunGet(run)).toMatchObject({ end_time: null, note: null })
  })

  test('deletes XComs before it puts new ones, and putting one again replaces it', async () => {
    const s = subject()
    const { run } = await s.run('xcom_order', 0)
    await s.commit({ xcoms_put: [makeXCom(run.id, 'a', { key: 'old' }), makeXCom(run.id, 'a'), makeXCom(run.id, 'b')] })
    await s.commit({
      xcoms_delete: [{ dag_run_id: run.id, task_id: 'a', map_index: -1 }],
      xcoms_put: [makeXCom(run.id, 'a', { value: '"new"', size: 5 }), makeXCom(run.id, 'b', { value: '2' })],
    })
    const { data } = await s.store.xcomList({ dag_run_id: run.id, limit: 10, offset: 0 })
    expect(data.map((xcom) => [xcom.task_id, xcom.key])).toEqual([
      ['a', 'return_value'],
      ['b', 'return_value'],
    ])
    expect((await s.store.xcomGet({ dag_run_id: run.id, task_id: 'b', map_index: -1, key: 'return_value' }))?.value).toBe('2')
  })

  test('takes thousands of rows at once', async () => {
    const s = subject()
    const version = await s.dag('thousands')
    const run = makeRun(s.id(), 'thousands', version)
    const tasks = Array.from({ length: 3000 }, () => makeTaskInstance(s.id(), run.id))
    await s.commit({ dag_runs_insert: [run], task_instances_insert: tasks })
    await s.commit({
      task_instances_update: tasks.map(({ id }) => ({
        id,
        expect_state: 'none',
        expect_try_number: 0,
        set: { state: 'scheduled', scheduled_time: AT },
      })),
    })
    expect((await s.store.taskInstanceList({ dag_run_id: run.id, state: 'scheduled', limit: 1, offset: 0 })).total).toBe(3000)
  })

  test('updates backfills and their intervals', async () => {
    const s = subject()
    await s.dag('backfilled')
    const backfill = makeBackfill(s.id(), 'backfilled')
    const interval = {
      backfill_id: backfill.id,
      ordinal: 4,
      logical_date: AT,
      data_interval_start: AT,
      data_interval_end: AT,
      action: 'reprocess' as const,
      run_id: 'r',
      dag_run_id: null,
    }
    await s.commit({ backfills_insert: [{ backfill, intervals: [interval] }] })
    await s.commit({
      backfills_update: [{ id: backfill.id, set: { runs_created: 1, state: 'paused' } }],
      backfill_intervals_update: [{ backfill_id: backfill.id, ordinal: 4, dag_run_id: 77 }],
    })
    const loaded = await s.store.engineLoad()
    expect(loaded.backfills).toContainEqual({ ...backfill, runs_created: 1, state: 'paused' })
    expect(loaded.backfill_intervals).toContainEqual({ ...interval, dag_run_id: 77 })
  })
}

function conflicts(subject: SubjectOf): void {
  test.each([
    ['another state', { expect_state: 'running' as const, expect_try_number: 0 }],
    ['another try number', { expect_state: 'none' as const, expect_try_number: 1 }],
  ])('that expects %s is a conflict, names the row, and writes nothing at all', async (_, expectation) => {
    const s = subject()
    const name = `lost_race_${expectation.expect_try_number}`
    const { run, tasks } = await s.run(name, 2)
    const [good, bad] = tasks
    const outcome = await s.try({
      ledger_insert: [makeLedgerEntry(s.id(), { dag_id: name })],
      xcoms_put: [makeXCom(run.id, 'a')],
      dag_runs_update: [{ id: run.id, set: { note: 'half done' } }],
      task_instances_update: [
        { id: good!.id, expect_state: 'none', expect_try_number: 0, set: { state: 'scheduled' } },
        { id: bad!.id, ...expectation, set: { state: 'scheduled' } },
      ],
    })
    expect(outcome).toMatchObject({ status: 'conflict', detail: expect.stringContaining(`id=${bad!.id}`) as unknown })
    expect((await s.store.dagRunGet(run))?.note).toBeNull()
    expect((await s.store.taskInstanceById({ id: good!.id }))?.task_instance.state).toBe('none')
    expect(await s.store.xcomGet(makeXCom(run.id, 'a'))).toBeNull()
    expect((await s.store.ledgerList({ dag_id: name, limit: 5, offset: 0 })).total).toBe(0)
    // Its number was not used either.
    await s.commit({ task_instances_update: [{ id: good!.id, expect_state: 'none', expect_try_number: 0, set: { state: 'scheduled' } }] })
  })

  test('with a stale lease token changes nothing', async () => {
    const s = subject()
    const { tasks } = await s.run('stale_lease', 1)
    const id = tasks[0]!.id
    await s.commit({ attempts_insert: [makeAttempt(id, 1)] })
    const outcome = await s.try({
      attempts_update: [{ task_instance_id: id, attempt: 1, expect_lease_token: 'somebody else', set: { state: 'success' } }],
    })
    expect(outcome.status).toBe('conflict')
    expect(JSON.stringify(outcome)).not.toContain('somebody else')
    expect((await s.store.attemptList({ task_instance_id: id }))[0]?.state).toBe('queued')
  })

  test('of a second run for the same logical date and type is a conflict, of another type is not', async () => {
    const s = subject()
    const version = await s.dag('unique_date')
    const at = { logical_date: AT, run_type: 'scheduled' as const }
    await s.commit({ dag_runs_insert: [makeRun(s.id(), 'unique_date', version, at)] })
    expect((await s.try({ dag_runs_insert: [makeRun(s.id(), 'unique_date', version, at)] })).status).toBe('conflict')
    await s.commit({ dag_runs_insert: [makeRun(s.id(), 'unique_date', version, { ...at, run_type: 'manual' })] })
    await s.commit({ dag_runs_insert: [makeRun(s.id(), 'unique_date', version), makeRun(s.id(), 'unique_date', version)] })
  })

  test('of rows that exist already, or hang on rows that do not, is a conflict', async () => {
    const s = subject()
    const { run, tasks } = await s.run('unique_rows', 1)
    const task = tasks[0]!
    await s.commit({ attempts_insert: [makeAttempt(task.id, 1)] })
    const attempts = [
      { dag_runs_insert: [{ ...run, id: s.id() }] },
      { task_instances_insert: [{ ...task, id: s.id() }] },
      { attempts_insert: [makeAttempt(task.id, 1, { lease_token: 'other' })] },
      { task_instances_insert: [makeTaskInstance(s.id(), 999_999_999)] },
      { dag_runs_update: [{ id: 999_999_999, set: { note: 'x' } }] },
      { dags_update: [{ dag_id: 'no such DAG', set: { is_paused: true } }] },
    ]
    for (const change of attempts) expect((await s.try(change)).status, JSON.stringify(change)).toBe('conflict')
  })

  test('of many new rows of which one exists already is a conflict that names it, and writes none of them', async () => {
    const s = subject()
    const { run, tasks } = await s.run('unique_among_many', 1)
    const fresh = Array.from({ length: 20 }, (_, i) => makeTaskInstance(s.id(), run.id, { task_id: `fresh_${i}` }))
    const known = { ...tasks[0]!, task_id: 'known' }
    const outcome = await s.try({ task_instances_insert: fresh.toSpliced(10, 0, known) })
    expect(outcome).toMatchObject({ status: 'conflict', detail: expect.stringContaining(String(known.id)) as unknown })
    expect((await s.store.engineRunLoad(run))?.task_instances).toHaveLength(1)
    await s.commit({ task_instances_insert: fresh })
    expect((await s.store.engineRunLoad(run))?.task_instances).toHaveLength(21)
  })

  test('with a state that does not exist fails and writes nothing', async () => {
    const s = subject()
    const { run } = await s.run('no_such_state', 0)
    await expect(s.try({ dag_runs_update: [{ id: run.id, set: { state: 'exploded' as never } }] })).rejects.toThrow()
    expect((await s.store.dagRunGet(run))?.state).toBe('running')
    await s.commit({})
  })
}

function refusals(subject: SubjectOf): void {
  const beyond = [
    ['a whole number', { max_tries: 2 ** 63 }],
    ['an instant', { next_try_at: 1e19 }],
    ['a state', { state: 'asleep' as 'none' }],
    ['what may not be null', { pool: null as unknown as string }],
  ] as const
  test.each(beyond)('refuses %s that cannot be stored as bad data, writes nothing, and the number stays free', async (name, set) => {
    const s = subject()
    const dag_id = `refused_${name.replaceAll(' ', '_')}`
    const { run, tasks } = await s.run(dag_id, 2)
    const [task, other] = tasks as [(typeof tasks)[0], (typeof tasks)[0]]
    const more = makeTaskInstance(s.id(), run.id)
    await expect(s.try({ task_instances_insert: [{ ...more, ...set }] })).rejects.toBeInstanceOf(StoreRefusedData)
    const update = (id: number, change: object) => ({ id, expect_state: 'none' as const, expect_try_number: 0, set: change })
    await expect(s.try({ task_instances_update: [update(other.id, { try_number: 1 }), update(task.id, set)] })).rejects.toMatchObject({
      name: 'StoreRefusedData',
      message: expect.stringMatching(/./) as string,
    })
    expect(await s.store.taskInstanceById({ id: more.id })).toBeNull()
    expect((await s.store.taskInstanceById({ id: other.id }))?.task_instance).toEqual(other)
    await s.commit({ task_instances_update: [update(other.id, { try_number: 1 })] })
  })
}

function deletions(subject: SubjectOf): void {
  test('deletes a run with everything that hangs on it, and its ids never come again', async () => {
    const s = subject()
    const { run, tasks } = await s.run('deleted_run', 2)
    const task = tasks[1]!
    await s.commit({
      attempts_insert: [makeAttempt(task.id, 1)],
      xcoms_put: [makeXCom(run.id, 'a')],
      ledger_insert: [
        makeLedgerEntry(s.id(), { dag_id: 'deleted_run', dag_run_id: run.id, task_instance_id: task.id }),
        makeLedgerEntry(s.id(), { dag_id: 'deleted_run' }),
      ],
    })
    await s.store.logAppend({ task_instance_id: task.id, attempt: 1, offset: 0, bytes: Buffer.from('log') })
    const before = (await s.store.engineLoad()).max_ids
    await s.commit({
      dag_runs_delete: [run.id],
      ledger_insert: [makeLedgerEntry(s.id(), { dag_id: 'deleted_run', kind: 'dag_run.deleted' })],
    })
    expect(await s.store.dagRunGet(run)).toBeNull()
    expect(await s.store.taskInstanceById({ id: task.id })).toBeNull()
    expect(await s.store.attemptList({ task_instance_id: task.id })).toEqual([])
    expect(await s.store.xcomGet(makeXCom(run.id, 'a'))).toBeNull()
    expect((await s.store.dagRunList({ dag_id: 'deleted_run', limit: 5, offset: 0 })).total).toBe(0)
    expect(await s.store.ledgerList({ dag_id: 'deleted_run', limit: 5, offset: 0 })).toMatchObject({
      total: 2,
      data: [{ kind: 'dag_run.deleted' }, {}],
    })
    await expect.poll(() => s.store.logStat({ task_instance_id: task.id, attempt: 1 })).toBeNull()
    const after = (await s.store.engineLoad()).max_ids
    expect(after.dag_run).toBe(before.dag_run)
    expect(after.task_instance).toBe(before.task_instance)
  })

  test('deletes a DAG with its versions, runs and backfills, and leaves others alone', async () => {
    const s = subject()
    const { run } = await s.run('deleted_dag', 1)
    const other = await s.run('kept_dag', 1)
    await s.commit({ backfills_insert: [{ backfill: makeBackfill(s.id(), 'deleted_dag'), intervals: [] }] })
    await s.commit({ dags_delete: ['deleted_dag'] })
    expect(await s.store.dagGet({ dag_id: 'deleted_dag' })).toBeNull()
    expect(await s.store.dagVersionGet({ id: run.dag_version_id })).toBeNull()
    expect((await s.store.backfillList({ dag_id: 'deleted_dag', limit: 5, offset: 0 })).total).toBe(0)
    expect((await s.store.dagRunList({ dag_id: 'deleted_dag', limit: 5, offset: 0 })).total).toBe(0)
    expect(await s.store.dagRunGet(other.run)).not.toBeNull()
    // A DAG of that name may come again.
    await s.dag('deleted_dag')
  })
}
