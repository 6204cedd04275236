/** `vortex plugins`: list, check, new. They look at the DAG folder itself, and need no server. */
import type { Command } from 'commander'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Plugin, PluginList } from '#contract/plugin.ts'
import { action, type Cli } from '../cli.ts'
import { dataFolder } from '../connection.ts'
import { lookAtPlugins } from '../embedded.ts'
import { CliError, EXIT } from '../exit.ts'
import { plain } from '../output.ts'
import { makePlugin } from '../pluginTemplate.ts'

interface Options {
  dagsFolder?: string
}

const FOLDER = [
  '--dags-folder <folder>',
  'the DAG folder (VORTEX_DAGS_FOLDER, default ./dags); plugins lie in plugins/ in it or beside it',
] as const

export function register(plugins: Command): void {
  plugins
    .command('list')
    .description('all plugins with what they register, and why one is disabled')
    .option(...FOLDER)
    .addHelpText(
      'after',
      '\nExit code 1 if one is disabled.\n\nExample:\n  vortex plugins list --json | jq -r ".plugins[] | select(.error) | .path"',
    )
    .action(action(list))
  plugins
    .command('check')
    .description('what is wrong with the plugins of the DAG folder, or with one of them')
    .argument('[file]', 'a plugin file, or the folder of a plugin')
    .option(...FOLDER)
    .addHelpText('after', '\nExit code 1 if one is disabled.\n\nExample:\n  vortex plugins check dags/plugins/crm')
    .action(action(check))
  plugins
    .command('new')
    .description('make a plugin that works, with types for the editor')
    .argument('<name>', 'name of the plugin and of its folder')
    .option(...FOLDER)
    .addHelpText('after', '\nExample:\n  vortex plugins new crm\n  vortex plugins check dags/plugins/crm')
    .action(action(create))
}

async function list({ screen }: Cli, options: Options): Promise<number> {
  const found = await look(options, screen.note, null)
  if (screen.json) screen.document(found)
  else {
    screen.table(
      found.plugins,
      [
        { title: 'PLUGIN', value: (plugin) => plugin.name },
        { title: 'STATE', value: stateOf, style: (plugin) => (plugin.error === null ? null : 'red') },
        { title: 'FILE', value: (plugin) => plugin.path },
        { title: 'REGISTERS', value: (plugin) => namesOf(plugin).join(' ') },
      ],
      'There are no plugins.',
    )
    for (const plugin of disabled(found)) screen.line(`\n${describeError(plugin)}`)
  }
  return verdict(found)
}

async function check({ screen }: Cli, given: string | undefined, options: Options): Promise<number> {
  const place = given === undefined ? null : placeOf(resolve(given))
  const found = await look(place === null ? options : { dagsFolder: place.dagsFolder }, screen.note, place?.path ?? null)
  const own = { ...found, plugins: found.plugins.filter((plugin) => !plugin.is_shipped) }
  if (place !== null && own.plugins.length === 0) {
    const words =
      'A plugin is a .ts, .js, .mjs, .cjs or .node file in plugins/, or a folder there with plugin.ts (or package.json with "main").'
    throw new CliError(EXIT.usage, `${given ?? ''} is no plugin. ${words}`)
  }
  if (screen.json) {
    screen.document(own)
    return verdict(own)
  }
  for (const plugin of own.plugins) {
    if (plugin.error === null) screen.line(`${screen.paint('green', 'ok')}  ${plain(plugin.path)}  ${namesOf(plugin).join(' ')}`)
    else screen.line(`${describeError(plugin)}${plugin.report === '' ? '' : `\n${indented(plugin.report)}`}`)
  }
  if (own.plugins.length === 0) screen.line('There are no plugins in the DAG folder. `vortex plugins new NAME` makes one.')
  return verdict(own)
}

async function create({ screen }: Cli, name: string, options: Options): Promise<void> {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name))
    throw new CliError(
      EXIT.usage,
      `${JSON.stringify(name)} cannot be a name: it has 1 to 64 lower-case letters, digits, - and _, a letter first.`,
    )
  const dags = dagsFolder(options)
  const beside = join(dirname(dags), 'plugins')
  const folder = join(!existsSync(join(dags, 'plugins')) && existsSync(beside) ? beside : join(dags, 'plugins'), name)
  if (existsSync(folder)) throw new CliError(EXIT.failed, `${folder} is there already. Choose another name.`)
  const made = await makePlugin({ folder, name })
  if (screen.json) return screen.document({ folder, operator: made.operator })
  screen.line(`Made ${folder}. Edit plugin.ts; check it with: vortex plugins check ${relative(process.cwd(), folder) || folder}`)
  screen.line(`In a DAG file: from vortex.operators import ${made.operator}`)
}

async function look(options: Options, report: (line: string) => void, path: string | null): Promise<PluginList> {
  const found = await lookAtPlugins({ root: dagsFolder(options), path, home_folder: dataFolder(), report })
  if (found.problem !== null) throw new CliError(EXIT.failed, found.problem)
  return found
}

function dagsFolder(options: Options): string {
  const folder = resolve(options.dagsFolder ?? (process.env['VORTEX_DAGS_FOLDER'] || 'dags'))
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CliError(EXIT.usage, `There is no DAG folder ${folder}. Give --dags-folder.`)
  return folder
}

/** The DAG folder of a file in plugins/, which lies in it or beside it. */
function placeOf(path: string): { dagsFolder: string; path: string } {
  if (!existsSync(path)) throw new CliError(EXIT.usage, `There is no ${path}.`)
  const parts = path.split(sep)
  const at = parts.lastIndexOf('plugins')
  if (at < 1 || at === parts.length - 1) throw new CliError(EXIT.usage, `${path} does not lie in a folder plugins.`)
  const above = parts.slice(0, at).join(sep) || sep
  const name = parts[at + 1] ?? ''
  // A DAG folder beside plugins/ is taken where there is one of the usual name; for a look at the plugin it does not matter.
  const isBeside = readdirSync(above).includes('dags')
  return { dagsFolder: isBeside ? join(above, 'dags') : above, path: `plugins/${name}` }
}

function stateOf(plugin: Plugin): string {
  return plugin.error !== null ? 'disabled' : plugin.is_shipped ? 'shipped' : 'ok'
}

function namesOf(plugin: Plugin): string[] {
  return [...plugin.operators, ...plugin.sensors, ...plugin.notifiers]
}

function disabled(found: PluginList): Plugin[] {
  return found.plugins.filter((plugin) => plugin.error !== null)
}

function verdict(found: PluginList): number {
  return disabled(found).length === 0 ? EXIT.ok : EXIT.failed
}

function describeError(plugin: Plugin): string {
  return `${plain(plugin.path)}${plugin.line === null ? '' : `:${plugin.line}`}: ${plain(plugin.error ?? '')}`
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${plain(line)}`)
    .join('\n')
}
