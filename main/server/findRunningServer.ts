/** A server that runs on the data folder already, such as one from a terminal: the app uses it instead of starting another. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { ADDRESS_FILE, ServerAddress } from '#contract/supervision.ts'
import type { Upstream } from './upstream.ts'

/** It is on this machine: either it answers at once or it is gone. */
const ANSWER_MS = 2_000

export async function findRunningServer(data_folder: string): Promise<Upstream | null> {
  try {
    const address: unknown = JSON.parse(await readFile(join(data_folder, ADDRESS_FILE), 'utf8'))
    if (!Value.Check(ServerAddress, address)) return null
    const key = (await readFile(join(data_folder, 'cli.key'), 'utf8')).trim()
    const answer = await fetch(`${address.url}/api/me`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    await answer.body?.cancel()
    return answer.ok ? { url: address.url, key } : null
  } catch {
    // No file, or what it names is gone: the server that wrote it was killed.
    return null
  }
}
