/**
 * The command registry: each thing that a person can do by key, palette or menu, once. Palette, shortcut sheet and key handling
 * read it; the desktop's native menu will.
 *
 * Invariant: an id is registered at most once at a time; a page registers its commands while it is shown (useCommands.ts).
 */
export type CommandGroup = 'go' | 'view' | 'act' | 'help'

export interface Command {
  id: string
  title: string
  group: CommandGroup
  /** Keys such as `mod+k`, `?`, `shift+c`, `/`. `mod` is Command on a Mac, else Control. */
  keys?: readonly string[]
  /** Keys that it has only where no other command wants them. */
  fallbackKeys?: readonly string[]
  run: () => void
}

const commands = new Map<string, Command>()
const listeners = new Set<() => void>()
let snapshot: readonly Command[] = []

function publish(): void {
  snapshot = [...commands.values()]
  for (const listener of listeners) listener()
}

export const commandRegistry = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  list: (): readonly Command[] => snapshot,
  /** Adds commands; the returned function takes exactly these away again. */
  add(added: readonly Command[]): () => void {
    for (const command of added) commands.set(command.id, command)
    publish()
    return () => {
      for (const command of added) if (commands.get(command.id) === command) commands.delete(command.id)
      publish()
    }
  },
}
