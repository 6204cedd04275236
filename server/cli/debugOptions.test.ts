import { expect, test } from 'vitest'
import type { DagTasks } from '#contract/dag.ts'
import { readDebug, whereItWaits } from './debugOptions.ts'

const dag = {
  dag_id: 'orders',
  tasks: [
    { id: 'load', task_type: 'python' },
    { id: 'copy', task_type: 'bash' },
  ],
} as DagTasks

test('an address is a host and a port, a port alone, or the one that debuggers try', () => {
  expect(readDebug({})).toBeNull()
  expect(readDebug({ debug: 'load' })).toEqual({ task_id: 'load', address: '127.0.0.1:5678' })
  expect(readDebug({ debug: 'load', debugAddress: '5700' })).toEqual({ task_id: 'load', address: '127.0.0.1:5700' })
  expect(readDebug({ debug: 'load', debugAddress: '0.0.0.0:5700' })).toEqual({ task_id: 'load', address: '0.0.0.0:5700' })
  expect(() => readDebug({ debug: 'load', debugAddress: 'here' })).toThrow('is no HOST:PORT')
  expect(() => readDebug({ debugAddress: '5700' })).toThrow('--debug TASK says which')
})

test('only a task of the DAG that is Python can wait for a debugger', () => {
  const at = (task_id: string): string => whereItWaits(dag, { task_id, address: '127.0.0.1:5678' })
  expect(at('load')).toContain('load waits for a debugger on 127.0.0.1:5678')
  expect(() => at('lod')).toThrow('orders has no task lod. It has: load, copy.')
  expect(() => at('copy')).toThrow('copy runs no Python: it is bash')
})
