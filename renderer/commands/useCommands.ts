/** Registers commands while a component is shown. */
import { useEffect, useRef } from 'react'
import { commandRegistry, type Command } from './registry.ts'

/** `list` may be made anew on each render: the registered commands call its newest version, and are told apart by id and keys. */
export function useCommands(list: readonly Command[]): void {
  const newest = useRef(list)
  useEffect(() => {
    newest.current = list
  })
  const identity = list
    .map((command) => `${command.id} ${command.title} ${[...(command.keys ?? []), ...(command.fallbackKeys ?? [])].join(' ')}`)
    .join('\n')
  useEffect(
    () =>
      commandRegistry.add(
        newest.current.map((command) => ({ ...command, run: () => newest.current.find(({ id }) => id === command.id)?.run() })),
      ),
    [identity],
  )
}
