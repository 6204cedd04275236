/** Imports one plugin, and sees that it is one. Nothing outside the plugin's folder, Node and `vortex/plugin` can be imported by it. */
import { realpathSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { API_VERSION, type Notifier, type Operator, type Plugin, type Sensor } from '../api/index.ts'

export type Kind = 'operator' | 'sensor' | 'notifier'

/** The plugin does not do what the API asks for; the message says what and how to mend it. */
export class PluginInvalid extends Error {
  override readonly name = 'PluginInvalid'
}

const API_NAME = 'vortex/plugin'
const IS_BUNDLED = process.env.VORTEX_BUNDLED === '1'
const API_URL = new URL(IS_BUNDLED ? './pluginApi.mjs' : '../api/index.ts', import.meta.url).href
const KINDS: readonly (readonly [key: 'operators' | 'sensors' | 'notifiers', kind: Kind, method: string])[] = [
  ['operators', 'operator', 'execute'],
  ['sensors', 'sensor', 'poke'],
  ['notifiers', 'notifier', 'notify'],
]

export interface Registered {
  kind: Kind
  name: string
  definition: Operator | Sensor | Notifier
}

/** A plugin's files: its folder, or the one file that it is. `shipped` ones are part of VORTEX and may use its packages. */
export interface PluginPlace {
  root: string
  entry: string
  shipped: boolean
}

/** Of a shipped plugin: as source, or bundled. */
function entryOf(place: PluginPlace): string {
  if (!place.shipped) return place.entry
  return fileURLToPath(new URL(IS_BUNDLED ? `../plugins/${place.entry}.mjs` : `../${place.entry}/plugin.ts`, import.meta.url))
}

/** Rejects with what the plugin's code throws while it is imported, or with PluginInvalid. */
export async function loadPlugin(place: PluginPlace): Promise<{ plugin: Plugin; registered: Registered[] }> {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === API_NAME) return { url: API_URL, shortCircuit: true }
      const found = next(specifier, context)
      if (!place.shipped) refuseOutside(place, specifier, context.parentURL, found.url)
      return found
    },
  })
  const entry = entryOf(place)
  const module = entry.endsWith('.node') ? (createRequire(import.meta.url)(entry) as unknown) : await importFile(entry)
  const plugin = exportedPlugin(module)
  return { plugin, registered: registeredOf(plugin) }
}

async function importFile(path: string): Promise<unknown> {
  return (await import(pathToFileURL(path).href)) as unknown
}

/** What travels with the DAG is what lies in the plugin's folder: anything else would be missing on another worker. */
function refuseOutside(place: PluginPlace, specifier: string, parent: string | undefined, url: string): void {
  if (parent?.startsWith('file:') !== true || !url.startsWith('file:') || !isWithin(place.root, fileURLToPath(parent))) return
  const path = fileURLToPath(url)
  if (isWithin(place.root, path) && isWithin(place.root, realpathSync(path))) return
  throw new PluginInvalid(
    place.root === place.entry
      ? `imports ${specifier}, another file. A plugin of several files is a folder: put them all into ${place.root.replace(/\.\w+$/, '')}, this one as plugin.ts (or plugin.js).`
      : `imports ${specifier}, which lies outside of the plugin's folder ${place.root}. Put a copy of it there.`,
  )
}

/** `root` holds no links. */
function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}${sep}`)
}

function exportedPlugin(module: unknown): Plugin {
  const found = asObject(module)
  // `exports.plugin = ...`, `module.exports = ...` and `export default` come here in different wraps.
  const inner = asObject(found['default'])
  const plugin = [found['plugin'], inner['plugin'], found['default'], module]
    .map(asObject)
    .find((one) => 'api' in one || 'operators' in one || 'sensors' in one || 'notifiers' in one)
  if (plugin === undefined)
    throw new PluginInvalid('exports no plugin. Write: export const plugin = definePlugin({ api: 1, name: ..., operators: { ... } }).')
  if (plugin['api'] !== API_VERSION)
    throw new PluginInvalid(
      `says api: ${JSON.stringify(plugin['api']) ?? 'nothing'}; this VORTEX has version ${API_VERSION} of the plugin API. Write api: ${API_VERSION}, and look for what changed in docs/plugins.md.`,
    )
  if (typeof plugin['name'] !== 'string' || !/^[A-Za-z][\w-]{0,63}$/.test(plugin['name']))
    throw new PluginInvalid(
      `has the name ${JSON.stringify(plugin['name']) ?? 'undefined'}; a name is 1 to 64 letters, digits, - and _, a letter first.`,
    )
  return plugin as unknown as Plugin
}

function registeredOf(plugin: Plugin): Registered[] {
  const found: Registered[] = []
  for (const [key, kind, method] of KINDS) {
    const group = plugin[key]
    if (group === undefined) continue
    if (typeof group !== 'object' || group === null) throw new PluginInvalid(`${key} must be an object: { MyName: ${kind}({ ... }) }.`)
    for (const [name, definition] of Object.entries(group as Record<string, Operator | Sensor | Notifier>)) {
      checkDefinition(kind, name, asObject(definition), method)
      if (found.some((one) => one.name === name))
        throw new PluginInvalid(`registers ${name} twice. Give each operator, sensor and notifier its own name.`)
      found.push({ kind, name, definition })
    }
  }
  if (found.length === 0) throw new PluginInvalid('registers nothing. Give it at least one of operators, sensors and notifiers.')
  return found
}

function checkDefinition(kind: Kind, name: string, definition: Record<string, unknown>, method: string): void {
  if (!/^[A-Z][A-Za-z0-9]{1,99}$/.test(name))
    throw new PluginInvalid(`the ${kind} ${name} needs a class name: letters and digits, a capital first, such as MyOperator.`)
  if (typeof definition[method] !== 'function') throw new PluginInvalid(`the ${kind} ${name} has no function ${method}(config, context).`)
  if (typeof definition['description'] !== 'string')
    throw new PluginInvalid(`the ${kind} ${name} has no description: one sentence about what it does.`)
  const config = asObject(definition['config'])
  if (config['type'] !== 'object' || typeof config['properties'] !== 'object' || config['properties'] === null)
    throw new PluginInvalid(`the config of ${name} is no JSON Schema of an object: write config: { type: 'object', properties: { ... } }.`)
  for (const field of ['templateFields', 'templateExtensions']) {
    const value = definition[field]
    if (value === undefined) continue
    if (!Array.isArray(value) || value.some((one) => typeof one !== 'string'))
      throw new PluginInvalid(`${field} of ${name} must be a list of texts.`)
  }
  const strange = ((definition['templateFields'] ?? []) as string[]).find((field) => !Object.hasOwn(config['properties'] as object, field))
  if (strange !== undefined) throw new PluginInvalid(`templateFields of ${name} has ${strange}, which is no property of its config.`)
}

export function asObject(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null ? (value as Record<string, unknown>) : {}
}
