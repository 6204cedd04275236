/** Questions to the person at the terminal, and secret values that must not pass through the command line. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CliError, EXIT } from './exit.ts'
import { readFile } from './values.ts'

/** A secret has at most 64 KiB (contract); the rest of a larger input is not read. */
const SECRET_BYTES_MAX = 65_536

/**
 * Asks before something that cannot be undone, or starts work. Where nobody can be asked (a pipe, a cron job) it never waits: it needs --yes,
 * or with `unasked: 'go on'` goes on, for what is small enough to be meant.
 */
export async function confirm(question: string, yes: boolean | undefined, p: { unasked?: 'go on' } = {}): Promise<void> {
  if (yes === true) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    if (p.unasked === 'go on') return
    throw new CliError(EXIT.usage, `${question} Nobody can be asked here; add --yes.`)
  }
  const answer = await ask(`${question} [y/N] `, process.stderr)
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.failed, 'Nothing was changed.')
}

/** A secret value: from a file, from a pipe, or typed twice without echo. One line break at its end does not belong to it. */
export async function readSecret(what: string, file: string | undefined): Promise<string> {
  const value = file !== undefined && file !== '-' ? readFile(file) : process.stdin.isTTY ? await typeTwice(what) : await readPipe()
  const text = value.replace(/\r?\n$/, '')
  if (text === '') throw new CliError(EXIT.usage, `The ${what} is empty.`)
  if (Buffer.byteLength(text) > SECRET_BYTES_MAX) throw new CliError(EXIT.usage, `The ${what} is larger than ${SECRET_BYTES_MAX} bytes.`)
  return text
}

async function typeTwice(what: string): Promise<string> {
  const first = await askHidden(`${what}: `)
  const second = await askHidden(`${what} again: `)
  if (first !== second) throw new CliError(EXIT.usage, 'The two entries differ; nothing was changed.')
  return first
}

async function readPipe(): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length
    chunks.push(chunk as Buffer)
    if (size > SECRET_BYTES_MAX + 2) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function askHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const answer = await ask('', silent)
  process.stderr.write('\n')
  return answer
}

function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  return new Promise((resolve, reject) => {
    lines.on('SIGINT', () => {
      lines.close()
      reject(new CliError(EXIT.failed, 'Interrupted; nothing was changed.'))
    })
    lines.question(question, (answer) => {
      lines.close()
      resolve(answer)
    })
  })
}
