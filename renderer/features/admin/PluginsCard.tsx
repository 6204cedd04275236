/** Plugins: what each registers, and why one is disabled. */
import { Badge, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Plugin } from '#contract/plugin.ts'
import { pluginsQuery } from '../../api/queries/plugins.ts'
import { strings } from '../../strings.ts'
import { Failed, RowsSkeleton } from '../../ui/PageState.tsx'
import classes from './PluginsCard.module.css'

const text = strings.plugins

export function PluginsCard() {
  const read = useQuery(pluginsQuery)
  return (
    <section className={classes['card']} aria-label={text.title}>
      <Title order={2} size="h5">
        {text.title}
      </Title>
      {read.data === undefined ? (
        read.isError ? (
          <Failed error={read.error} onRetry={() => void read.refetch()} />
        ) : (
          <RowsSkeleton />
        )
      ) : (
        <>
          {read.data.problem === null ? null : <p className={classes['error']}>{read.data.problem}</p>}
          <ul className={classes['list']}>
            {read.data.plugins.map((plugin) => (
              <PluginItem key={plugin.path} plugin={plugin} />
            ))}
          </ul>
          {read.data.plugins.some((plugin) => !plugin.is_shipped) ? null : <p className={classes['dim']}>{text.none}</p>}
        </>
      )}
    </section>
  )
}

function PluginItem({ plugin }: { plugin: Plugin }) {
  const names = [...plugin.operators, ...plugin.sensors, ...plugin.notifiers]
  const isDisabled = plugin.error !== null
  return (
    <li className={classes['plugin']}>
      <div className={classes['head']}>
        <span className={classes['name']}>{plugin.name}</span>
        <Badge
          size="sm"
          variant="light"
          color={isDisabled ? 'red' : 'gray'}
          leftSection={isDisabled ? <IconAlertTriangle size={12} /> : <IconCheck size={12} />}
        >
          {isDisabled ? text.disabled : plugin.is_shipped ? text.shipped : text.works}
        </Badge>
        {plugin.is_shipped ? null : (
          <code className={classes['path']}>{`${plugin.path}${plugin.line === null ? '' : `:${plugin.line}`}`}</code>
        )}
      </div>
      {isDisabled ? <p className={classes['error']}>{plugin.error}</p> : <p className={classes['names']}>{names.join(', ')}</p>}
      {plugin.report === '' ? null : (
        <details>
          <summary>{text.report}</summary>
          <pre className={classes['report']} tabIndex={0}>
            {plugin.report}
          </pre>
        </details>
      )}
    </li>
  )
}
