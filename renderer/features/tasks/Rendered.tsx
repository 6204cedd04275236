/** The template fields of an attempt: what the DAG says beside what the attempt got. */
import { Alert, Select, Text } from '@mantine/core'
import { IconTemplate } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { TaskInstance } from '#contract/taskInstance.ts'
import type { RenderedFields } from '#contract/taskViews.ts'
import { attemptsQuery } from '../../api/queries.ts'
import { renderedQuery } from '../../api/queries/taskViews.ts'
import { strings } from '../../strings.ts'
import { CopyIcon } from '../../ui/CopyIcon.tsx'
import { Empty, Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import { stateWord } from '../../ui/StateBadge.tsx'
import classes from './Rendered.module.css'

const text = strings.rendered

interface RenderedProps {
  task: TaskInstance
  /** undefined = the newest. */
  attempt: number | undefined
  onAttempt: (attempt: number | undefined) => void
}

export function Rendered({ task, attempt, onAttempt }: RenderedProps) {
  const shown = attempt ?? Math.max(1, task.try_number)
  const rendered = useQuery(renderedQuery({ ...refOf(task), attempt: shown }))
  const attempts = useQuery(attemptsQuery(task)).data?.data ?? []
  if (rendered.isError) return <Failed error={rendered.error} onRetry={() => void rendered.refetch()} />
  if (!rendered.data) return <RowsSkeleton rows={4} />
  const { fields, is_rendered, has_templates } = rendered.data
  if (fields.length === 0) return <Empty title={text.none} text={text.noneText} icon={IconTemplate} />
  return (
    <>
      {attempts.length > 1 ? (
        <Select
          size="xs"
          w={190}
          mb="sm"
          aria-label={strings.tasks.columns.attempt}
          allowDeselect={false}
          value={String(shown)}
          data={attempts.toReversed().map((each) => ({
            value: String(each.attempt),
            label: `${strings.tasks.attempt(each.attempt)} · ${stateWord(each.state)}`,
          }))}
          onChange={(value) => {
            onAttempt(value === null || Number(value) === task.try_number ? undefined : Number(value))
          }}
        />
      ) : null}
      {is_rendered ? null : (
        <Alert color="gray" mb="sm" icon={<IconTemplate size={18} />}>
          {has_templates ? (task.try_number === 0 ? text.notYet : text.missing) : text.plain}
        </Alert>
      )}
      {fields.map((field) => (
        <Field key={field.name} field={field} isRendered={is_rendered} />
      ))}
    </>
  )
}

const refOf = ({ dag_id, run_id, task_id, map_index }: TaskInstance) => ({ dag_id, run_id, task_id, map_index })

function Field({ field, isRendered }: { field: RenderedFields['fields'][number]; isRendered: boolean }) {
  const raw = inWords(field.raw)
  const rendered = field.rendered ?? raw
  const isSame = raw === rendered
  return (
    <section className={classes['field']} aria-label={field.name}>
      <Text component="h2" size="sm" fw={600} className="mono" m={0} mb={4}>
        {field.name}
        {isRendered && isSame ? <span className={classes['same']}>{text.same}</span> : null}
      </Text>
      <div className={classes['sides']} data-single={isSame || undefined}>
        {isSame ? null : <Side title={text.raw} value={raw} />}
        <Side title={isRendered ? text.rendered : text.raw} value={rendered} isCut={field.is_cut} />
      </div>
    </section>
  )
}

function Side({ title, value, isCut = false }: { title: string; value: string; isCut?: boolean }) {
  return (
    <div className={classes['side']}>
      <div className={classes['head']}>
        <span>{title}</span>
        <CopyIcon text={() => value} label={text.copy(title)} />
      </div>
      {/* Scrolls by itself, so the keyboard must reach it. */}
      <pre className={classes['text']} tabIndex={0} aria-label={title}>
        {value}
      </pre>
      {isCut ? <p className={classes['cut']}>{text.cut}</p> : null}
    </div>
  )
}

const inWords = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? ''))
