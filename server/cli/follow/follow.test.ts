import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { LiveEvent } from '#contract/events.ts'
import type { TaskInstanceState } from '#contract/states.ts'
import { connectionTo } from '../connection.ts'
import { makeScreen } from '../output.ts'
import { readEvents } from './eventStream.ts'
import { applyEvent, countStates, isEnded, taskKey, tryOf, type RunModel, type TaskLine } from './runModel.ts'
import { drawRun } from './treeView.ts'

const screen = makeScreen({ json: false, color: false, stdout: process.stdout, stderr: process.stderr })

function model(tasks: [string, TaskInstanceState, string[]?][]): RunModel {
  const lines = tasks.map(([task_id, state, groups = []]): TaskLine => ({
    task_id,
    map_index: -1,
    groups,
    state,
    try_number: 1,
    free_attempts: 0,
    start_time: null,
    end_time: null,
    state_reason: null,
  }))
  return {
    dag_id: 'etl',
    run_id: 'r1',
    state: 'running',
    state_reason: null,
    start_time: null,
    end_time: null,
    tasks: new Map(lines.map((line) => [taskKey(line), line])),
  }
}
const change = (task_id: string, state: TaskInstanceState, more: object = {}): LiveEvent => ({
  type: 'task_instance',
  dag_id: 'etl',
  run_id: 'r1',
  task_id,
  map_index: -1,
  state,
  try_number: 1,
  start_time: null,
  end_time: null,
  ...more,
})

describe('the run model', () => {
  test('takes events of its run only, and says whether one changed anything', () => {
    const run = model([['a', 'none']])
    expect(applyEvent(run, change('a', 'running'))).toBe(true)
    expect(applyEvent(run, change('a', 'running'))).toBe(false)
    expect(applyEvent(run, { ...change('a', 'failed'), run_id: 'r2' } as LiveEvent)).toBe(false)
    expect(run.tasks.get('a')?.state).toBe('running')
  })
  test('keeps a reason that was read when an event tells the same state again', () => {
    const run = model([['a', 'failed']])
    run.tasks.get('a')!.state_reason = 'exit 3'
    expect(applyEvent(run, change('a', 'failed'))).toBe(false)
    expect(run.tasks.get('a')?.state_reason).toBe('exit 3')
    applyEvent(run, change('a', 'running', { try_number: 2 }))
    expect(run.tasks.get('a')?.state_reason).toBeNull()
  })
  test('learns of mapped task instances that were not there before', () => {
    const run = model([['m', 'none', ['g']]])
    applyEvent(run, change('m', 'running', { map_index: 3 }))
    expect(run.tasks.get('m[3]')).toMatchObject({ groups: ['g'], state: 'running' })
    expect(countStates(run)).toMatchObject({ finished: 0, total: 2 })
  })
  test('counts no try for an attempt that goes on after a wait, and one for a retry', () => {
    const run = model([['a', 'running']])
    const tries = [
      change('a', 'deferred'),
      change('a', 'deferred'),
      change('a', 'running', { try_number: 2 }),
      change('a', 'up_for_retry', { try_number: 2 }),
      change('a', 'running', { try_number: 3 }),
    ].map((event) => {
      applyEvent(run, event)
      return tryOf(run.tasks.get('a')!)
    })
    expect(tries).toEqual([1, 1, 1, 1, 2])
  })
  test('ends with the run', () => {
    const run = model([])
    applyEvent(run, {
      type: 'dag_run',
      dag_id: 'etl',
      run_id: 'r1',
      run_type: 'manual',
      state: 'failed',
      logical_date: null,
      run_after: '2026-11-23T09:00:00.000Z',
      start_time: null,
      end_time: null,
      task_counts: {},
    })
    expect(isEnded(run)).toBe(true)
  })
})

describe('the tree', () => {
  const draw = (run: RunModel, rows: number, columns = 60): string[] => drawRun(run, { screen, size: { rows, columns }, now: 0 })
  test('shows groups with their tasks inside', () => {
    const run = model([
      ['start', 'success'],
      ['load.a', 'running', ['load']],
      ['load.deep.b', 'none', ['load', 'load.deep']],
      ['end', 'none'],
    ])
    expect(draw(run, 40).slice(1)).toEqual(['  ✓ start', '  load', '    ● a running', '    deep', '      · b none', '  · end none'])
  })
  test('keeps to the height, and shows first what somebody looks for', () => {
    const run = model([
      ...Array.from({ length: 500 }, (_, index): [string, TaskInstanceState] => [`done_${index}`, 'success']),
      ['broken', 'failed'],
      ['busy', 'running'],
    ])
    const lines = draw(run, 12)
    expect(lines.length).toBeLessThanOrEqual(12)
    expect(lines.join('\n')).toMatch(/✗ broken failed\n {2}● busy running\n {2}… and 494 more$/)
  })
  test('cuts long names instead of wrapping them', () => {
    for (const line of draw(model([['x'.repeat(300), 'running']]), 20, 40).slice(1)) expect(line.length).toBeLessThanOrEqual(40)
  })
})

describe('the event stream', () => {
  test('goes on after the last event, not after a beat, when the connection breaks', async () => {
    const seenIds: (string | undefined)[] = []
    const streams: ServerResponse[] = []
    const server = createServer((request, response) => {
      seenIds.push(request.headers['last-event-id'] as string | undefined)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const id = Number(request.headers['last-event-id'] ?? 0) + 1
      const beat = 'event: beat\ndata: {"server_time":"2026-11-23T09:00:00.000Z"}\n\n'
      const frame = `id: ${id}\ndata: ${JSON.stringify(change('a', id === 1 ? 'running' : 'success'))}\n\n${beat}`
      response.write(frame.slice(0, 30))
      setImmediate(() => response.write(frame.slice(30)))
      streams.push(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const connection = connectionTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null)
    const stop = new AbortController()
    const states: string[] = []
    let opened = 0
    await readEvents(
      connection,
      'etl',
      {
        onOpen: () => (opened += 1),
        onBreak: () => undefined,
        onEvent(event) {
          if (event.type === 'task_instance') states.push(event.state)
          if (states.length === 1) streams[0]?.destroy()
          else stop.abort()
        },
      },
      stop.signal,
    )
    expect(states).toEqual(['running', 'success'])
    expect(seenIds).toEqual([undefined, '1'])
    expect(opened).toBe(2)
    server.closeAllConnections()
    server.close()
  })

  test('a refusal ends it with the code of the server', async () => {
    const server = createServer((_request, response) =>
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"forbidden","message":"no"}'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const connection = connectionTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null)
    const handlers = { onOpen: () => undefined, onBreak: () => undefined, onEvent: () => undefined }
    await expect(readEvents(connection, 'etl', handlers, new AbortController().signal)).rejects.toMatchObject({ code: 'forbidden' })
    server.closeAllConnections()
    server.close()
  })
})
