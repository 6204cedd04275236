/** Sizes of the rows of `npm run bench -- --scale`, and what others feel of them. */
import { performance } from 'node:perf_hooks'
import type { Server } from './server.ts'

/** VORTEX_BENCH_SHARE=0.01 shows in seconds whether a row works. */
export function sized(count: number): number {
  return Math.max(10, Math.round(count * Number(process.env['VORTEX_BENCH_SHARE'] ?? 1)))
}

const EVERY_MS = 250

/** Milliseconds of a small call four times a second, until `stop`: how long the server's thread is held by something else. */
export function watchingCalls(server: Server): { stop(): number[] } {
  const times: number[] = []
  let isStopped = false
  const call = async (): Promise<void> => {
    const began = performance.now()
    await server.call('GET', '/api/health').catch(() => undefined)
    times.push(performance.now() - began)
    if (!isStopped) setTimeout(() => void call(), EVERY_MS)
  }
  void call()
  return {
    stop: () => {
      isStopped = true
      return times
    },
  }
}
