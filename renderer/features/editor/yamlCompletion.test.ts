import { CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import { yamlCompletion, type YamlSchema } from './yamlCompletion.ts'
import schemaOfDags from '../../../python/vortex/factory/dag-schema.json' with { type: 'json' }
import { mayHoldDags } from './dagSchema.ts'
import { yamlPlace } from './yamlPath.ts'

const SCHEMA: YamlSchema = {
  properties: { default_args: { properties: { retries: {}, owner: {} } }, paused: { type: 'boolean' } },
  additionalProperties: { $ref: '#/$defs/dag' },
  $defs: {
    dag: {
      required: ['schedule'],
      properties: {
        schedule: { description: 'When it runs.' },
        tasks: { items: { $ref: '#/$defs/task' } },
        catchup: { anyOf: [{ type: 'boolean' }, { enum: ['default'] }] },
      },
    },
    task: { properties: { task_id: {}, operator: { enum: ['bash', 'python'] }, dependencies: { items: { type: 'string' } } } },
  },
}

function at(text: string, explicit = true): CompletionResult | null {
  const pos = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', '') })
  return yamlCompletion(SCHEMA)(new CompletionContext(state, pos, explicit)) as CompletionResult | null
}
const labels = (text: string) => at(text)?.options.map(({ label }) => label) ?? []

describe('completion of YAML by a schema', () => {
  it('offers the keys of the mapping around, without those that it has', () => {
    expect(labels('default_args:\n  owner: x\n  |\n')).toEqual(['retries'])
    expect(labels('|\npaused: true\n')).toEqual(['default_args'])
    expect(at('my_dag:\n  |')?.options[0]).toMatchObject({
      label: 'schedule',
      detail: 'required',
      info: 'When it runs.',
      apply: 'schedule: ',
    })
  })
  it('goes into lists, however they are indented', () => {
    expect(labels('my_dag:\n  tasks:\n    - task_id: a\n      |')).toEqual(['operator', 'dependencies'])
    expect(labels('my_dag:\n  tasks:\n  - task_id: a\n    op|')).toEqual(['operator', 'dependencies'])
    expect(labels('my_dag:\n  tasks:\n    - task_id: a\n    - |')).toEqual(['task_id', 'operator', 'dependencies'])
  })
  it('offers values of closed lists and switches', () => {
    expect(labels('my_dag:\n  tasks:\n    - operator: |')).toEqual(['bash', 'python'])
    expect(labels('my_dag:\n  catchup: |').sort()).toEqual(['default', 'false', 'true'])
    expect(labels('paused: t|')).toEqual(['true', 'false'])
  })
  it('is silent in comments, for unknown keys, and on an empty line unless asked', () => {
    expect(labels('# def|')).toEqual([])
    expect(labels('default_args:\n  nothing:\n    |')).toEqual([])
    expect(at('default_args:\n  |', false)).toBeNull()
  })
})

describe('completion by the schema of DAG files', () => {
  const dags = schemaOfDags as YamlSchema
  const offered = (text: string) => {
    const pos = text.indexOf('|')
    const state = EditorState.create({ doc: text.replace('|', '') })
    const found = yamlCompletion(dags)(new CompletionContext(state, pos, true)) as CompletionResult | null
    return found?.options.map(({ label }) => label) ?? []
  }
  const task = (lines: string) => `dags:\n  a:\n    tasks:\n      t:\n${lines}`
  it('begins with the keys of a file', () => {
    expect(offered('|')).toEqual(expect.arrayContaining(['dags', 'default_args', 'defaults']))
    expect(offered('|')).not.toContain('schedule')
    expect(offered('id: a\n|')).toEqual(expect.arrayContaining(['schedule', 'tasks']))
    expect(offered('dags:\n  a:\n    |')).toEqual(expect.arrayContaining(['schedule', 'tasks', 'catchup', 'params']))
    expect(offered('dags:\n  a:\n    |')).not.toContain('schedule_interval')
    expect(offered('dags:\n  a:\n    default_args:\n      |')).toEqual(expect.arrayContaining(['retries', 'owner', 'retry_delay']))
  })
  it('offers operators, and the arguments of the one that was chosen', () => {
    expect(offered(task('        operator: |'))).toEqual(expect.arrayContaining(['bash', 'python', 'file_sensor']))
    const bash = offered(task('        operator: bash\n        |'))
    expect(bash).toEqual(expect.arrayContaining(['bash_command', 'env', 'retries', 'dependencies']))
    expect(bash).not.toContain('python_callable')
    expect(bash).not.toContain('operator')
    expect(offered(task('        |\n        operator: PythonOperator'))).toContain('python_callable')
    expect(offered('dags:\n  a:\n    tasks:\n      - task_id: t\n        operator: python\n        |')).toContain('op_kwargs')
  })
  it('offers values of closed lists', () => {
    expect(offered(task('        trigger_rule: |'))).toEqual(expect.arrayContaining(['all_success', 'all_done']))
    expect(offered(task('        operator: file_sensor\n        mode: |'))).toEqual(expect.arrayContaining(['poke', 'reschedule']))
    expect(offered('dags:\n  a:\n    catchup: |')).toEqual(['true', 'false'])
  })
})

it('leaves YAML files of other kinds alone', () => {
  expect(mayHoldDags('')).toBe(true)
  expect(mayHoldDags('dags:\n  a:\n')).toBe(true)
  expect(mayHoldDags('apiVersion: v1\nkind: Pod\n')).toBe(false)
})

describe('yamlPlace', () => {
  it('leaves a mapping where the indent ends', () => {
    const lines = ['a:', '  b:', '    c: 1', 'd:', '  ']
    expect(yamlPlace(lines, 4, '  ')).toEqual({ path: ['d'], is: 'key', typed: '', siblings: [], values: {} })
    expect(yamlPlace(lines, 2, '    c: 1')).toMatchObject({ path: ['a', 'b', 'c'], is: 'value', typed: '1' })
  })
})
