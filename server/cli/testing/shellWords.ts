/** Commands of a shell text, as words: enough of the shell's grammar for the examples in the documents. */

export interface ShellCommand {
  words: string[]
  /** Counted from 0 within the text. */
  line: number
}

const END = new Set(['|', ';', '&', '\n', '(', ')', '{', '}'])

/** Simple commands, also those within `$(...)`, without assignments and redirections before them. */
export function shellCommands(text: string): ShellCommand[] {
  const commands: ShellCommand[] = []
  const state = { words: [] as string[], word: null as string | null, line: 0, start: 0 }
  const endWord = (): void => {
    if (state.word !== null) {
      if (state.words.length === 0) state.start = state.line
      state.words.push(state.word)
    }
    state.word = null
  }
  const endCommand = (): void => {
    endWord()
    const words = withoutAssignments(state.words)
    if (words.length > 0) commands.push({ words, line: state.start })
    state.words = []
  }
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? ''
    if (sign === '\\') {
      i++
      if (text[i] === '\n') state.line++
      else state.word = (state.word ?? '') + (text[i] ?? '')
    } else if (sign === "'") {
      const end = text.indexOf("'", i + 1)
      const inside = text.slice(i + 1, end < 0 ? undefined : end)
      state.word = (state.word ?? '') + inside
      state.line += inside.split('\n').length - 1
      i = end < 0 ? text.length : end
    } else if (sign === '"') {
      const end = closing(text, i + 1)
      const inside = text.slice(i + 1, end)
      state.word = (state.word ?? '') + inside
      for (const [, nested = ''] of inside.matchAll(/\$\(([^()]*)\)/g))
        commands.push(...shellCommands(nested).map((found) => ({ ...found, line: state.line })))
      i = end
    } else if (sign === '#' && state.word === null) {
      i = text.indexOf('\n', i) < 0 ? text.length : text.indexOf('\n', i) - 1
    } else if (sign === '$' && text[i + 1] === '(') {
      // Its words belong to a command of their own; what it stands for is one word.
      const end = text.indexOf(')', i)
      commands.push(...shellCommands(text.slice(i + 2, end)).map((found) => ({ ...found, line: state.line })))
      state.word = `${state.word ?? ''}VALUE`
      i = end
    } else if (END.has(sign) && !(sign === '{' && state.word !== null) && !(sign === '}' && state.word !== null)) {
      endCommand()
      if (sign === '\n') state.line++
    } else if (sign === ' ' || sign === '\t') endWord()
    else state.word = (state.word ?? '') + sign
  }
  endCommand()
  return commands
}

function closing(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return text.length
}

const BEFORE = /^(?:[A-Za-z_]\w*=.*|\$|do|then|if|while|export|sudo|\d?[<>].*)$/s

function withoutAssignments(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !BEFORE.test(word))
  const rest = first < 0 ? [] : words.slice(first)
  const redirect = rest.findIndex((word) => /^\d?[<>]/.test(word))
  return redirect < 0 ? rest : rest.slice(0, redirect)
}
