/** What the server looks at before it makes or opens anything: a configuration that cannot work is refused whole. */
import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ConfigError, isLoopback, type Config } from './config.ts'

/** A cold interpreter on a busy machine needs seconds; one that hangs is none. */
const PYTHON_MS = 10_000
/** As requires-python in python/pyproject.toml. */
const PYTHON_PROBE = 'import sys; sys.exit(0 if sys.version_info >= (3, 9) else 9)'

/** Throws ConfigError. Answers with what the operator should know although the server can start. */
export async function checkStart(config: Config): Promise<string[]> {
  checkSwarm(config)
  const [, warnings] = await Promise.all([checkTls(config), checkDagsFolder(config.dagsFolder), checkPython(config.python)])
  return warnings
}

function checkSwarm({ swarmListen, swarmPlaintext, tlsCert }: Config): void {
  const host = swarmListen?.slice(0, swarmListen.lastIndexOf(':')) ?? '127.0.0.1'
  if (isLoopback(host) || swarmPlaintext || tlsCert !== null) return
  throw new ConfigError(
    `Workers would connect to ${swarmListen} without encryption, so anyone on the way could read the worker token and task secrets. Set --tls-cert and --tls-key (or VORTEX_TLS_CERT and VORTEX_TLS_KEY), listen on 127.0.0.1, or allow it explicitly with --swarm-plaintext true.`,
  )
}

/** That the files can be read and belong together. */
export async function checkTls({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>): Promise<void> {
  if (tlsCert === null || tlsKey === null) return
  // One after the other, so that of two that are wrong the same one is always told.
  const cert = await readSetting(tlsCert, '--tls-cert (or VORTEX_TLS_CERT)')
  const key = await readSetting(tlsKey, '--tls-key (or VORTEX_TLS_KEY)')
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new ConfigError(
      `The certificate ${tlsCert} and the key ${tlsKey} cannot be used: ${(cause as Error).message}. Give a certificate chain with --tls-cert (or VORTEX_TLS_CERT) and its private key with --tls-key (or VORTEX_TLS_KEY), both as PEM.`,
      { cause },
    )
  }
}

async function readSetting(path: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new ConfigError(`The file ${path} of ${setting} cannot be read: ${whyNot(cause)}.`, { cause })
  }
}

function whyNot(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException
  return { ENOENT: 'there is no such file', EACCES: 'this user has no permission', EISDIR: 'it is a folder' }[code] ?? message
}

/** A folder that is missing may still come (a volume, a checkout); a file in its place never becomes one. */
export async function checkDagsFolder(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => null)
  if (found?.isDirectory()) return []
  if (found !== null)
    throw new ConfigError(`The DAG folder ${folder} is a file. Give the folder that it lies in with --dags-folder (or VORTEX_DAGS_FOLDER).`)
  return [
    `The DAG folder ${folder} does not exist, so there are no DAGs. Create it, or give another one with --dags-folder (or VORTEX_DAGS_FOLDER).`,
  ]
}

async function checkPython(python: string | null): Promise<void> {
  if (python === null) return
  const problem = await new Promise<string | null>((resolve) => {
    execFile(python, ['-I', '-S', '-c', PYTHON_PROBE], { timeout: PYTHON_MS, cwd: '/' }, (error) => {
      if (error === null) resolve(null)
      else if (error.code === 9) resolve('is older than Python 3.9')
      else resolve('is no Python interpreter that starts')
    })
  })
  if (problem === null) return
  throw new ConfigError(
    `Setting --python (or VORTEX_PYTHON) is ${python}, which ${problem}. Give one of version 3.9 or later, or leave it out for an environment that VORTEX makes itself.`,
  )
}
