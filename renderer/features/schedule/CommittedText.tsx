/** A field whose text is the view's state: written into the URL shortly after typing ends. */
import { TextInput, type TextInputProps } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'

/** Long enough to type on, short enough to feel immediate. */
const COMMIT_MS = 250

interface CommittedTextProps extends Omit<TextInputProps, 'value' | 'onChange'> {
  value: string
  onCommit: (value: string) => void
  /** Told of each letter, for what is worked out in the page. */
  onType?: (value: string) => void
}

export function CommittedText({ value, onCommit, onType, ...rest }: CommittedTextProps) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const commit = useDebouncedCallback(onCommit, { delay: COMMIT_MS, flushOnUnmount: false })
  // Back, forward and examples change the URL beneath a field that nobody types in.
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value)
  }, [value])
  return (
    <TextInput
      {...rest}
      ref={input}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onType?.(event.currentTarget.value)
        commit(event.currentTarget.value)
      }}
    />
  )
}
