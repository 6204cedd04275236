/** Loaded into a Node process before its program (wallClock.ts): `Date.now()` and `new Date()` are ahead by the file's seconds. */
import { readFileSync } from 'node:fs'

const file = process.env['FAULTS_CLOCK_FILE'] ?? ''
const Real = Date

class ShiftedDate extends Real {
  constructor(...args: [] | [number | string | Date] | [number, number]) {
    if (args.length === 0) super(ShiftedDate.now())
    else super(...(args as [number]))
  }
  static override now(): number {
    return Real.now() + Number(readFileSync(file, 'utf8')) * 1000
  }
}
globalThis.Date = ShiftedDate as DateConstructor
