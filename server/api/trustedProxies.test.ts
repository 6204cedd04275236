import { once } from 'node:events'
import { createServer, request as sendRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '#testkit/apiServer.ts'
import { createFakeClock } from '#testkit/fakeClock.ts'

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A server behind a real proxy, which appends the address of its caller as proxies do. */
async function behindProxy(
  trusted_proxies: string[],
): Promise<{ api: TestApi; signIn: (caller: string, username: string) => Promise<number> }> {
  const api = await startTestApi({ clock: createFakeClock(Date.now()), options: { trusted_proxies } })
  open.push(api)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.app.server.address() as AddressInfo
  const proxy: Server = createServer((request, response) => {
    // The tests' caller says who it would be; what it claims to have come through is passed on in front, as by nginx.
    const { 'x-caller': caller, ...headers } = request.headers
    const forwarded = [headers['x-forwarded-for'], caller].filter((part) => part !== undefined).join(', ')
    const onward = sendRequest(
      { host: '127.0.0.1', port, path: request.url, method: request.method, headers: { ...headers, 'x-forwarded-for': forwarded } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    request.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  open.push(proxy)
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const signIn = async (caller: string, username: string): Promise<number> => {
    const [address = '', claimed] = caller.split(' claims ')
    const headers = {
      'content-type': 'application/json',
      'x-caller': address,
      ...(claimed === undefined ? {} : { 'x-forwarded-for': claimed }),
    }
    const answer = await fetch(`${url}/api/login`, { method: 'POST', headers, body: JSON.stringify({ username, password: 'wrong' }) })
    await answer.text()
    return answer.status
  }
  return { api, signIn }
}

describe('behind a reverse proxy', () => {
  it('one caller who guesses does not keep out those beside him', async () => {
    const { signIn } = await behindProxy(['127.0.0.0/8'])
    for (let i = 0; i < 30; i += 1) expect(await signIn('203.0.113.9', `user${i}`)).toBe(401)
    expect(await signIn('203.0.113.9', 'another')).toBe(429)
    expect(await signIn('198.51.100.7', 'another')).toBe(401)
  })

  it('nobody escapes by claiming an address of his own', async () => {
    const { signIn } = await behindProxy(['127.0.0.1'])
    for (let i = 0; i < 30; i += 1) expect(await signIn(`203.0.113.9 claims 192.0.2.${i}`, `user${i}`)).toBe(401)
    expect(await signIn('203.0.113.9 claims 192.0.2.200', 'another')).toBe(429)
  })

  it('that is not named nobody is believed, and the log says what that means', async () => {
    const { api, signIn } = await behindProxy([])
    for (let i = 0; i < 30; i += 1) await signIn(`203.0.113.${i}`, `user${i}`)
    expect(await signIn('198.51.100.7', 'another')).toBe(429)
    expect(api.log.filter(({ msg }) => String(msg).includes('VORTEX_TRUSTED_PROXIES'))).toHaveLength(1)
  })
})
