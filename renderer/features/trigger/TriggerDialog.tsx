/** Starting a run by hand: a form made from the params' JSON Schema, the same as JSON, and a logical date. */
import {
  Alert,
  Anchor,
  Button,
  Collapse,
  Group,
  JsonInput,
  Modal,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { dagQuery } from '../../api/queries.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { strings } from '../../strings.ts'
import { tell } from '../../ui/act.ts'
import { ImportFailure } from '../../ui/ImportFailure.tsx'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { ParamField } from './ParamField.tsx'
import { confProblems } from './paramSchema.ts'
import { fieldsOf, fromField, toField, type Field, type FieldValue } from './paramForm.ts'

const text = strings.trigger
type Conf = Record<string, unknown>
type Values = Record<string, FieldValue>

export function TriggerDialog({ dagId, onClose }: { dagId: string; onClose: () => void }) {
  const dag = useQuery(dagQuery(dagId))
  return (
    <Modal
      opened
      onClose={onClose}
      title={text.title(dag.data?.dag_display_name ?? dagId)}
      closeButtonProps={{ 'aria-label': strings.common.close }}
      styles={{ title: { overflowWrap: 'anywhere', lineHeight: 1.35 } }}
    >
      {dag.data ? (
        <TriggerForm key={dagId} dag={dag.data} onClose={onClose} />
      ) : dag.isError ? (
        <Failed error={dag.error} onRetry={() => void dag.refetch()} />
      ) : (
        <RowsSkeleton rows={4} />
      )}
    </Modal>
  )
}

function TriggerForm({ dag, onClose }: { dag: DagDetail; onClose: () => void }) {
  const fields = useMemo(() => fieldsOf(dag.params), [dag.params])
  const [mode, setMode] = useState<'form' | 'json'>(fields.length === 0 ? 'json' : 'form')
  const [values, setValues] = useState<Values>(() => valuesOf(fields, defaultsOf(dag)))
  const [json, setJson] = useState(() => JSON.stringify(defaultsOf(dag), null, 2))
  const [isTried, setTried] = useState(false)
  const [logicalDate, setLogicalDate] = useState('')
  const [runId, setRunId] = useState('')
  const [note, setNote] = useState('')
  const [unpause, setUnpause] = useState(false)
  const [isMore, more] = useDisclosure(false)
  const trigger = useTrigger(dag.id, onClose)
  const form = useRef<HTMLFormElement>(null)
  // The dialog may have been open, with its close button focused, before the DAG was read.
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus(), [])

  const formConf = confOf(fields, values)
  const jsonConf = parseConf(json)
  // What could not be read from a field comes before what does not fit its schema.
  const fieldProblems = { ...confProblems(dag.params, formConf.conf), ...formConf.problems }
  const jsonProblem = jsonConf.problem ?? listOf(confProblems(dag.params, jsonConf.conf ?? {}))
  const problems = mode === 'form' ? Object.keys(fieldProblems).length > 0 : jsonProblem !== null
  const switchMode = (next: string) => {
    if (next === 'json') setJson(JSON.stringify(formConf.conf, null, 2))
    // What the JSON holds beyond the declared params has no field: it stays in the JSON only while that is shown.
    else if (jsonConf.conf) setValues(valuesOf(fields, jsonConf.conf))
    setMode(next === 'json' ? 'json' : 'form')
  }
  const submit = () => {
    setTried(true)
    const conf = mode === 'form' ? formConf.conf : jsonConf.conf
    if (problems || conf === null) return
    trigger.mutate({
      unpause,
      body: {
        conf,
        ...(logicalDate === '' ? {} : { logical_date: `${logicalDate.length === 16 ? `${logicalDate}:00` : logicalDate}.000Z` }),
        ...(runId.trim() === '' ? {} : { run_id: runId.trim() }),
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      },
    })
  }
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack gap="sm">
        {dag.import_error === null ? null : (
          <Alert color="red" p="xs" icon={<IconAlertTriangle size={18} />}>
            <ImportFailure error={dag.import_error} version={dag.version} />
          </Alert>
        )}
        {dag.is_paused ? (
          <Alert color="yellow" p="xs" icon={<IconInfoCircle size={18} />}>
            <Group justify="space-between" gap="xs">
              <Text size="sm">{text.pausedHint}</Text>
              <Switch
                size="sm"
                label={text.unpauseToo}
                checked={unpause}
                onChange={(event) => {
                  setUnpause(event.currentTarget.checked)
                }}
              />
            </Group>
          </Alert>
        ) : null}
        {fields.length === 0 ? (
          <Text size="sm" c="dimmed">
            {text.noParams}
          </Text>
        ) : (
          <SegmentedControl
            size="xs"
            w={160}
            aria-label={text.enterAs}
            value={mode}
            onChange={switchMode}
            data={[
              { value: 'form', label: text.form },
              { value: 'json', label: text.json },
            ]}
          />
        )}
        {mode === 'form' ? (
          <Fields
            fields={fields}
            values={values}
            problems={isTried ? fieldProblems : {}}
            onChange={(name, value) => {
              setValues((before) => ({ ...before, [name]: value }))
            }}
          />
        ) : (
          <JsonInput
            label={text.conf}
            data-autofocus
            autosize
            minRows={fields.length === 0 ? 3 : 8}
            maxRows={18}
            value={json}
            onChange={setJson}
            error={isTried ? jsonProblem : jsonConf.problem}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
          />
        )}
        <Anchor component="button" type="button" size="sm" ta="left" onClick={more.toggle} aria-expanded={isMore}>
          {text.advanced}
        </Anchor>
        <Collapse expanded={isMore}>
          <Stack gap="sm">
            <TextInput
              type="datetime-local"
              step={1}
              label={text.logicalDate}
              description={text.logicalDateHint('UTC')}
              value={logicalDate}
              onChange={(event) => {
                setLogicalDate(event.currentTarget.value)
              }}
            />
            <TextInput
              label={text.runId}
              description={text.runIdHint}
              value={runId}
              maxLength={250}
              onChange={(event) => {
                setRunId(event.currentTarget.value)
              }}
            />
            <Textarea
              label={text.note}
              value={note}
              maxLength={2000}
              autosize
              minRows={1}
              onChange={(event) => {
                setNote(event.currentTarget.value)
              }}
            />
          </Stack>
        </Collapse>
        {trigger.error ? (
          <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
            {errorText(trigger.error)}
          </Alert>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button type="submit" loading={trigger.isPending}>
            {text.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface FieldsProps {
  fields: readonly Field[]
  values: Values
  problems: Record<string, string>
  onChange: (name: string, value: FieldValue) => void
}

function Fields({ fields, values, problems, onChange }: FieldsProps) {
  const sections = [...new Set(fields.map(({ section }) => section))]
  return sections.map((section) => (
    <Stack key={section ?? ''} gap="sm">
      {section === null ? null : (
        <Text size="sm" fw={600} mt={4}>
          {section}
        </Text>
      )}
      {fields
        .filter((field) => field.section === section)
        .map((field) => (
          <ParamField
            key={field.name}
            field={field}
            isFirst={field === fields[0]}
            value={values[field.name] ?? ''}
            problem={problems[field.name] ?? null}
            onChange={(value) => {
              onChange(field.name, value)
            }}
          />
        ))}
    </Stack>
  ))
}

function useTrigger(dagId: string, onDone: () => void) {
  const client = useQueryClient()
  const params = { dag_id: dagId }
  return useMutation({
    mutationFn: async ({ body, unpause }: { body: Parameters<typeof api.triggerDag>[0]['body']; unpause: boolean }) => {
      const run = await api.triggerDag({ params, body })
      if (unpause) await api.unpauseDag({ params })
      return run
    },
    onSuccess: (run) => {
      tell(
        <Group justify="space-between" gap="sm">
          <span style={{ overflowWrap: 'anywhere' }}>{text.started(run.run_id)}</span>
          <Link to="/dags/$dagId/runs/$runId" params={{ dagId, runId: run.run_id }}>
            {text.openRun}
          </Link>
        </Group>,
      )
      client.setQueryData(queryKeys.runDetail(run), run)
      void client.invalidateQueries({ queryKey: queryKeys.runLists(dagId) })
      void client.invalidateQueries({ queryKey: queryKeys.dag(dagId) })
      onDone()
    },
  })
}

function defaultsOf(dag: DagDetail): Conf {
  return Object.fromEntries(
    Object.entries(dag.params).flatMap(([name, { value, has_default }]) => (has_default ? [[name, value] as const] : [])),
  )
}
function valuesOf(fields: readonly Field[], conf: Conf): Values {
  return Object.fromEntries(fields.map((field) => [field.name, toField(field, conf[field.name])]))
}

/** Problems of several params as one sentence, or null. */
function listOf(problems: Record<string, string>): string | null {
  const list = Object.entries(problems).map(([name, problem]) => `${name} ${problem}`)
  return list.length === 0 ? null : text.params(list.join('; '))
}

const PROBLEMS = { required: text.required, number: text.number, json: text.badJson('') }

function confOf(fields: readonly Field[], values: Values): { conf: Conf; problems: Record<string, string> } {
  const conf: Conf = {}
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const result = fromField(field, values[field.name] ?? '')
    if ('problem' in result) problems[field.name] = PROBLEMS[result.problem]
    else conf[field.name] = result.value
  }
  return { conf, problems }
}

function parseConf(json: string): { conf: Conf | null; problem: string | null } {
  if (json.trim() === '') return { conf: {}, problem: null }
  try {
    const value = JSON.parse(json) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { conf: null, problem: text.notObject }
    return { conf: value as Conf, problem: null }
  } catch (error) {
    return { conf: null, problem: text.badJson(error instanceof Error ? error.message : String(error)) }
  }
}
