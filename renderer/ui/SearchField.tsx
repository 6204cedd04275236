/** A search field whose text is committed to the URL shortly after typing ends; `/` goes to it, Esc empties it and leaves. */
import { CloseButton, Kbd, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { useCommands } from '../commands/index.ts'
import { strings } from '../strings.ts'

/** Long enough to type on, short enough to feel immediate. */
const COMMIT_MS = 200

interface SearchFieldProps {
  label: string
  value: string
  onCommit: (value: string) => void
  /** `isBack`: with Shift. */
  onEnter?: (isBack: boolean) => void
  width?: number | string
}

export function SearchField({ label, value, onCommit, onEnter, width = 280 }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const commit = useDebouncedCallback(onCommit, COMMIT_MS)
  // Back and forward change the URL beneath a field that nobody types in.
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value)
  }, [value])
  useCommands([{ id: `search:${label}`, title: label, group: 'view', keys: ['/'], run: () => input.current?.focus() }])
  const change = (next: string) => {
    setText(next)
    commit(next.trim())
  }
  return (
    <TextInput
      ref={input}
      size="xs"
      w={width}
      maw="100%"
      type="search"
      placeholder={label}
      aria-label={label}
      leftSection={<IconSearch size={14} />}
      rightSection={
        text === '' ? (
          <Kbd size="xs">/</Kbd>
        ) : (
          <CloseButton
            size="xs"
            aria-label={strings.common.cancel}
            onClick={() => {
              change('')
            }}
          />
        )
      }
      value={text}
      onChange={(event) => {
        change(event.currentTarget.value)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onEnter?.(event.shiftKey)
        if (event.key !== 'Escape') return
        event.stopPropagation()
        change('')
        input.current?.blur()
      }}
    />
  )
}
