/** What a new DAG file may begin with: DAG files of the folder templates/, whose first two lines are title and description. */

export interface Template {
  id: string
  title: string
  lead: string
  /** What its file ends in. */
  suffix: '.py' | '.yaml'
  text: (dagId: string) => string
}

const FILES: Record<string, string> = import.meta.glob('./templates/*.{py,yaml}', { query: '?raw', import: 'default', eager: true })

export const TEMPLATES: readonly Template[] = Object.entries(FILES).map(([path, source]) => {
  const [title = '', lead = '', ...rest] = source.split('\n')
  return {
    id: path.replace(/^.*\/|\.\w+$/g, ''),
    title: title.replace(/^#\s*/, ''),
    lead: lead.replace(/^#\s*/, ''),
    suffix: path.endsWith('.py') ? '.py' : '.yaml',
    text: (dagId) => rest.join('\n').replace('DAG_ID', dagId),
  }
})

/** The path with the ending that the template's text needs; one that is right stays. */
export function pathFor(template: Template | undefined, path: string): string {
  const suffix = template?.suffix ?? '.py'
  if (suffixOf(path) === suffix) return path
  // A file of another kind is what its name says.
  if (suffixOf(path) === null && /\.\w+$/.test(path)) return path
  return `${path.replace(/\.(py|ya?ml)$/, '')}${suffix}`
}

function suffixOf(path: string): Template['suffix'] | null {
  return path.endsWith('.py') ? '.py' : /\.ya?ml$/.test(path) ? '.yaml' : null
}

/** The template to go on with when a path is typed: the chosen one, unless its text is of the other language. */
export function templateFor(chosen: string, path: string): string {
  const suffix = suffixOf(path)
  const isOther = suffix !== null && TEMPLATES.find(({ id }) => id === chosen)?.suffix !== suffix
  return (isOther ? TEMPLATES.find((each) => each.suffix === suffix)?.id : undefined) ?? chosen
}

/** The name of a file as a DAG id. */
export function dagIdOf(path: string): string {
  const stem = (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')
  return stem.replace(/[^\w.-]+/g, '_') || 'new_dag'
}

export function templateText(id: string | undefined, path: string): string {
  return TEMPLATES.find((template) => template.id === id)?.text(dagIdOf(path)) ?? ''
}
