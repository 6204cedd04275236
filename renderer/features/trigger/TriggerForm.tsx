/** The trigger form: params as fields or as JSON, and below them what belongs to the run itself. */
import {
  Alert,
  Anchor,
  Button,
  Collapse,
  Group,
  JsonInput,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import { VortexError } from '#contract/errors.ts'
import { errorText } from '../../api/errors.ts'
import { unpausePreviewQuery } from '../../api/queries/schedule.ts'
import { strings } from '../../strings.ts'
import { ImportFailure } from '../../ui/ImportFailure.tsx'
import { UnpauseConsequences } from '../schedule/index.ts'
import { serverProblems, type Conf } from './conf.ts'
import { FillMenu } from './FillMenu.tsx'
import { instantOf } from './instantOf.ts'
import { LogicalDateField, type LogicalDate } from './LogicalDateField.tsx'
import { ParamFields } from './ParamFields.tsx'
import classes from './TriggerForm.module.css'
import type { TriggerBody } from './runIdentity.ts'
import { useTrigger } from './useTrigger.tsx'
import { inUtc } from './paramForm.ts'
import { useTriggerForm } from './useTriggerForm.ts'

const text = strings.trigger
const RUN_ID = /^[A-Za-z0-9_.~:+-]*$/

interface TriggerFormProps {
  dag: DagDetail
  start: { conf: Conf; from: string } | null
  /** Instant that it starts with. */
  logicalDate: string | null
  onClose: () => void
}

export function TriggerForm({ dag, start, logicalDate, onClose }: TriggerFormProps) {
  const form = useTriggerForm(dag, start?.conf ?? null)
  const [filledFrom, setFilledFrom] = useState(start?.from ?? null)
  const [date, setDate] = useState<LogicalDate>(logicalDate === null ? { kind: 'now', at: '' } : { kind: 'date', at: inUtc(logicalDate) })
  const [runId, setRunId] = useState('')
  const [note, setNote] = useState('')
  const [unpause, setUnpause] = useState(false)
  const [isTried, setTried] = useState(false)
  const [isMore, more] = useDisclosure(logicalDate !== null)
  const trigger = useTrigger(dag, onClose)
  const element = useRef<HTMLFormElement>(null)
  // The dialog may have been open, with its close button focused, before the DAG was read.
  useEffect(() => element.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus(), [])
  const refusal = refusedPart(trigger.error)
  const isDateMissing = date.kind === 'date' && date.at === ''
  const isRunIdWrong = !RUN_ID.test(runId.trim())

  const submit = () => {
    form.setTried()
    setTried(true)
    if (form.isWrong || form.conf === null || isDateMissing || isRunIdWrong) {
      // The first wrong field is where the work is.
      setTimeout(() => element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return
    }
    const body: TriggerBody = {
      conf: form.conf,
      ...(date.kind === 'none' ? { logical_date: null } : date.kind === 'date' ? { logical_date: instantOf(date.at) } : {}),
      ...(runId.trim() === '' ? {} : { run_id: runId.trim() }),
      ...(note.trim() === '' ? {} : { note: note.trim() }),
    }
    trigger.mutate(
      { unpause, body },
      {
        onError: (error) => {
          const problems = error instanceof VortexError ? serverProblems(error.details) : {}
          form.setRefused(problems)
          if (refusedPart(error) !== null) more.open()
        },
      },
    )
  }
  return (
    <form
      ref={element}
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
        {dag.is_paused ? <Paused dag={dag} unpause={unpause} onChange={setUnpause} /> : null}
        <Group justify="space-between" gap="xs">
          {form.fields.length === 0 ? (
            <Text size="sm" c="dimmed" flex={1}>
              {text.noParams}
            </Text>
          ) : (
            <SegmentedControl
              size="xs"
              w={160}
              aria-label={text.enterAs}
              value={form.mode}
              onChange={(next) => {
                form.setMode(next === 'json' ? 'json' : 'form')
              }}
              data={[
                { value: 'form', label: text.form },
                { value: 'json', label: text.json },
              ]}
            />
          )}
          <FillMenu
            dag={dag}
            conf={form.conf}
            onFill={(conf, from) => {
              form.fill(conf)
              setFilledFrom(from)
            }}
          />
        </Group>
        {filledFrom === null ? null : (
          <Text size="xs" c="dimmed" role="status" style={{ overflowWrap: 'anywhere' }}>
            {text.filled(filledFrom)}
          </Text>
        )}
        {form.mode === 'form' ? (
          <>
            <ParamFields fields={form.fields} values={form.values} problems={form.problems} onChange={form.setValue} />
            {form.extraNames.length === 0 ? null : (
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {text.extra(form.extraNames.join(', '))}
              </Text>
            )}
          </>
        ) : (
          <JsonInput
            label={text.conf}
            data-autofocus
            autosize
            minRows={form.fields.length === 0 ? 3 : 8}
            maxRows={18}
            value={form.json}
            onChange={form.setJson}
            error={form.jsonProblem ?? form.jsonRefused}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
          />
        )}
        <Anchor component="button" type="button" size="sm" ta="left" onClick={more.toggle} aria-expanded={isMore}>
          {text.advanced}
        </Anchor>
        <Collapse expanded={isMore}>
          <Stack gap="sm">
            <LogicalDateField
              dag={dag}
              value={date}
              error={isTried && isDateMissing ? text.dateWrong : refusal === 'logical_date' ? errorText(trigger.error) : null}
              isOpen={isMore}
              onChange={setDate}
            />
            <TextInput
              label={text.runId}
              description={text.runIdHint}
              value={runId}
              maxLength={250}
              error={isRunIdWrong ? text.runIdWrong : refusal === 'run_id' ? errorText(trigger.error) : undefined}
              onChange={(event) => {
                setRunId(event.currentTarget.value)
              }}
            />
            <Textarea
              label={text.note}
              description={text.noteHint}
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
        <Group justify="flex-end" gap="xs" className={classes['foot'] ?? ''}>
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

/** The field that a refusal is about, if it is one of the run's own. */
function refusedPart(error: Error | null): 'logical_date' | 'run_id' | null {
  if (!(error instanceof VortexError)) return null
  const { field } = (error.details ?? {}) as { field?: unknown }
  if (field === 'logical_date') return 'logical_date'
  if (field === 'run_id' || /run id/i.test(error.message)) return 'run_id'
  if (error.code !== 'conflict') return null
  return /manual run for/.test(error.message) ? 'logical_date' : 'run_id'
}

function Paused({ dag, unpause, onChange }: { dag: DagDetail; unpause: boolean; onChange: (unpause: boolean) => void }) {
  const preview = useQuery({ ...unpausePreviewQuery(dag.id), enabled: unpause })
  return (
    <Alert color="yellow" p="xs" icon={<IconInfoCircle size={18} />}>
      <Group justify="space-between" gap="xs">
        <Text size="sm">{text.pausedHint}</Text>
        <Switch
          size="sm"
          label={text.unpauseToo}
          checked={unpause}
          onChange={(event) => {
            onChange(event.currentTarget.checked)
          }}
        />
      </Group>
      {unpause && preview.data ? <UnpauseConsequences preview={preview.data} zone={dag.timezone} /> : null}
      {unpause && preview.isError ? <Text size="sm">{strings.unpause.unknown(errorText(preview.error))}</Text> : null}
    </Alert>
  )
}
