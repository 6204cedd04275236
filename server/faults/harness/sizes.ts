/** Sizes of the fault tests: small ones for every change, the promised ones with VORTEX_FULL=1. */
export const IS_FULL = process.env['VORTEX_FULL'] === '1'

export function sized<T>(p: { ci: T; full: T }): T {
  return IS_FULL ? p.full : p.ci
}

/** Repeatable numbers in [0, 1): `VORTEX_SEED` repeats a run's kills. */
export function makeRandom(seed = Number(process.env['VORTEX_SEED'] ?? 1)): () => number {
  let state = seed >>> 0
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
