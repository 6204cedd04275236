/** `vortex secrets`: set, list, delete. A value comes from a file, a pipe or a prompt, never from the command line. */
import type { Command } from 'commander'
import { action, type Cli } from '../cli.ts'
import { instant } from '../output.ts'
import { confirm, readSecret } from '../prompt.ts'

export function register(secrets: Command): void {
  secrets.command('list').description('names of the secrets').action(action(list))
  secrets
    .command('set <name>')
    .description('make a secret, or replace the one of that name; its value is asked for, or read from a pipe or --file')
    .option('--file <file>', 'read the value from a file')
    .addHelpText(
      'after',
      '\nExamples:\n  vortex secrets set warehouse_password\n  pass show warehouse | vortex secrets set warehouse_password',
    )
    .action(action(set))
  secrets.command('delete <name>').description('delete a secret').option('-y, --yes', 'do not ask').action(action(remove))
}

async function list({ screen, connection }: Cli): Promise<void> {
  const { secrets } = await connection().client.listSecrets()
  if (screen.json) return screen.document(secrets)
  screen.table(
    secrets,
    [
      { title: 'NAME', value: (secret) => secret.key },
      { title: 'CREATED', value: (secret) => instant(secret.created_at) },
      { title: 'UPDATED', value: (secret) => instant(secret.updated_at) },
    ],
    'No secrets.',
  )
}

async function set({ screen, connection }: Cli, name: string, { file }: { file?: string }): Promise<void> {
  const value = await readSecret(`value of ${name}`, file)
  const answer = await connection().client.setSecret({ body: { key: name, value } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}

async function remove({ screen, connection }: Cli, name: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the secret ${name}? Tasks that declare it will fail.`, yes)
  const answer = await connection().client.deleteSecret({ params: { key: name } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
