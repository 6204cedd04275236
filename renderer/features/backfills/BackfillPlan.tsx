/** Exactly which runs a backfill would start, in their order. */
import { Checkbox, Group, Loader, Text } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { IconArrowForwardUp, IconPlus, IconRefresh } from '@tabler/icons-react'
import type { Output } from '#contract/routes.ts'
import { strings } from '../../strings.ts'
import { Instant } from '../../ui/Instant.tsx'
import classes from './Backfills.module.css'

const text = strings.backfills
const ROW = 28
const ICONS = { create: IconPlus, reprocess: IconRefresh, skip: IconArrowForwardUp }
type Interval = Output<'createBackfill'>['intervals'][number]

export function BackfillPlan({ intervals, isOld, zone }: { intervals: readonly Interval[] | null; isOld: boolean; zone: string }) {
  const [withSkipped, setWithSkipped] = useState(false)
  const scroller = useRef<HTMLDivElement>(null)
  const skipped = useMemo(() => intervals?.filter(({ action }) => action === 'skip').length ?? 0, [intervals])
  const rows = useMemo(() => intervals?.filter(({ action }) => withSkipped || action !== 'skip') ?? [], [intervals, withSkipped])
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  })
  if (intervals === null) return <Loader size="sm" />
  const count = intervals.length - skipped
  return (
    <div style={{ opacity: isOld ? 0.5 : 1 }} aria-busy={isOld}>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm" fw={550} role="status">
          {count === 0 ? text.previewNone : text.preview(count)}
          {skipped === 0 ? null : (
            <Text span size="sm" c="dimmed" fw={400}>
              {', '}
              {text.skipped(skipped)}
            </Text>
          )}
        </Text>
        {skipped === 0 ? null : (
          <Checkbox
            size="xs"
            label={text.showSkipped}
            checked={withSkipped}
            onChange={(event) => {
              setWithSkipped(event.currentTarget.checked)
            }}
          />
        )}
      </Group>
      {rows.length === 0 ? null : (
        <div ref={scroller} className={classes['plan']} role="region" tabIndex={0} aria-label={text.preview(count)}>
          <ol style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index]
              if (row === undefined) return null
              const Icon = ICONS[row.action]
              return (
                <li key={item.key} style={{ transform: `translateY(${item.start}px)` }} data-action={row.action}>
                  <Icon size={14} aria-hidden />
                  <span className={classes['planAction']}>{text.actions[row.action]}</span>
                  <Instant at={row.logical_date} zone={zone} />
                  <span className={`ellipsis ${classes['planReason']}`} title={row.reason ?? row.run_id}>
                    {row.reason ?? row.run_id}
                  </span>
                </li>
              )
            })}
          </ol>
        </div>
      )}
    </div>
  )
}
