/** The language of a file by its name. Each is a chunk of its own, loaded with the first file that needs it. */
import type { Extension } from '@codemirror/state'

export type CodeLanguage = 'python' | 'yaml' | 'json' | 'plain'

export function languageOf(file: string): CodeLanguage {
  if (file.endsWith('.py')) return 'python'
  if (/\.ya?ml$/.test(file)) return 'yaml'
  return file.endsWith('.json') ? 'json' : 'plain'
}

/** null = plain text. */
export async function loadLanguage(language: CodeLanguage): Promise<Extension | null> {
  switch (language) {
    case 'python':
      return (await import('@codemirror/lang-python')).python()
    case 'yaml':
      return (await import('@codemirror/lang-yaml')).yaml()
    case 'json':
      return (await import('@codemirror/lang-json')).json()
    case 'plain':
      return null
  }
}
