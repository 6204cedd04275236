/** A small button that copies a text; the text is made only when somebody wants it. */
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { strings } from '../strings.ts'
import { tellError } from './act.ts'

/** How long the tick stands. */
const DONE_MS = 1500

export function CopyIcon({ text, label, size = 16 }: { text: () => string; label: string; size?: number }) {
  const [isDone, setDone] = useState(false)
  useEffect(() => {
    if (!isDone) return
    const timer = setTimeout(() => {
      setDone(false)
    }, DONE_MS)
    return () => {
      clearTimeout(timer)
    }
  }, [isDone])
  return (
    <Tooltip label={isDone ? strings.common.copied : label}>
      <ActionIcon
        data-copy
        size="xs"
        aria-label={label}
        onClick={() => {
          navigator.clipboard.writeText(text()).then(() => {
            setDone(true)
          }, tellError)
        }}
      >
        {isDone ? <IconCheck size={size} /> : <IconCopy size={size} />}
      </ActionIcon>
    </Tooltip>
  )
}
