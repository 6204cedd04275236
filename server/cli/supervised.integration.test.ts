import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ADDRESS_FILE, SUPERVISED_ENV, type FromSupervised, type ServerAddress, type ToSupervised } from '#contract/supervision.ts'

const TOKEN = 'a-token-of-one-launch-that-is-long-enough'
const main = resolve(import.meta.dirname, 'main.ts')
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server as the child of this process, with nothing to run. */
async function supervised(): Promise<{ child: ChildProcess; home: string; said: Promise<FromSupervised> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vortex-supervised-'))
  await mkdir(join(folder, 'dags'))
  const home = join(folder, 'home')
  const child = fork(
    main,
    ['server', '--data-folder', home, '--dags-folder', join(folder, 'dags'), '--port', '0', '--worker-capacity', '0'],
    {
      env: { ...process.env, [SUPERVISED_ENV]: '1', VORTEX_PYTHON: process.env['VORTEX_TEST_PYTHON'] },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    },
  )
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  })
  return { child, home, said: once(child, 'message').then(([message]) => message as FromSupervised) }
}
const say = (child: ChildProcess, message: ToSupervised): boolean => child.send(message)
const statusOf = async (url: string, key: string): Promise<number> =>
  (await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${key}` } })).status

describe('the server as a child', () => {
  it('starts with the token that its parent gives, and ends when it is told to', async () => {
    const { child, home, said } = await supervised()
    say(child, { type: 'launch', token: TOKEN })
    const ready = await said
    if (ready.type !== 'ready') throw new Error(ready.message)
    expect(await statusOf(ready.url, TOKEN)).toBe(200)
    expect(await statusOf(ready.url, `${TOKEN}x`)).toBe(401)
    expect((JSON.parse(await readFile(join(home, ADDRESS_FILE), 'utf8')) as ServerAddress).url).toBe(ready.url)
    // Nothing of the token is seen by who looks at the process.
    expect(await readFile(`/proc/${child.pid}/environ`, 'latin1')).not.toContain(TOKEN)
    expect(await readFile(`/proc/${child.pid}/cmdline`, 'latin1')).not.toContain(TOKEN)

    const ended = once(child, 'exit')
    say(child, { type: 'stop', leave_worker: false })
    expect(await ended).toEqual([0, null])
    expect(existsSync(join(home, ADDRESS_FILE))).toBe(false)
  })

  it('ends in order when its parent is gone', async () => {
    const { child, said } = await supervised()
    say(child, { type: 'launch', token: TOKEN })
    expect((await said).type).toBe('ready')
    const ended = once(child, 'exit')
    child.disconnect()
    expect(await ended).toEqual([0, null])
  })

  it('says why it cannot start', async () => {
    const first = await supervised()
    say(first.child, { type: 'launch', token: TOKEN })
    await first.said
    const second = fork(main, ['server', '--data-folder', first.home, '--port', '0'], {
      env: { ...process.env, [SUPERVISED_ENV]: '1' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const said = once(second, 'message')
    const ended = once(second, 'exit')
    say(second, { type: 'launch', token: TOKEN })
    expect(await said).toEqual([{ type: 'failed', message: expect.stringContaining('is in use by the server') as string }, undefined])
    expect((await ended)[0]).not.toBe(0)
  })
})
