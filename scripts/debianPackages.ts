/** Programs and libraries of the system that tests need: named in one command, and installed on a Debian where this process is root. */
import { execFileSync } from 'node:child_process'

/** `isThere` says whether a package's part is usable already. */
export function installPackages(packages: readonly string[], isThere: (name: string) => boolean): void {
  const missing = packages.filter((name) => !isThere(name))
  if (missing.length === 0) return
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0) throw new Error(`These are missing: ${missing.join(', ')}. Run: sudo ${command.join(' ')}`)
  process.stderr.write(`Missing: ${missing.join(', ')}. Running ${command.join(' ')}\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const [program = '', ...args] = command
  try {
    execFileSync(program, args, { stdio: ['ignore', 2, 2], env })
  } catch {
    // The lists of a fresh machine are empty.
    execFileSync('apt-get', ['update'], { stdio: ['ignore', 2, 2], env })
    execFileSync(program, args, { stdio: ['ignore', 2, 2], env })
  }
}
