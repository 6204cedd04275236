/** Raw limits that are Python programs: run, wait, read the one JSON line they print. */
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { testPython } from '../../scripts/python.ts'

export const PACKAGE_FOLDER = resolve(import.meta.dirname, '../../python')
export const RAW_FOLDER = resolve(import.meta.dirname, '../raw')

export function rawPython(script: string, args: readonly string[]): Record<string, unknown> {
  const output = execFileSync(testPython(), [join(RAW_FOLDER, script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: PACKAGE_FOLDER },
  })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
}

/** The best of several numbers in flight: the limit is the machine's, not that of an unlucky setting. */
export function bestRate(script: string, args: readonly string[]): number {
  return Math.max(...[2, 4, 8].map((inFlight) => Number(rawPython(script, [...args, '--in-flight', String(inFlight)])['per_second'])))
}
