import { describe, expect, it } from 'vitest'
import { createLogger } from '#runtime/logger.ts'
import { createFakeClock } from '#testkit/fakeClock.ts'
import { stopInTime } from './workerMain.ts'

const logger = createLogger({ level: 'silent' })

describe('the end of a worker', () => {
  it('waits for an orderly stop, but not for one that hangs', async () => {
    const clock = createFakeClock()
    let isOver = false
    const hanging = stopInTime({ stop: () => new Promise(() => undefined) }, { clock, logger }).then(() => (isOver = true))
    clock.advance(9_999)
    await Promise.resolve()
    expect(isOver).toBe(false)
    clock.advance(1)
    await hanging
    await stopInTime({ stop: () => Promise.resolve() }, { clock, logger })
    await expect(stopInTime({ stop: () => Promise.reject(new Error('no')) }, { clock, logger })).rejects.toThrow('no')
  })
})
