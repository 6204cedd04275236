/** `vortex doctor`: looks at what VORTEX needs of this machine, and says how to mend what is missing. */
import type { Command } from 'commander'
import { action, type Cli } from '../cli.ts'
import { dataFolder, DEFAULT_SERVER, serverUrl } from '../connection.ts'
import { CHECKS, type Verdict } from '../doctorChecks.ts'
import { EXIT } from '../exit.ts'
import { readPages } from '../pages.ts'

const STYLES = { ok: 'green', warn: 'yellow', fail: 'red' } as const

export function register(doctor: Command): void {
  doctor
    .addHelpText(
      'after',
      '\nExit code 1 if a check fails; warnings alone are 0. It reads VORTEX_HOME, VORTEX_DAGS_FOLDER, VORTEX_TLS_CERT, VORTEX_TLS_KEY,\nVORTEX_PORT, VORTEX_PYTHON, VORTEX_DATABASE_URL, VORTEX_RETENTION_DAYS,\nVORTEX_WORKER_CAPACITY and the variables that hold secrets as the server does.',
    )
    .action(action(run))
}

async function run({ screen, connection }: Cli): Promise<number> {
  const place = {
    data_folder: dataFolder(),
    port: Number(process.env['VORTEX_PORT'] || new URL(DEFAULT_SERVER).port),
    python: process.env['VORTEX_PYTHON'] || null,
    database_url: process.env['VORTEX_DATABASE_URL'] || null,
    retention_days: process.env['VORTEX_RETENTION_DAYS'] || null,
    worker_capacity: process.env['VORTEX_WORKER_CAPACITY'] || null,
    secrets: secretsOf(process.env),
    server_url: serverUrl(),
    workers: async () => (await readPages(10_000, (page) => connection().client.listWorkers({ query: page }))).items,
  }
  const verdicts: (Verdict & { check: string })[] = []
  for (const [check, look] of Object.entries(CHECKS)) {
    const verdict = await look(place).catch((error: unknown): Verdict => ({
      status: 'fail',
      found: error instanceof Error ? error.message : String(error),
      mend: null,
    }))
    verdicts.push({ check, ...verdict })
    if (screen.json) continue
    screen.line(`${screen.paint(STYLES[verdict.status], verdict.status.padEnd(4))}  ${check.padEnd(12)}  ${verdict.found}`)
    if (verdict.mend !== null) screen.line(`${' '.repeat(20)}${screen.paint('bold', '→')} ${verdict.mend}`)
  }
  if (screen.json) screen.document(verdicts)
  return verdicts.some((verdict) => verdict.status === 'fail') ? EXIT.failed : EXIT.ok
}

function secretsOf(env: NodeJS.ProcessEnv): string[] {
  const names = ['VORTEX_KEK', 'VORTEX_ADMIN_PASSWORD', 'VORTEX_WORKER_TOKEN', 'PGPASSWORD'].filter((name) => (env[name] ?? '') !== '')
  const url = env['VORTEX_DATABASE_URL'] ?? ''
  return URL.canParse(url) && new URL(url).password !== '' ? [...names, 'VORTEX_DATABASE_URL (its password)'] : names
}
