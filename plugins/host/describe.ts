/** What a plugin registers, as data. */
import type { Operator } from '../api/index.ts'
import type { Message } from './channel.ts'
import { loadPlugin, PluginInvalid, type PluginPlace } from './loadPlugin.ts'

/** A schema that is longer is no description of arguments. */
const SCHEMA_CHARS = 256 * 1024

export async function describe(place: PluginPlace): Promise<Message> {
  const { plugin, registered } = await loadPlugin(place)
  return {
    t: 'described',
    name: plugin.name,
    api: plugin.api,
    registered: registered.map(({ kind, name, definition }) => ({
      kind,
      name,
      description: definition.description,
      config: plainSchema(name, definition.config),
      template_fields: (definition as Operator).templateFields ?? null,
      template_extensions: definition.templateExtensions ?? [],
    })),
  }
}

function plainSchema(name: string, schema: unknown): unknown {
  let text: string
  try {
    text = JSON.stringify(schema)
  } catch (cause) {
    throw new PluginInvalid(`the config of ${name} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (text.length > SCHEMA_CHARS)
    throw new PluginInvalid(`the config of ${name} has ${text.length} characters as JSON; ${SCHEMA_CHARS} are allowed.`)
  return JSON.parse(text) as unknown
}
