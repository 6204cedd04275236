import { expect, it } from 'vitest'
import { EngineHarness } from './testing/engineHarness.ts'
import { spec, task } from './simulation/workload.ts'

const why = async (h: EngineHarness, run_id: string, task_id: string) =>
  h.queries.why({ dag_id: 'd', run_id, task_id, map_index: -1 })?.reasons.map(({ message }) => message)

it('names the run before, and calls what is undecided waiting', async () => {
  const tasks = [task({ task_id: 'a', depends_on_past: true }), task({ task_id: 'b' })]
  const h = new EngineHarness([{ ...spec({ dag_id: 'd', tasks }), edges: [['a', 'b', null]] }])
  await h.start()
  const first = await h.trigger('d')
  await h.pass(1000)
  const second = await h.trigger('d')
  expect(await why(h, second, 'a')).toEqual([expect.stringContaining(`a of the run before, ${first}, has not succeeded`)])
  expect(await why(h, second, 'b')).toEqual([expect.stringContaining('Upstream a is waiting;')])
})
