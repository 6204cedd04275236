/** The plugin that `vortex plugins new` makes: an operator that works, and the API beside it, so that an editor completes and checks. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INSTALL_ROOT, IS_BUNDLED } from '#runtime/version.ts'

/** For the editor alone: the plugin gets its API from the host that runs it. */
const API_FILES = ['index.ts', 'config.ts']

export async function makePlugin(p: { folder: string; name: string }): Promise<{ operator: string }> {
  const operator = `${p.name.replace(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase())}Operator`
  await mkdir(join(p.folder, 'vortex-plugin'), { recursive: true })
  const api = IS_BUNDLED ? join(INSTALL_ROOT, 'dist', 'plugins', 'api') : join(INSTALL_ROOT, 'plugins', 'api')
  for (const file of API_FILES) await copyFile(join(api, file), join(p.folder, 'vortex-plugin', file))
  await writeFile(join(p.folder, 'plugin.ts'), pluginText(p.name, operator))
  await writeFile(join(p.folder, 'tsconfig.json'), TSCONFIG)
  await writeFile(join(p.folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  return { operator }
}

function pluginText(name: string, className: string): string {
  return `import { definePlugin, operator } from 'vortex/plugin'

export const plugin = definePlugin({
  api: 1,
  name: '${name}',
  operators: {
    ${className}: operator({
      description: 'Greets somebody.',
      config: {
        type: 'object',
        properties: {
          who: { type: 'string', description: 'Who is greeted' },
          times: { type: 'integer', minimum: 1, maximum: 10, default: 1, description: 'How often' },
        },
        required: ['who'],
        additionalProperties: false,
      },
      async execute(config, context) {
        for (let time = 1; time <= config.times; time += 1) context.log.info(\`Hello, \${config.who}\`)
        return { greeted: config.who, run_id: context.run_id }
      },
    }),
  },
})
`
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "ES2024",
    "module": "NodeNext",
    "strict": true,
    "noEmit": true,
    "allowJs": true,
    "checkJs": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "paths": { "vortex/plugin": ["./vortex-plugin/index.ts"] }
  }
}
`
