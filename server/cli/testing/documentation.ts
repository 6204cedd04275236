/** The Markdown files that people read, and the blocks of code in them, for tests that hold them to the product. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../../..')

export interface Block {
  /** Relative to the repository. */
  file: string
  /** Of its first line of code. */
  line: number
  language: string
  /** What stands behind the language: the name of the file that it is. */
  name: string
  text: string
  /** `<!-- not run: reason -->` on the line before it. */
  notRun: string | null
  /** `<!-- ends: failed -->`: how a run of its DAGs ends. */
  ends: 'success' | 'failed'
}

/** README, CONTRIBUTING and everything below docs/. */
export function documents(): string[] {
  const found = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  return ['README.md', 'CONTRIBUTING.md', ...found.map((name) => `docs/${name}`)].sort()
}

export const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

export function blocksOf(file: string): Block[] {
  const lines = textOf(file).split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', language = '', name = ''] = /^( *)```([\w-]*) *(.*)$/.exec(lines[i] ?? '') ?? []
    if (!/^ *```/.test(lines[i] ?? '')) continue
    const end = lines.findIndex((line, index) => index > i && line.trim() === '```')
    if (end < 0) throw new Error(`${file}:${i + 1}: this block has no end`)
    const mark = lines[i - 1] ?? ''
    blocks.push({
      file,
      line: i + 2,
      language,
      name: name.trim(),
      text: lines
        .slice(i + 1, end)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join('\n')
        .concat('\n'),
      notRun: /<!-- not run: (.+?) -->/.exec(mark)?.[1] ?? null,
      ends: mark.includes('<!-- ends: failed -->') ? 'failed' : 'success',
    })
    i = end
  }
  return blocks
}

/** What is not code: the text with its blocks blanked, so that lines keep their numbers. */
export function proseOf(file: string): string {
  let isCode = false
  return textOf(file)
    .split('\n')
    .map((line) => {
      const isFence = /^ *```/.test(line)
      if (isFence) isCode = !isCode
      return isFence || isCode ? '' : line
    })
    .join('\n')
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length
