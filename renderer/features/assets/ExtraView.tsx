/** The extra of an update: a small one as it is, a larger one behind a button. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings.ts'
import { JsonTree } from '../../ui/json/JsonTree.tsx'
import type { Json } from '../../ui/json/jsonRows.ts'
import classes from './Assets.module.css'

const text = strings.assets
/** What fits into a line. */
const SHORT = 80

export function ExtraView({ extra }: { extra: Record<string, unknown> }) {
  const [isOpen, setOpen] = useState(false)
  if (Object.keys(extra).length === 0) return <span className={classes['dim']}>{text.noExtra}</span>
  const line = JSON.stringify(extra)
  if (line.length <= SHORT) return <span className="mono">{line}</span>
  return (
    <div className={classes['extra']}>
      {isOpen ? (
        <div className={classes['tree']}>
          <JsonTree value={extra as Json} label={text.extra} />
        </div>
      ) : (
        <span className="mono ellipsis">{line.slice(0, SHORT)}</span>
      )}
      <Button
        size="compact-xs"
        variant="default"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen)
        }}
      >
        {isOpen ? text.hideExtra : text.showExtra}
      </Button>
    </div>
  )
}
