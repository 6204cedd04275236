/** Where in a YAML document a position is, read from indentation: a document that is being typed rarely parses. Pure. */

export interface YamlPlace {
  /** Keys around the position, outermost first; `[]` stands for an item of a list. */
  path: string[]
  /** A key is being typed, or the value of the last key of `path`. */
  is: 'key' | 'value'
  /** What is typed of it already. */
  typed: string
  /** Keys that the same mapping has. */
  siblings: string[]
  /** Their values, of those that are one word. */
  values: Record<string, string>
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([^\s#:'"][^:#]*?))\s*:(?:\s|$)/

interface Row {
  indent: number
  dash: boolean
  key: string | null
}

function rowsOf(line: string): Row[] {
  const rows: Row[] = []
  let indent = line.length - line.trimStart().length
  let rest = line.trimStart()
  if (rest === '' || rest.startsWith('#')) return rows
  while (/^-(\s|$)/.test(rest)) {
    rows.push({ indent, dash: true, key: null })
    const space = /^-\s*/.exec(rest)?.[0].length ?? 1
    indent += space
    rest = rest.slice(space)
  }
  const key = KEY.exec(rest)
  if (key) rows.push({ indent, dash: false, key: (key[1] ?? key[2] ?? key[3] ?? '').trim() })
  return rows
}

/** `lines` of the document; `at` = the position's line (from 0), `before` = its text up to the position. */
export function yamlPlace(lines: readonly string[], at: number, before: string): YamlPlace | null {
  const open = /^(\s*(?:-\s+)*)(.*)$/s.exec(before)
  if (!open || /(^|\s)#/.test(before)) return null
  const [, lead = '', content = ''] = open
  const own = KEY.exec(content.endsWith(':') ? `${content} ` : content)
  const value = own && /:\s/.test(content) ? content.slice(own[0].length).trimStart() : null
  const indent = lead.length
  const path: string[] = []
  let limit = indent
  // Dashes of the own line open items around the position.
  const dashes = rowsOf(`${lead}x: `).filter((row) => row.dash)
  for (const row of dashes.toReversed()) {
    path.unshift('[]')
    limit = row.indent
  }
  // A list may stand at the same indent as its key.
  let mayEqual = dashes.length > 0
  for (let line = at - 1; line >= 0 && (limit > 0 || mayEqual); line -= 1) {
    for (const row of rowsOf(lines[line] ?? '').toReversed()) {
      if (row.indent > limit || (row.indent === limit && !(mayEqual && row.key !== null))) continue
      path.unshift(row.dash ? '[]' : (row.key ?? ''))
      limit = row.indent
      mayEqual = row.dash
    }
  }
  if (value !== null && own)
    return { path: [...path, (own[1] ?? own[2] ?? own[3] ?? '').trim()], is: 'value', typed: value, siblings: [], values: {} }
  const siblings = siblingsOf(lines, at, indent, dashes.length > 0)
  return { path, is: 'key', typed: content, siblings: [...siblings.keys()], values: Object.fromEntries(siblings) }
}

/** Keys with their values. `isFirst`: the own line's dash begins the mapping. */
function siblingsOf(lines: readonly string[], at: number, indent: number, isFirst: boolean): Map<string, string> {
  const found = new Map<string, string>()
  const look = (line: number): boolean => {
    const text = lines[line] ?? ''
    const rows = rowsOf(text)
    if (rows.length === 0) return true
    const key = rows.find((row) => row.indent === indent && row.key !== null)
    if (key?.key != null) found.set(key.key, valueOf(text))
    // An item's dash, or a smaller indent, ends the mapping.
    return rows.every((row) => row.indent >= indent)
  }
  if (!isFirst) for (let line = at - 1; line >= 0; line -= 1) if (!look(line)) break
  for (let line = at + 1; line < lines.length; line += 1) {
    if (rowsOf(lines[line] ?? '').some((row) => row.indent < indent)) break
    look(line)
  }
  return found
}

function valueOf(line: string): string {
  return /:\s+["']?([\w.:-]+)["']?\s*(?:#.*)?$/.exec(line)?.[1] ?? ''
}
