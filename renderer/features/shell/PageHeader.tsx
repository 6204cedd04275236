/** The head of a page: where it lies, what it is, what can be done with it. Sets the title of the window too. */
import { Breadcrumbs, Group, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { strings } from '../../strings.ts'
import classes from './PageHeader.module.css'

interface PageHeaderProps {
  title: string
  /** Beside the title: badges, a switch. */
  marks?: ReactNode
  trail?: ReactNode[]
  actions?: ReactNode
  /** Below the title: the facts of one line. */
  facts?: ReactNode
  mono?: boolean
}

export function PageHeader({ title, marks, trail, actions, facts, mono = false }: PageHeaderProps) {
  useDocumentTitle(`${title} · ${strings.product}`)
  return (
    <div className={classes['header']}>
      {trail && trail.length > 0 ? (
        <Breadcrumbs separatorMargin={6} className={classes['trail']}>
          {trail}
        </Breadcrumbs>
      ) : null}
      <div className={classes['row']}>
        <Group gap="sm" wrap="nowrap" miw={0} className={classes['name']}>
          <Title order={1} size="h3" className={mono ? `ellipsis ${classes['long']}` : 'ellipsis'} title={title}>
            {title}
          </Title>
          {marks}
        </Group>
        {actions === undefined ? null : (
          <Group gap="xs" wrap="nowrap" className={classes['actions']}>
            {actions}
          </Group>
        )}
      </div>
      {facts === undefined ? null : <div className={classes['facts']}>{facts}</div>}
    </div>
  )
}

/** One fact of a header or a list: a small label and its value. A minor one stands only where there is room. */
export function Fact({ label, children, isMinor = false }: { label: string; children: ReactNode; isMinor?: boolean }) {
  return (
    <span className={classes['fact']} data-minor={isMinor || undefined}>
      <span className={classes['label']}>{label}</span>
      <span className="ellipsis">{children}</span>
    </span>
  )
}
