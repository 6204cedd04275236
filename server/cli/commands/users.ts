/** `vortex users`: list, create, delete. */
import type { Command } from 'commander'
import { ROLES, type Role } from '#contract/states.ts'
import { action, type Cli } from '../cli.ts'
import { instant } from '../output.ts'
import { confirm, readSecret } from '../prompt.ts'
import { choice } from '../values.ts'

export function register(users: Command): void {
  users.command('list').description('all users').action(action(list))
  users
    .command('create <username>')
    .description('make a user; the password is asked for, or read from a pipe or --password-file')
    .requiredOption('--role <role>', ROLES.join(', '), choice(ROLES))
    .option('--password-file <file>', 'read the password from a file')
    .action(action(create))
  users
    .command('delete <username>')
    .description('delete a user with its sessions and API keys')
    .option('-y, --yes', 'do not ask')
    .action(action(remove))
}

async function list({ screen, connection }: Cli): Promise<void> {
  const users = await connection().client.listUsers()
  if (screen.json) return screen.document(users)
  screen.table(
    users,
    [
      { title: 'USER', value: (user) => user.username },
      { title: 'ROLE', value: (user) => user.role },
      { title: 'CREATED', value: (user) => instant(user.created_at) },
      { title: 'LAST SIGN-IN', value: (user) => instant(user.last_login_at) },
    ],
    'No users.',
  )
}

async function create({ screen, connection }: Cli, username: string, options: { role: Role; passwordFile?: string }): Promise<void> {
  const password = await readSecret(`password of ${username}`, options.passwordFile)
  const user = await connection().client.createUser({ body: { username, password, role: options.role } })
  if (screen.json) return screen.document(user)
  screen.line(`${user.username} may sign in as ${user.role}.`)
}

async function remove({ screen, connection }: Cli, username: string, { yes }: { yes?: boolean }): Promise<void> {
  await confirm(`Delete the user ${username}?`, yes)
  const answer = await connection().client.deleteUser({ params: { username } })
  if (screen.json) return screen.document(answer)
  screen.line(answer.message)
}
