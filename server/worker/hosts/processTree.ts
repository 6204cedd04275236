/**
 * Killing what a dead host left behind. A process is known by the attempt's mark in its environment or by the session of the
 * attempt's leader, and is signalled only while pid and start time agree. Without /proc (macOS) only leaders' groups are known.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Clock } from '#runtime/clock.ts'

const MARK = 'VORTEX_ATTEMPT_ID='

/** SIGKILL acts within microseconds unless a process waits for a device; then we look again, forever, ever slower. */
const FIRST_LOOK_MS = 10
const SLOWEST_LOOK_MS = 1_000

export interface KnownAttempt {
  attempt_id: string
  /** 0 = never heard of. */
  pid: number
  start_time: number
}

interface ProcessStat {
  parent: number
  group: number
  session: number
  start_time: number
  state: string
}

export function readStat(pid: number): ProcessStat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null
  }
  // The name is in parentheses and may hold anything; the fields begin behind the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    start_time: Number(fields[19]),
  }
}

/** Resolves when no process of these attempts is alive. */
export async function killAttempts(p: { attempts: KnownAttempt[]; clock: Clock }): Promise<void> {
  for (let pause = FIRST_LOOK_MS; killOnce(p.attempts) > 0; pause = Math.min(pause * 2, SLOWEST_LOOK_MS)) {
    await new Promise<void>((resolve) => p.clock.after(pause, resolve))
  }
}

/**
 * Kills every process that carries a mark of ours, whatever shares its session (an attempt has one of its own), and what was started
 * below either: a command may have cleaned its environment. Resolves when none is left, or at the limit.
 */
export async function killMarked(p: {
  isOurs: (mark: string) => boolean
  clock: Clock
  limit_ms: number
}): Promise<{ killed: number; left: number }> {
  const deadline = p.clock.monotonic() + p.limit_ms
  const killed = new Set<string>()
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, SLOWEST_LOOK_MS)) {
    const found = markedTrees(p.isOurs)
    for (const { pid, start_time } of found) if (sendKillExactly(pid, start_time)) killed.add(`${pid} ${start_time}`)
    if (found.length === 0 || p.clock.monotonic() > deadline) return { killed: killed.size, left: found.length }
    await new Promise<void>((resolve) => p.clock.after(pause, resolve))
  }
}

function markedTrees(isOurs: (mark: string) => boolean): (ProcessStat & { pid: number })[] {
  const all = (listProcesses() ?? []).flatMap((pid) => {
    const stat = readStat(pid)
    return stat === null || stat.state === 'Z' || pid === process.pid ? [] : [{ pid, ...stat }]
  })
  const found = new Set(all.filter(({ pid }) => isOurs(readMark(pid))))
  // Those of another pid namespace show as 0.
  const sessions = new Set([...found].map(({ session }) => session).filter((session) => session > 1))
  const pids = new Set([...found].map(({ pid }) => pid))
  // Parents may stand behind their children in the list: until a round adds nothing.
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const entry of all) {
      if (found.has(entry) || !(sessions.has(entry.session) || pids.has(entry.parent))) continue
      found.add(entry)
      pids.add(entry.pid)
    }
  }
  return [...found]
}

/** One look at all processes; returns how many had to be killed. */
function killOnce(attempts: KnownAttempt[]): number {
  // Every process of the machine that is none of ours has the empty mark.
  const marks = new Set(attempts.map((attempt) => attempt.attempt_id).filter((mark) => mark !== ''))
  const leaders = new Map(attempts.filter((attempt) => attempt.pid > 1).map((attempt) => [attempt.pid, attempt.start_time]))
  let killed = 0
  for (const pid of listProcesses() ?? [...leaders.keys()]) {
    const before = readStat(pid)
    if (before === null || before.state === 'Z' || pid === process.pid) continue
    const leaderStart = leaders.get(before.session)
    // A session number is taken again only after the old session is gone, and then by a process that is its leader.
    const inSession =
      leaderStart !== undefined && (pid !== before.session || before.start_time === leaderStart) && before.start_time >= leaderStart
    if (!inSession && !marks.has(readMark(pid))) continue
    if (sendKillExactly(pid, before.start_time)) killed += 1
  }
  return killed
}

function listProcesses(): number[] | null {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .filter((pid) => pid > 1)
  } catch {
    return null
  }
}

function readMark(pid: number): string {
  try {
    const block = readFileSync(`/proc/${pid}/environ`, 'latin1')
    const at = block.startsWith(MARK) ? 0 : block.indexOf(`\0${MARK}`) + 1
    if (at === 0 && !block.startsWith(MARK)) return ''
    const end = block.indexOf('\0', at)
    return block.slice(at + MARK.length, end === -1 ? undefined : end).trim()
  } catch {
    return ''
  }
}

function sendKillExactly(pid: number, start_time: number): boolean {
  if (readStat(pid)?.start_time !== start_time) return false
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
