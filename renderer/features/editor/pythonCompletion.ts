/**
 * Completion for DAG files: modules and names of imports, operators with their arguments, values of rules, decorators, and the
 * context and macros within `{{ }}`. A name that is not imported yet brings its import along.
 */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { localCompletionSource } from '@codemirror/lang-python'
import { syntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import { argumentsOf, loadAuthorApi, type ApiArgument, type ApiName, type AuthorApi } from './authorApi.ts'

type Node = ReturnType<ReturnType<typeof syntaxTree>['resolveInner']>
/** Arguments whose value is one of a closed list. */
const RULES: Record<string, string> = { trigger_rule: 'TriggerRule', weight_rule: 'WeightRule' }

export async function completePython(context: CompletionContext): Promise<CompletionResult | null> {
  const line = context.state.doc.lineAt(context.pos)
  const before = line.text.slice(0, context.pos - line.from)
  const word = /\w*$/.exec(before)?.[0] ?? ''
  const isAsked = context.explicit || word !== '' || /[.{ ,("']$/.test(before)
  if (!isAsked) return null
  const api = await loadAuthorApi()
  if (context.aborted) return null
  // Within a text only what belongs there: code is no use to it.
  if (/String/.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return completeText(api, context, before, word)
  return completeImport(api, before, context.pos) ?? completeMember(api, before, context.pos) ?? completeCode(api, context, before, word)
}

/** Names that the file itself makes; those of the package are offered above, with what they are. */
export async function completeLocalNames(context: CompletionContext): Promise<CompletionResult | null> {
  const found = localCompletionSource(context)
  if (found === null) return null
  const api = await loadAuthorApi()
  return { ...found, options: found.options.filter(({ label }) => !api.names.has(label)) }
}

function completeImport(api: AuthorApi, before: string, pos: number): CompletionResult | null {
  const module = /^\s*(?:from|import)\s+([\w.]*)$/.exec(before)
  if (module) {
    const options = Object.keys(api.modules).map((label) => ({ label, type: 'namespace' }))
    return { from: pos - (module[1] ?? '').length, options, validFor: /^[\w.]*$/ }
  }
  const names = /^\s*from\s+([\w.]+)\s+import\s+\(?(?:[\w\s,]*,\s*)?(\w*)$/.exec(before)
  const known = names ? api.modules[names[1] ?? ''] : undefined
  if (!names || known === undefined) return null
  const options = known.map((name) => describe(name, api.names.get(name)))
  return { from: pos - (names[2] ?? '').length, options, validFor: /^\w*$/ }
}

/** Within a text: values of rules, and templates. */
function completeText(api: AuthorApi, context: CompletionContext, before: string, word: string): CompletionResult | null {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1)
  const from = context.pos - word.length
  const template = /\{\{[^}]*$/.test(textBefore(context.state, node, context.pos))
  if (template) {
    const isMacro = /macros\.\w*$/.test(before)
    const options: Completion[] = isMacro
      ? api.macros.map(({ name, doc }) => ({ label: name, type: 'function', ...(doc === '' ? {} : { info: doc }) }))
      : /\.\w*$/.test(before)
        ? []
        : api.context.map((label) => ({ label, type: 'variable' }))
    return options.length === 0 ? null : { from, options, validFor: /^\w*$/ }
  }
  const rule = RULES[/(\w+)\s*=\s*["']\w*$/.exec(before)?.[1] ?? '']
  const members = rule === undefined ? undefined : api.names.get(rule)?.members
  if (members === undefined) return null
  return { from, options: [...new Set(Object.values(members))].map((label) => ({ label, type: 'enum' })), validFor: /^\w*$/ }
}

/** `TriggerRule.`, `task.`, `macros.` */
function completeMember(api: AuthorApi, before: string, pos: number): CompletionResult | null {
  const found = /(?<![\w.])(\w+)\.(\w*)$/.exec(before)
  if (!found) return null
  const [, owner = '', part = ''] = found
  const from = pos - part.length
  if (owner === 'task') return { from, options: api.task_decorators.map((label) => ({ label, type: 'function' })), validFor: /^\w*$/ }
  if (owner === 'macros') return { from, options: api.macros.map(({ name }) => ({ label: name, type: 'function' })), validFor: /^\w*$/ }
  const members = api.names.get(owner)?.members
  if (members === undefined) return { from, options: [] }
  return { from, options: Object.keys(members).map((label) => ({ label, type: 'enum', detail: members[label] ?? '' })), validFor: /^\w*$/ }
}

function completeCode(api: AuthorApi, context: CompletionContext, before: string, word: string): CompletionResult | null {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1)
  if (/Comment/.test(node.name)) return null
  const call = callAround(context.state, node)
  const isValue = /=\s*\w*$/.test(before) && !/[=!<>]=\s*\w*$/.test(before)
  const options: Completion[] = []
  if (call !== null && !isValue) {
    const given = new Set(call.given)
    argumentsOf(api, call.callee, call.isDecorator, context.state.doc.toString())
      .filter(({ name }) => !given.has(name))
      .forEach((argument, index) => options.push(argumentOption(argument, 99 - Math.min(index, 90))))
  }
  if (word !== '' || context.explicit) for (const [key, name] of api.names) if (key === name.name) options.push(nameOption(api, name))
  return options.length === 0 ? null : { from: context.pos - word.length, options, validFor: /^\w*$/ }
}

function argumentOption(argument: ApiArgument, boost: number): Completion {
  const facts = [argument.type, argument.default === undefined ? null : `= ${argument.default}`].filter(Boolean).join(' ')
  return {
    label: `${argument.name}=`,
    type: 'property',
    detail: argument.required === true ? 'required' : facts,
    boost: argument.required === true ? 99 : boost - 1,
  }
}

function describe(label: string, known: ApiName | undefined): Completion {
  if (known === undefined) return { label }
  const type = { operator: 'class', class: 'class', decorator: 'function', function: 'function', value: 'constant' }[known.kind]
  return { label, type, ...(known.doc === undefined ? {} : { info: known.doc }) }
}

function nameOption(api: AuthorApi, known: ApiName): Completion {
  return {
    ...describe(known.name, known),
    boost: known.kind === 'operator' ? 2 : 0,
    apply: (view: EditorView, _: Completion, from: number, to: number) => {
      const text = view.state.doc.toString()
      const line = isImported(text, known.name) ? null : importFor(api, known, text)
      const at = line === null ? 0 : importPlace(text)
      view.dispatch({
        changes: [...(line === null ? [] : [{ from: at, insert: `${line}\n` }]), { from, to, insert: known.name }],
        selection: { anchor: from + known.name.length + (line === null ? 0 : line.length + 1) },
        userEvent: 'input.complete',
      })
    },
  }
}

export function isImported(text: string, name: string): boolean {
  return new RegExp(`^[ \\t]*(?:from\\s+[\\w.]+\\s+)?import\\s+(?:\\([^)]*|[^\\n(]*)\\b${name}\\b`, 'm').test(text)
}

/** From where the file already imports: Airflow 3's names, older ones, or the package's own. */
export function importFor(api: AuthorApi, { name, from }: ApiName, text: string): string | null {
  const isAirflow = /^\s*(?:from|import)\s+airflow\b/m.test(text)
  const isNew = /^\s*from\s+airflow\.(?:sdk|providers\.standard)\b/m.test(text)
  const wanted = isAirflow ? from.filter((module) => module.startsWith('airflow')) : from.filter((module) => module === 'vortex')
  const rank = (module: string): number => {
    const isSdk = /^airflow\.(?:sdk$|providers\.standard\.)/.test(module)
    return (isSdk === isNew ? 0 : 100) + module.split('.').length
  }
  const [module] = (wanted.length > 0 ? wanted : from).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return module === undefined || !(module in api.modules) ? null : `from ${module} import ${name}`
}

/** Start of the line after the last import at the top level. */
export function importPlace(text: string): number {
  let at = 0
  for (const found of text.matchAll(/^(?:from\s+[\w.]+\s+import\s+(?:\([^)]*\)|[^\n(]*)|import\s+[^\n]*)\n/gm))
    at = found.index + found[0].length
  if (at > 0) return at
  // Below the head of the file: its docstring and comments.
  const head = /^(?:[ \t]*#[^\n]*\n|[ \t]*\n)*(?:[rR]?("""|''')[\s\S]*?\1[ \t]*\n)?/.exec(text)
  return head?.[0].length ?? 0
}

function textBefore(state: EditorState, node: Node, pos: number): string {
  return state.doc.sliceString(Math.max(node.from, pos - 200), pos)
}

/** The innermost call whose arguments the position is in, with the keywords that it has. */
function callAround(state: EditorState, start: Node): { callee: string; given: string[]; isDecorator: boolean } | null {
  for (let node: Node | null = start; node !== null; node = node.parent) {
    if (node.name !== 'ArgList') continue
    const parent = node.parent
    if (parent === null) return null
    const isDecorator = parent.name === 'Decorator'
    const callee = state.doc.sliceString(isDecorator ? parent.from + 1 : parent.from, node.from).trim()
    if (!/^[\w.]{1,100}$/.test(callee)) return null
    const given: string[] = []
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.name === 'VariableName' && child.nextSibling?.name === 'AssignOp') given.push(state.doc.sliceString(child.from, child.to))
    }
    return { callee: /^task\b|^dag$/.test(callee) ? callee : (callee.split('.').at(-1) ?? callee), given, isDecorator }
  }
  return null
}
