/**
 * The plugin host: a process for one attempt of a task, or for a look at what a plugin registers. `node pluginHost.mjs FD`, where FD is a
 * socket to the Python process that started it (python/vortex/plugins). The first message says what is wanted:
 *
 *   describe {root, entry, shipped}                                          -> described {...} | failed {...}
 *   run {root, entry, shipped, kind, name, config, context}                  -> done {value} | failed {...}
 *   poke                (a sensor's later pokes, after `run` asked for one)  -> done {value: {done, value}} | failed {...}
 *
 * It ends with its parent: when the socket closes, nobody waits for the answer.
 */
import type { Notifier, Operator, PokeResult, Sensor } from '../api/index.ts'
import { Channel, type Message } from './channel.ts'
import { describe } from './describe.ts'
import { failureOf } from './failure.ts'
import { asObject, type Kind, loadPlugin, PluginInvalid, type PluginPlace } from './loadPlugin.ts'
import { jsonOf, taskContext } from './taskContext.ts'

const abort = new AbortController()
let root = ''
let isWorking = false
let work: () => Promise<unknown> = () => Promise.reject(new Error('there is nothing to poke'))

const channel = new Channel(
  Number(process.argv[2]),
  (message) => void begin(message),
  () => process.exit(0),
)
process.on('SIGTERM', () => abort.abort(new Error('the task was told to end')))
process.on('uncaughtException', (error) => fail(error))
// The plugin's promise is pending, and nothing is left that could settle it.
process.on('beforeExit', () => {
  if (isWorking)
    fail(new Error('it waits for something that can never come: a promise is pending, and nothing is under way that could settle it'))
})

async function begin(message: Message): Promise<void> {
  isWorking = true
  channel.listen(false)
  try {
    const place = message as unknown as PluginPlace
    if (message['t'] !== 'poke') root = place.root
    if (message['t'] === 'describe') return end(await describe(place))
    if (message['t'] === 'run') work = await prepare(message, place)
    const value = await work()
    end({ t: 'done', value })
  } catch (error) {
    fail(error)
  }
}

async function prepare(message: Message, place: PluginPlace): Promise<() => Promise<unknown>> {
  const name = String(message['name'])
  const kind = message['kind'] as Kind
  const { plugin, registered } = await loadPlugin(place)
  const found = registered.find((one) => one.kind === kind && one.name === name)
  if (found === undefined) throw new PluginInvalid(`the plugin ${plugin.name} has no ${kind} ${name}`)
  const context = taskContext({ fields: asObject(message['context']), name: plugin.name, channel, signal: abort.signal })
  const config = asObject(message['config'])
  if (kind === 'sensor') return async () => pokeResult(await (found.definition as Sensor).poke(config, context), name)
  if (kind === 'notifier') return async () => void (await (found.definition as Notifier).notify(config, context))
  return async () => jsonOf(await (found.definition as Operator).execute(config, context), `what execute of ${name} returned`)
}

function pokeResult(found: PokeResult, name: string): { done: boolean; value: unknown } {
  if (typeof found === 'boolean') return { done: found, value: null }
  if (typeof asObject(found)['done'] !== 'boolean') throw new TypeError(`poke of ${name} must return true, false or { done, value }`)
  return { done: found.done, value: jsonOf(found.value, `the value of ${name}`) }
}

function end(message: Message): void {
  isWorking = false
  channel.listen(true)
  channel.send(message)
}

function fail(error: unknown): void {
  isWorking = false
  channel.listen(true)
  channel.send({ t: 'failed', ...failureOf(error, root) })
}
