/** Which files of the DAG folder people may read and change, and how large. Pure, and without schemas: the page checks by it too. */

/** The largest DAG file seen in public repositories is below 1 MiB; with JSON's escapes it must fit into a request. */
export const FILE_BYTES_MAX = 1024 * 1024
export const FILE_PATH_MAX = 500
/** Folders below each other; the folder is read no deeper (dagfiles/folderIndex.ts). */
const LEVELS_MAX = 32

/** Text that DAGs are made of. Anything else in the folder is left to whoever put it there. */
export const FILE_SUFFIXES = [
  '.py',
  '.yaml',
  '.yml',
  '.json',
  '.sql',
  '.hql',
  '.sh',
  '.txt',
  '.md',
  '.csv',
  '.tsv',
  '.toml',
  '.ini',
  '.cfg',
  '.xml',
  '.html',
  '.j2',
  '.jinja',
  '.jinja2',
  '.tmpl',
] as const
/** YAML and JSON files that say so define DAGs, as Python files do. */
export function isDataDagName(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path)
}
/** Whether a file of this name may define DAGs; its text says whether it does. */
export function isDagFileName(path: string): boolean {
  return path.endsWith('.py') || isDataDagName(path)
}
const IGNORE_FILE = '.airflowignore'
/** File systems take 255; the temporary file beside it has a longer name. */
const NAME_BYTES_MAX = 200
/** Never read as DAG files (dagfiles/folderIndex.ts), so a file made there would seem lost. */
const SKIPPED_FOLDERS = new Set(['__pycache__', 'node_modules', 'site-packages', 'venv', 'env', 'logs'])
/** No separators of other systems, no signs that some file system refuses. */
const REFUSED = /[\\:*?"<>|\u0000-\u001f\u007f]/

/** What is wrong with a path below the DAG folder, as a sentence; null = nothing. */
export function filePathProblem(path: string): string | null {
  if (path === '') return 'A file needs a name.'
  if (path.length > FILE_PATH_MAX) return `The path is longer than ${FILE_PATH_MAX} characters.`
  const parts = path.split('/')
  if (parts.length > LEVELS_MAX) return `The path has more than ${LEVELS_MAX} levels.`
  for (const part of parts) {
    if (part === '') return `"${path}" is no path below the DAG folder: write it as folder/name.py.`
    if (part === '.' || part === '..') return `"${path}" leads out of its folder. Write the path below the DAG folder, such as team/etl.py.`
    if (REFUSED.test(part)) return `"${part}" holds a sign that file names cannot have: \\ : * ? " < > | or a control character.`
    if (part.startsWith('.') && part !== IGNORE_FILE) return `"${part}" begins with a dot; such files are not read.`
    if (/^\s|[\s.]$/.test(part)) return `"${part}" begins with a space, or ends with a space or a dot.`
    if (utf8Length(part) > NAME_BYTES_MAX) return `"${part.slice(0, 40)}..." is longer than ${NAME_BYTES_MAX} bytes.`
  }
  const skipped = parts.slice(0, -1).find((part) => SKIPPED_FOLDERS.has(part))
  if (skipped !== undefined) return `Files in a folder "${skipped}" are not read.`
  const name = parts.at(-1) ?? ''
  if (name === IGNORE_FILE || FILE_SUFFIXES.some((suffix) => name.toLowerCase().endsWith(suffix))) return null
  return `"${name}" is no kind of file that belongs to DAGs here. Allowed are ${FILE_SUFFIXES.join(' ')}.`
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const sign of text) {
    const code = sign.codePointAt(0) ?? 0
    bytes += code > 0xffff ? 4 : code > 0x7ff ? 3 : code > 0x7f ? 2 : 1
  }
  return bytes
}
