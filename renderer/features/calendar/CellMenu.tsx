/** What can be done with a cell or a range of cells. */
import { Menu } from '@mantine/core'
import { IconHistory, IconList, IconPlayerPlay } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { useMayOperate } from '../session/index.ts'
import { cellName, countsText, runsIn, type Cell } from './model.ts'
import type { Chosen } from './useRange.ts'

const text = strings.calendar

interface CellMenuProps {
  dagId: string
  cells: readonly Cell[]
  chosen: Chosen
  isHour: boolean
  hasSchedule: boolean
  onClose: () => void
}

export function CellMenu({ dagId, cells, chosen, isHour, hasSchedule, onClose }: CellMenuProps) {
  const navigate = useNavigate()
  const mayOperate = useMayOperate()
  const own = cells.slice(chosen.first, chosen.last + 1)
  const [first, last] = [own[0], own.at(-1)]
  if (!first || !last) return null
  const runs = own.reduce((sum, cell) => sum + runsIn(cell), 0)
  const name = cellName(first, isHour)
  const local = (cell: Cell) => (isHour ? `${cell.date}T${String(cell.hour).padStart(2, '0')}:00` : cell.date)
  const backfill =
    own.length > 1 ? text.backfillRange(own.length, isHour ? text.hour : text.day) : isHour ? text.backfillHour : text.backfillDay
  return (
    <Menu opened onClose={onClose} position="bottom-start" width={250} trapFocus returnFocus={false} withinPortal>
      <Menu.Target>
        <span aria-hidden style={{ position: 'fixed', left: chosen.x, top: chosen.y, width: 1, height: 1 }} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {own.length > 1 ? text.range(name, cellName(last, isHour)) : name}
          {own.length > 1 ? null : <div style={{ fontWeight: 400 }}>{countsText(first)}</div>}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconList size={16} />}
          disabled={runs === 0}
          onClick={() => {
            onClose()
            // The end of a cell is the start of the next one, and both ends of that filter are included.
            const to = new Date(Date.parse(last.end) - 1).toISOString()
            void navigate({ to: '/dags/$dagId/runs', params: { dagId }, search: { date_from: first.start, date_to: to } })
          }}
        >
          {text.show(runs)}
        </Menu.Item>
        {own.length > 1 ? null : (
          <Menu.Item
            leftSection={<IconPlayerPlay size={16} />}
            disabled={!mayOperate}
            onClick={() => {
              onClose()
              const date = first.first_date ?? first.start
              void navigate({ to: '.', search: (before: object) => ({ ...before, trigger: dagId, logical_date: date }) })
            }}
          >
            {isHour ? text.runHour : text.runDay}
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconHistory size={16} />}
          disabled={!mayOperate || !hasSchedule}
          onClick={() => {
            onClose()
            void navigate({
              to: '/dags/$dagId/backfills',
              params: { dagId },
              search: { create: true, from: local(first), to: local(last) },
            })
          }}
        >
          {backfill}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
