/** A server of S3 in a process of its own: moto's, from the Python environment of the tests. It keeps its objects in memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { testPython } from '../../scripts/python.ts'

export interface S3Server extends AsyncDisposable {
  /** Such as http://127.0.0.1:40001. */
  readonly url: string
}

export async function startS3Server(): Promise<S3Server> {
  const child = spawn(testPython(), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  const lines = createInterface(child.stderr)
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      // What it says of each request is of no use, and not kept.
      if (said.length < 50) said.push(line)
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)
      if (found?.[1] !== undefined) resolve(found[1])
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`the server of S3 ended with code ${code}:\n${said.join('\n')}`)))
  })
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill()) await ended
    },
  }
}
