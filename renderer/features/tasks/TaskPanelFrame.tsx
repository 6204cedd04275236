/**
 * A page with the panel of one task beside it: a column that can be resized on a wide window, the whole window on a narrow one. The
 * task is in the URL; Esc closes the panel.
 */
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef, type PointerEvent, type ReactNode } from 'react'
import { useCommands } from '../../commands/index.ts'
import { NO_TASK, type PanelChange, type TaskPanelSearch } from '../../search.ts'
import { strings } from '../../strings.ts'
import classes from './TaskPanelFrame.module.css'
import { TaskPanel } from './TaskPanel.tsx'

interface TaskPanelFrameProps {
  dagId: string
  runId: string | null
  search: TaskPanelSearch
  onChange: (change: PanelChange) => void
  /** What stands in the panel's place while no task is open; null = nothing. */
  other?: { label: string; content: ReactNode; onClose: () => void } | null
  children: ReactNode
}

const WIDTH = { least: 360, first: 560 }
/** What the page beside the panel keeps at least. */
const PAGE_LEAST = 320
const KEY_STEP = 32

export function TaskPanelFrame({ dagId, runId, search, onChange, other = null, children }: TaskPanelFrameProps) {
  const [width, setWidth] = useLocalStorage({ key: 'vortex-task-panel-width', defaultValue: WIDTH.first, getInitialValueInEffect: false })
  const isNarrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false })
  const frame = useRef<HTMLDivElement>(null)
  const { task } = search
  const isOpen = task !== undefined || other !== null
  const close = () => {
    if (task === undefined) other?.onClose()
    else onChange(NO_TASK)
  }
  useCommands(!isOpen ? [] : [{ id: 'task-panel-close', title: strings.tasks.close, group: 'view', keys: ['escape'], run: close }])
  // Lines and searches are of one log: another task begins without them.
  const shown = useRef({ task, map: search.map })
  useEffect(() => {
    const { task: before, map } = shown.current
    shown.current = { task, map: search.map }
    if (before === undefined || (before === task && map === search.map)) return
    if (search.line !== undefined || search.logq !== undefined) onChange({ line: undefined, logq: undefined })
  })
  const resize = (wanted: number) => {
    const most = (frame.current?.clientWidth ?? 1200) - PAGE_LEAST
    setWidth(Math.round(Math.max(WIDTH.least, Math.min(wanted, most))))
  }
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    resize((frame.current?.getBoundingClientRect().right ?? 0) - event.clientX)
  }
  return (
    <div ref={frame} className={classes['frame']}>
      <div className={classes['page']} hidden={isOpen && isNarrow}>
        {children}
      </div>
      {!isOpen ? null : (
        <>
          {isNarrow ? null : (
            <div
              className={classes['grip']}
              role="separator"
              aria-orientation="vertical"
              aria-label={strings.tasks.resize}
              aria-valuenow={width}
              aria-valuemin={WIDTH.least}
              aria-valuemax={2000}
              tabIndex={0}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId)
              }}
              onPointerMove={drag}
              onKeyDown={(event) => {
                if (event.key === 'ArrowLeft') resize(width + KEY_STEP)
                if (event.key === 'ArrowRight') resize(width - KEY_STEP)
              }}
            />
          )}
          <aside className={classes['panel']} style={isNarrow ? undefined : { width }} aria-label={task ?? other?.label}>
            {task === undefined ? (
              other?.content
            ) : (
              <TaskPanel
                key={`${runId} ${task} ${search.map ?? -1}`}
                dagId={dagId}
                runId={runId}
                search={search}
                onChange={onChange}
                onClose={close}
              />
            )}
          </aside>
        </>
      )}
    </div>
  )
}
