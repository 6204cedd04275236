/** How the server is, as four lamps: an icon, a word and, on request, a sentence that says how to mend it. */
import { Tooltip } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconLoader2, IconCircleX, type Icon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Health } from '#contract/admin.ts'
import { lampsQuery } from '../../api/queries/home.ts'
import { strings } from '../../strings.ts'
import classes from './Lamps.module.css'

const text = strings.home.lamps
type Light = 'good' | 'warn' | 'bad' | 'wait'
interface Lamp {
  name: string
  light: Light
  hint: string
  /** The lamp leads to what is wrong. */
  toErrors?: boolean
}
const ICONS: Record<Light, Icon> = { good: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX, wait: IconLoader2 }

export function Lamps({ importErrors }: { importErrors: number }) {
  const health = useQuery(lampsQuery)
  // An answer of before is no news once the server does not answer any more.
  const lamps = lampsOf(health.isError ? null : health.data, importErrors)
  return (
    <ul className={classes['lamps']} aria-label={text.label}>
      {lamps.map((lamp) => (
        <li key={lamp.name}>
          <Tooltip label={lamp.hint} events={{ hover: true, focus: true, touch: true }}>
            {lamp.toErrors === true ? (
              <Link
                to="/dags"
                search={{ errors: true }}
                className={classes['lamp']}
                data-light={lamp.light}
                aria-label={`${lamp.name}: ${lamp.hint}`}
              >
                <LampFace {...lamp} />
              </Link>
            ) : (
              <span className={classes['lamp']} data-light={lamp.light} role="img" aria-label={`${lamp.name}: ${lamp.hint}`}>
                <LampFace {...lamp} />
              </span>
            )}
          </Tooltip>
        </li>
      ))}
    </ul>
  )
}

function LampFace({ name, light }: Lamp) {
  const Shape = ICONS[light]
  return (
    <>
      <Shape size={16} stroke={2} aria-hidden />
      {name}
    </>
  )
}

function lampsOf(health: Health | null | undefined, importErrors: number): Lamp[] {
  if (!health) {
    const light: Light = health === null ? 'bad' : 'wait'
    const hint = health === null ? text.unknown : text.checking
    return [text.database, text.scheduler, text.files, text.workers].map((name) => ({ name, light, hint }))
  }
  return [database(health), scheduler(health), files(health, importErrors), workers(health)]
}

function database({ database: state, database_problem }: Health): Lamp {
  const isUp = state === 'ok'
  return { name: text.database, light: isUp ? 'good' : 'bad', hint: isUp ? text.databaseOk : (database_problem ?? text.databaseDown) }
}

function scheduler({ scheduler: role, leader_address }: Health): Lamp {
  if (role === 'starting') return { name: text.scheduler, light: 'warn', hint: text.starting }
  return { name: text.scheduler, light: 'good', hint: role === 'leader' ? text.leader : text.standby(leader_address) }
}

function files({ dag_files: { state, waiting } }: Health, errors: number): Lamp {
  const { files: name } = text
  if (state === 'failed') return { name, light: 'bad', hint: text.filesFailed }
  if (state === 'preparing') return { name, light: 'wait', hint: text.filesPreparing }
  if (state === 'reading') return { name, light: 'wait', hint: text.filesReading(waiting) }
  return errors > 0
    ? { name, light: 'warn', hint: text.filesErrors(errors), toErrors: true }
    : { name, light: 'good', hint: text.filesReady }
}

function workers({ workers: count, scheduler: role }: Health): Lamp {
  // A standby holds no worker's stream; the leader does.
  if (count === 0 && role === 'standby') return { name: text.workers, light: 'good', hint: text.standby(null) }
  return { name: text.workers, light: count > 0 ? 'good' : 'bad', hint: count > 0 ? text.workersOk(count) : text.workersNone }
}
