/** A control group with little memory, in which the kernel really kills for want of it. Needs root; null, with the reason, without. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface MemoryGroup extends Disposable {
  /** Whoever writes its pid here belongs to the group. */
  procs: string
}

export function memoryGroup(name: string, megabytes: number): MemoryGroup | null {
  const isV2 = existsSync('/sys/fs/cgroup/cgroup.controllers')
  const folder = join(isV2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory', name)
  try {
    if (isV2) writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+memory')
    mkdirSync(folder)
    writeFileSync(join(folder, isV2 ? 'memory.max' : 'memory.limit_in_bytes'), String(megabytes * 1024 * 1024))
    // Without it the group would swap instead.
    const swap = join(folder, isV2 ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes')
    if (existsSync(swap)) writeFileSync(swap, isV2 ? '0' : String(megabytes * 1024 * 1024))
  } catch (error) {
    process.stdout.write(`  no control group for memory: ${(error as Error).message}; the address space is limited instead\n`)
    return null
  }
  return { procs: join(folder, 'cgroup.procs'), [Symbol.dispose]: () => rmdirSync(folder) }
}
