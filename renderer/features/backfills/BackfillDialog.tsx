/** A new backfill: the range in the DAG's zone, what to do with dates that have a run, and exactly which runs will start. */
import { Alert, Button, Group, JsonInput, NumberInput, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconInfoCircle } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { DagDetail } from '#contract/dag.ts'
import type { BackfillBody } from '#contract/dagRun.ts'
import { REPROCESS_BEHAVIOURS } from '#contract/states.ts'
import { api } from '../../api/client.ts'
import { errorText } from '../../api/errors.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { timeParts } from '../../lib/time.ts'
import type { BackfillsSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import { tell, tellError } from '../../ui/act.ts'
import { BackfillPlan } from './BackfillPlan.tsx'
import { rangeFields, readRange } from './range.ts'
import { Dialog } from '../../ui/Dialog.tsx'

const text = strings.backfills
const TYPING_MS = 300

interface BackfillDialogProps {
  dag: DagDetail
  search: BackfillsSearch
  onClose: () => void
  onCreated: (id: number) => void
}

export function BackfillDialog({ dag, search, onClose, onCreated }: BackfillDialogProps) {
  const client = useQueryClient()
  const today = timeParts(new Date().toISOString(), dag.timezone).date
  const [fields, setFields] = useState(() => rangeFields(search, today))
  const [reprocess, setReprocess] = useState<(typeof REPROCESS_BEHAVIOURS)[number]>(search.again === true ? 'failed' : 'none')
  const [backwards, setBackwards] = useState(false)
  const [maxActive, setMaxActive] = useState<number | string>(Math.min(10, dag.max_active_runs))
  const [conf, setConf] = useState('')
  const range = readRange(fields, dag.timezone)
  const parsed = parseConf(conf)
  const max_active_runs = typeof maxActive === 'number' && maxActive >= 1 ? maxActive : 1
  const body: BackfillBody | null =
    'problem' in range || parsed === null ? null : { ...range, reprocess, run_backwards: backwards, max_active_runs, conf: parsed }
  const params = { dag_id: dag.id }
  const [asked] = useDebouncedValue(body === null ? null : JSON.stringify(body), TYPING_MS)
  const plan = useQuery({
    queryKey: queryKeys.backfillPlan(dag.id, { asked }),
    queryFn: () => api.createBackfill({ params, body: { ...(JSON.parse(asked ?? '{}') as BackfillBody), dry_run: true } }),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    // A run that ends meanwhile changes the answer.
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  const isOld = plan.isPlaceholderData || asked !== (body === null ? null : JSON.stringify(body))
  const create = useMutation({
    mutationFn: (wanted: BackfillBody) => api.createBackfill({ params, body: wanted }),
    onError: tellError,
    onSuccess: ({ backfill, intervals_queued }) => {
      tell(text.started(intervals_queued))
      void client.invalidateQueries({ queryKey: queryKeys.history(dag.id) })
      void client.invalidateQueries({ queryKey: queryKeys.runLists(dag.id) })
      if (backfill) onCreated(backfill.id)
      else onClose()
    },
  })
  const count = body === null ? 0 : (plan.data?.intervals_queued ?? 0)
  return (
    <Dialog size="lg" onClose={onClose} title={text.dialog(dag.id)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (body !== null && count > 0 && !isOld) create.mutate(body)
        }}
      >
        <Stack gap="sm">
          {dag.is_paused ? (
            <Alert p="xs" color="yellow" icon={<IconInfoCircle size={18} />}>
              {text.pausedDag}
            </Alert>
          ) : null}
          <div>
            <Group gap="sm" grow preventGrowOverflow={false} align="flex-start">
              {(['from', 'to'] as const).map((end) => (
                <TextInput
                  key={end}
                  type="datetime-local"
                  step={1}
                  miw={210}
                  label={text[end]}
                  {...(end === 'from' ? { 'data-autofocus': true } : {})}
                  value={fields[end]}
                  onChange={(event) => {
                    const { value } = event.currentTarget
                    setFields((before) => ({ ...before, [end]: value }))
                  }}
                  error={end === 'to' && 'problem' in range ? (range.problem === 'order' ? text.badRange : text.needDates) : null}
                />
              ))}
            </Group>
            <Text size="xs" c="dimmed" mt={4}>
              {text.rangeHint(dag.timezone)}
            </Text>
          </div>
          <Group gap="md" align="flex-end">
            <div>
              <Text size="sm" fw={500} mb={3} id="backfill-reprocess">
                {text.reprocess}
              </Text>
              <SegmentedControl
                size="xs"
                aria-labelledby="backfill-reprocess"
                value={reprocess}
                data={REPROCESS_BEHAVIOURS.map((value) => ({ value, label: text.reprocessOf[value] }))}
                onChange={(value) => {
                  setReprocess(REPROCESS_BEHAVIOURS.find((each) => each === value) ?? 'none')
                }}
              />
            </div>
            <NumberInput label={text.maxActive} size="xs" w={150} min={1} max={1000} value={maxActive} onChange={setMaxActive} />
          </Group>
          <Switch
            size="sm"
            label={text.backwards}
            checked={backwards}
            onChange={(event) => {
              setBackwards(event.currentTarget.checked)
            }}
          />
          <JsonInput
            label={text.conf}
            size="xs"
            autosize
            minRows={1}
            maxRows={8}
            value={conf}
            placeholder="{}"
            onChange={setConf}
            error={parsed === null ? strings.trigger.notObject : null}
            styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
          />
          {plan.isError ? (
            <Alert color="red" p="xs" role="alert">
              {errorText(plan.error)}
            </Alert>
          ) : body === null ? null : (
            <>
              <BackfillPlan intervals={plan.data?.intervals ?? null} isOld={isOld} zone={dag.timezone} />
              {plan.data?.left_out == null ? null : (
                <Text size="sm" c="dimmed">
                  {plan.data.left_out}
                </Text>
              )}
            </>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" disabled={count === 0 || isOld || plan.isError} loading={create.isPending}>
              {text.submit(count)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function parseConf(json: string): Record<string, unknown> | null {
  if (json.trim() === '') return {}
  try {
    const value = JSON.parse(json) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
