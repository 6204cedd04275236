import { CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { python } from '@codemirror/lang-python'
import { ensureSyntaxTree } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import { loadAuthorApi } from './authorApi.ts'
import { completePython, importFor, importPlace, isImported } from './pythonCompletion.ts'

/** Completes at the `|` of the text. */
async function at(text: string, explicit = false): Promise<CompletionResult | null> {
  const pos = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', ''), extensions: [python()] })
  ensureSyntaxTree(state, state.doc.length, 5000)
  return completePython(new CompletionContext(state, pos, explicit))
}
const labels = async (text: string, explicit = false) => (await at(text, explicit))?.options.map(({ label }) => label) ?? []

describe('completion of DAG files', () => {
  it('knows modules and what they hold', async () => {
    expect(await labels('from airflow.op|')).toContain('airflow.operators.bash')
    expect(await labels('from airflow.operators.bash import |')).toEqual(['BashOperator'])
    expect(await labels('from vortex import DAG, Ba|')).toContain('BashOperator')
  })
  it('offers an operator with what it asks for first, and each argument once', async () => {
    const found = (await at('BashOperator(task_id="a", |)'))?.options ?? []
    const names = found.map(({ label }) => label)
    expect(names[0]).toBe('bash_command=')
    expect(found[0]).toMatchObject({ detail: 'required', boost: 99 })
    expect(names).toEqual(expect.arrayContaining(['append_env=', 'retries=', 'trigger_rule=', 'secrets=']))
    expect(names).not.toContain('task_id=')
  })
  it('knows what the shipped plugins have, and which HttpOperator is meant', async () => {
    expect(await labels('from vortex.sensors import |')).toEqual(expect.arrayContaining(['FileSensor', 'S3KeySensor', 'HttpSensor']))
    const plugin = await labels('from vortex.operators import BashOperator, HttpOperator\nHttpOperator(|)')
    expect(plugin).toEqual(expect.arrayContaining(['url=', 'response_as=', 'retries=']))
    expect(plugin).not.toContain('response_check=')
    expect(await labels('from airflow.providers.http.operators.http import HttpOperator\nHttpOperator(|)')).toContain('response_check=')
    expect((await labels('x = HttpOp|')).filter((label) => label === 'HttpOperator')).toHaveLength(1)
  })
  it('knows decorators, their kinds and their arguments', async () => {
    expect(await labels('@task.|\ndef f(): ...')).toEqual(
      expect.arrayContaining(['bash', 'branch', 'python', 'sensor', 'short_circuit', 'virtualenv']),
    )
    const task = await labels('@task(|)\ndef f(): ...')
    expect(task).toEqual(expect.arrayContaining(['task_id=', 'retries=']))
    expect(task).not.toContain('python_callable=')
    expect(await labels('@dag(|)\ndef f(): ...')).toEqual(expect.arrayContaining(['schedule=', 'catchup=']))
  })
  it('knows values of rules, and the context within templates', async () => {
    expect(await labels('EmptyOperator(task_id="x", trigger_rule="|")')).toContain('all_done')
    expect(await labels('x = TriggerRule.|')).toContain('ALL_DONE')
    expect(await labels('BashOperator(bash_command="echo {{ d|")')).toContain('ds')
    expect(await labels('BashOperator(bash_command="echo {{ macros.|")')).toContain('ds_add')
    expect(await labels('BashOperator(bash_command="echo d|")')).toEqual([])
  })
  it('is silent in comments and behind unknown objects', async () => {
    expect(await labels('# Bash|')).toEqual([])
    expect(await labels('thing.|')).toEqual([])
  })
})

describe('an import that is missing', () => {
  it('comes from where the file imports already', async () => {
    const api = await loadAuthorApi()
    const bash = api.names.get('BashOperator')
    if (!bash) throw new Error('no BashOperator')
    expect(importFor(api, bash, '')).toBe('from vortex import BashOperator')
    expect(importFor(api, bash, 'from airflow import DAG\n')).toBe('from airflow.operators.bash import BashOperator')
    expect(importFor(api, bash, 'from airflow.sdk import dag\n')).toBe('from airflow.providers.standard.operators.bash import BashOperator')
  })
  it('is told from one that is there', () => {
    expect(isImported('from vortex import DAG, BashOperator\n', 'BashOperator')).toBe(true)
    expect(isImported('from vortex import (\n  DAG,\n  task,\n)\n', 'task')).toBe(true)
    expect(isImported('from vortex import task_group\n', 'task')).toBe(false)
    expect(isImported('x = BashOperator\n', 'BashOperator')).toBe(false)
  })
  it('stands below the imports, or below the head of the file', () => {
    const text = '"""Doc."""\nfrom a import b\nimport c\n\nx = 1\n'
    expect(text.slice(importPlace(text))).toBe('\nx = 1\n')
    expect(importPlace('"""Doc.\n\nMore."""\nx = 1\n')).toBe('"""Doc.\n\nMore."""\n'.length)
    expect(importPlace('x = 1\n')).toBe(0)
  })
})
