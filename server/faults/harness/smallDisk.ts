/** A folder on a small file system of its own, so that a test can fill a disk. Mounting needs root; null, with the reason printed, without. */
import { spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'

export function smallDisk(folder: string, megabytes: number): Disposable | null {
  const why = userInfo().uid === 0 ? mount(folder, megabytes) : 'mounting needs root'
  if (why !== null) {
    process.stdout.write(`  skipped: no small tmpfs at ${folder}: ${why}\n`)
    return null
  }
  return { [Symbol.dispose]: () => void spawnSync('umount', ['-l', folder]) }
}

function mount(folder: string, megabytes: number): string | null {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { encoding: 'utf8' })
  return status === 0 ? null : stderr.trim()
}
