/** What a new DAG file may begin with: DAG files of the folder templates/, whose first two lines are title and description. */

export interface Template {
  id: string
  title: string
  lead: string
  text: (dagId: string) => string
}

const FILES: Record<string, string> = import.meta.glob('./templates/*.py', { query: '?raw', import: 'default', eager: true })

export const TEMPLATES: readonly Template[] = Object.entries(FILES).map(([path, source]) => {
  const [title = '', lead = '', ...rest] = source.split('\n')
  return {
    id: path.replace(/^.*\/|\.py$/g, ''),
    title: title.replace(/^#\s*/, ''),
    lead: lead.replace(/^#\s*/, ''),
    text: (dagId) => rest.join('\n').replace('DAG_ID', dagId),
  }
})

/** The name of a file as a DAG id. */
export function dagIdOf(path: string): string {
  const stem = (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')
  return stem.replace(/[^\w.-]+/g, '_') || 'new_dag'
}

export function templateText(id: string | undefined, path: string): string {
  return TEMPLATES.find((template) => template.id === id)?.text(dagIdOf(path)) ?? ''
}
