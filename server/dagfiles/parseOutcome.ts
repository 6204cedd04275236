/** From what a parse found to what is stored: the server checks everything that a parser says, because authors' code ran in it. */
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { ParseResult, type DagSpec } from '#contract/dagSpec.ts'
import { compileGraph } from '#domain/graph.ts'
import { compileTimetable } from '#domain/schedule/timetable.ts'
import type { DagFileRecord } from '#db/records.ts'

/** A DAG id and task ids become parts of URLs. Letters of any script, as in python/vortex/definitions/names.py; twin of the contract's Key. */
const ID = /^[\p{L}\p{N}_.~:+-]{1,250}$/u

/**
 * Compiled, because it runs on the engine's own thread: a file of 100 DAGs takes 30 ms, and 1.2 s without. Compiling takes some 50 ms, so
 * a start with nothing to parse goes without.
 */
let isOfItsForm: ((result: unknown) => boolean) | undefined

type ImportError = NonNullable<DagFileRecord['error']>

/** The result as it may be stored: unchanged, or with an error that says what is wrong with it. */
export function checkedResult(result: ParseResult): ParseResult {
  const error = result.error ?? firstProblem(result)
  return error === null ? result : { ...result, dags: [], error }
}

function firstProblem(result: ParseResult): ImportError | null {
  if (isOfItsForm === undefined) {
    const compiled = Compile(ParseResult)
    isOfItsForm = (found) => compiled.Check(found)
  }
  if (!isOfItsForm(result)) {
    const [first] = Value.Errors(ParseResult, result)
    return invalid(
      `The parser's answer is not of its form: ${first?.instancePath ?? ''} ${first?.message ?? ''}. This is a defect of VORTEX or of a custom operator.`,
    )
  }
  const seen = new Set<string>()
  for (const spec of result.dags) {
    if (seen.has(spec.dag_id))
      return { ...invalid(`The file defines DAG "${spec.dag_id}" twice. Give one of them another dag_id.`), kind: 'duplicate' }
    seen.add(spec.dag_id)
    const problem = problemOf(spec)
    if (problem !== null) return invalid(`DAG "${spec.dag_id}": ${problem}`)
  }
  return null
}

function problemOf(spec: DagSpec): string | null {
  if (!ID.test(spec.dag_id)) return 'a dag_id has letters, digits, and _ - . ~ : + only, at most 250 characters.'
  const bad = spec.tasks.find((task) => !ID.test(task.task_id))
  if (bad !== undefined)
    return `task_id "${bad.task_id}" has other characters than letters, digits, and _ - . ~ : +, or more than 250 of them.`
  try {
    compileTimetable(spec.timetable)
  } catch (error) {
    return `its schedule cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    compileGraph(spec)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return null
}

function invalid(message: string): ImportError {
  return { kind: 'invalid', message, traceback: '', line: null }
}

/** The record of a file: what it was parsed from, and how that went. After an error its DAGs keep their last good versions. */
export function recordOf(p: { result: ParseResult; hash: string; now: number; known: DagFileRecord | null }): DagFileRecord {
  const { result, known } = p
  return {
    file: result.file,
    hash: p.hash,
    parsed_at: p.now,
    duration_ms: result.duration_ms,
    dag_ids: result.error === null ? result.dags.map(({ dag_id }) => dag_id) : (known?.dag_ids ?? []),
    inputs: inputsOf(result, known),
    error: result.error,
    fork_hazard: result.fork_hazard,
  }
}

/**
 * What makes the file be parsed again: the code of the bundle and what the parse read beside it. Data files below the DAG file's
 * folder are left out: inputHash.ts lists the folder. A parse that died named nothing; then the inputs of the last one hold.
 */
export function inputsOf(result: ParseResult, known: DagFileRecord | null): DagFileRecord['inputs'] {
  if (result.bundle_files.length === 0 && result.error !== null)
    return known?.inputs ?? { files: [], variables: [], connections: [], environment: [] }
  const folder = result.file.slice(0, result.file.lastIndexOf('/') + 1)
  const code = result.bundle_files
    .map(({ path }) => path)
    .filter((path) => path !== result.file && (path.endsWith('.py') || !path.startsWith(folder)))
  return { ...result.inputs, files: [...new Set([...code, ...result.inputs.files])].sort() }
}
