/** Variables as a file of Airflow holds them: one JSON object of keys and values. */
import { api } from '../../api/client.ts'
import { strings } from '../../strings.ts'

const text = strings.variables
/** The contract's largest page, and its most variables of one import. */
const PAGE = 500
export const IMPORT_MAX = 1000

/** Reads all pages and hands the file to the browser. Sensitive values are never sent here, so they are left out. */
export async function exportVariables(): Promise<{ exported: number; left: number }> {
  const found: Record<string, unknown> = {}
  let left = 0
  for (let offset = 0; ;) {
    const page = await api.listVariables({ query: { limit: PAGE, offset } })
    for (const { key, value, description } of page.data) {
      if (value === null) left += 1
      else found[key] = description === '' ? value : { value, description }
    }
    offset += page.data.length
    if (page.data.length === 0 || offset >= page.total) break
  }
  save('variables.json', JSON.stringify(found, null, 2))
  return { exported: Object.keys(found).length, left }
}

function save(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

export type ReadFile = { variables: Record<string, unknown> } | { problem: string }

export function readVariables(json: string): ReadFile {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { problem: text.importBad(error instanceof Error ? error.message : String(error)) }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: text.importShape }
  if (Object.keys(value).length > IMPORT_MAX) return { problem: text.importMany(IMPORT_MAX) }
  return { variables: value as Record<string, unknown> }
}
