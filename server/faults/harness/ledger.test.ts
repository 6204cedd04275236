import { expect, test } from 'vitest'
import { checkLedger, type Findings, type LedgerLine, type RecordedTask } from './ledger.ts'

const dag = {
  dag_id: 'd',
  retries: 1,
  tasks: ['a', 'b'].map((task_id) => ({ task_id, kind: 'bash' as const, seconds: 0, upstream: task_id === 'b' ? ['a'] : [] })),
}

/** `start a 1` and so on. */
function check(words: string[], recorded: Record<string, [state: string, ...attempts: string[]]>): Findings {
  const lines = words.map((text): LedgerLine => {
    const [word, task, attempt] = text.split(' ')
    return { word: word as LedgerLine['word'], task: `d r ${task}`, attempt: Number(attempt), pid: 1, at: 0 }
  })
  const tasks = Object.entries(recorded).map(([task_id, [state, ...states]]): RecordedTask => ({
    dag_id: 'd',
    run_id: 'r',
    task_id,
    state,
    attempts: states.map((of, index) => ({ attempt: index + 1, state: of })),
  }))
  return checkLedger({ lines, dags: [dag], recorded: tasks, stuck: [] })
}

function wrong(found: Findings): Record<string, number> {
  const { lost, twice, order, overlap, stuck } = found
  return Object.fromEntries(
    Object.entries({ lost, twice, order, overlap, stuck })
      .filter(([, list]) => list.length > 0)
      .map(([name, list]) => [name, list.length]),
  )
}

const both = { a: ['success', 'success'], b: ['success', 'success'] } satisfies Record<string, [string, ...string[]]>
const lostOnce = { a: ['success', 'lost', 'success'] } satisfies Record<string, [string, ...string[]]>

test.each([
  ['all is well', ['start a 1', 'end a 1', 'start b 1', 'end b 1'], both, {}],
  ['an attempt was lost and made again', ['start a 1', 'start a 2', 'end a 2'], lostOnce, {}],
  ['a success that never ended', ['start a 1', 'end a 1', 'start b 1'], both, { lost: 1 }],
  ['only an attempt that was lost has ended', ['start a 1', 'end a 1', 'start a 2'], lostOnce, { lost: 1 }],
  ['no final state', ['start a 1'], { a: ['running', 'running'] }, { lost: 1 }],
  ['one attempt started twice', ['start a 1', 'start a 1', 'end a 1'], { a: ['success', 'success'] }, { twice: 1 }],
  ['a start that nobody knows', ['start a 1', 'end a 1', 'start a 2', 'end a 2'], { a: ['success', 'success'] }, { twice: 1 }],
  ['two successes', ['start a 1', 'end a 1', 'start a 2', 'end a 2'], { a: ['success', 'success', 'success'] }, { twice: 1 }],
  ['a start before the end of what is upstream', ['start a 1', 'start b 1', 'end a 1', 'end b 1'], both, { order: 1 }],
  ['an old attempt that still writes', ['start a 1', 'start a 2', 'end a 1', 'end a 2'], lostOnce, { overlap: 1 }],
  ['an attempt that saw an older one alive', ['start a 1', 'overlap a 2', 'start a 2', 'end a 2'], lostOnce, { overlap: 1 }],
] satisfies [string, string[], Record<string, [string, ...string[]]>, Record<string, number>][])(
  '%s',
  (_name, words, recorded, expected) => {
    expect(wrong(check(words, recorded))).toEqual(expected)
  },
)
