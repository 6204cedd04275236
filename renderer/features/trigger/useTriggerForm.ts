/** The state of the trigger form: fields and JSON are two views of one conf, and neither loses what the other holds. */
import { useMemo, useState } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import type { FieldValue } from './paramForm.ts'
import { fieldsOf } from './paramForm.ts'
import { confProblems } from './paramSchema.ts'
import { beyond, confOf, defaultsOf, listOf, parseConf, valuesOf, type Conf } from './conf.ts'
import { inWords } from './problemWords.ts'

const asJson = (conf: Conf) => JSON.stringify(conf, null, 2)

export function useTriggerForm(dag: DagDetail, start: Conf | null) {
  const fields = useMemo(() => fieldsOf(dag.params), [dag.params])
  const first = useMemo(() => ({ ...defaultsOf(dag), ...start }), [dag, start])
  const [mode, setMode] = useState<'form' | 'json'>(fields.length === 0 ? 'json' : 'form')
  const [values, setValues] = useState(() => valuesOf(fields, first))
  const [extra, setExtra] = useState(() => beyond(fields, first))
  const [json, setJson] = useState(() => asJson(first))
  const [isTried, setTried] = useState(false)
  const [refused, setRefused] = useState<Record<string, string>>({})

  const form = confOf(fields, values)
  const parsed = parseConf(json)
  const conf = mode === 'form' ? { ...extra, ...form.conf } : parsed.conf
  // What could not be read from a field comes before what does not fit its schema.
  const fieldProblems = { ...confProblems(dag.params, { ...extra, ...form.conf }), ...form.problems }
  const jsonProblem = parsed.problem ?? listOf(confProblems(dag.params, parsed.conf ?? {}))
  const isWrong = mode === 'form' ? Object.keys(fieldProblems).length > 0 : jsonProblem !== null

  return {
    fields,
    mode,
    values,
    json,
    conf,
    isWrong,
    extraNames: Object.keys(extra),
    /** Shown once it was tried: nobody is scolded while typing. */
    problems: Object.fromEntries(
      Object.entries({ ...refused, ...(isTried ? fieldProblems : {}) }).map(([name, each]) => [name, inWords(each)]),
    ),
    jsonProblem: isTried ? jsonProblem : parsed.problem,
    jsonRefused: listOf(refused),
    setTried: () => {
      setTried(true)
      setRefused({})
    },
    setRefused,
    setJson,
    setValue: (name: string, value: FieldValue) => {
      setValues((before) => ({ ...before, [name]: value }))
      setRefused(({ [name]: _, ...rest }) => rest)
    },
    /** JSON that cannot be read stays where it is, with its error. */
    setMode: (next: 'form' | 'json') => {
      if (next === mode) return
      if (next === 'json') setJson(asJson({ ...extra, ...form.conf }))
      else if (parsed.conf === null) {
        setTried(true)
        return
      } else {
        setValues(valuesOf(fields, parsed.conf))
        setExtra(beyond(fields, parsed.conf))
      }
      setMode(next)
    },
    fill: (from: Conf) => {
      const whole = { ...defaultsOf(dag), ...from }
      setValues(valuesOf(fields, whole))
      setExtra(beyond(fields, whole))
      setJson(asJson(whole))
      setRefused({})
      setTried(false)
    },
  }
}
