import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgetPages, livePages, outdatePages, rowsOf, type PageList } from './livePages.ts'

interface Row {
  id: number
  state: string
}
const KEY = ['rows']
const idOf = (row: Row) => String(row.id)

/** A list as the server keeps it: newest first, pages by key. */
class Server {
  rows: Row[] = []
  asked: string[] = []
  add(...ids: number[]): void {
    this.rows = [...this.rows, ...ids.map((id) => ({ id, state: 'running' }))].sort((a, b) => b.id - a.id)
  }
  remove(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id)
  }
  read(limit: number, at: { cursor: string } | { offset: number }) {
    const from = 'cursor' in at ? this.rows.filter(({ id }) => id < Number(at.cursor)) : this.rows.slice(at.offset)
    this.asked.push('cursor' in at ? `after ${at.cursor}` : `from ${at.offset}`)
    const data = from.slice(0, limit)
    return Promise.resolve({
      data: data.map((row) => ({ ...row })),
      total: this.rows.length,
      next_cursor: from.length > limit ? String(data.at(-1)!.id) : null,
    })
  }
}

let server: Server
let client: QueryClient
let stop: () => void
let ids: () => number[]
let more: () => Promise<unknown>
function open(byOffset = false) {
  const observer = new InfiniteQueryObserver(client, {
    queryKey: KEY,
    ...livePages<Row>({ queryKey: KEY, idOf, limit: 3, byOffset, read: ({ limit, at }) => server.read(limit, at) }),
  })
  stop = observer.subscribe(() => undefined)
  ids = () => rowsOf(observer.getCurrentResult().data, idOf).map(({ id }) => id)
  more = () => observer.fetchNextPage()
}
const reread = async () => {
  server.asked = []
  await client.invalidateQueries({ queryKey: KEY })
  return server.asked
}
beforeEach(async () => {
  server = new Server()
  server.add(1, 2, 3, 4, 5, 6, 7, 8, 9)
  client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always' } } })
  open()
  await more()
  await more()
  await more()
  expect(ids()).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
})
afterEach(() => {
  stop()
  client.clear()
})

test('a list whose head grows is read again at its head alone, without a row twice or missing', async () => {
  server.add(10, 11)
  expect(await reread()).toEqual(['from 0'])
  expect(ids()).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  server.add(12)
  expect(await reread()).toEqual(['from 0'])
  expect(ids()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test('what comes while the next page is read is neither skipped nor shown twice', async () => {
  stop()
  client.clear()
  open()
  await more()
  server.add(10)
  await more()
  expect(ids()).toEqual([9, 8, 7, 6, 5, 4])
})

test('a row that is gone from the head lets none of the next page come twice', async () => {
  server.remove(8)
  expect(await reread()).toEqual(['from 0'])
  expect(ids()).toEqual([9, 7, 6, 5, 4, 3, 2, 1])
  server.add(8)
  await reread()
  expect(ids()).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test('a page that an event has marked is read as well', async () => {
  server.remove(5)
  expect(outdatePages<Row>(client, KEY, ({ data }) => data.some(({ id }) => id === 5))).toBe(true)
  expect(await reread()).toEqual(['from 0', 'after 7'])
  expect(ids()).toEqual([9, 8, 7, 6, 4, 3, 2, 1])
  expect(outdatePages<Row>(client, KEY, ({ data }) => data.some(({ id }) => id === 77))).toBe(false)
})

test('after missed events, and when as many rows came as a page has, everything is read', async () => {
  forgetPages()
  expect(await reread()).toEqual(['from 0', 'after 7', 'after 4'])
  server.add(10, 11, 12)
  await reread()
  expect(ids()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4])
  await more()
  expect(ids()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test('an order without cursors pages by rows, and a row that moved up stands once', async () => {
  stop()
  client.clear()
  open(true)
  await more()
  await more()
  expect(ids()).toEqual([9, 8, 7, 6, 5, 4])
  // It moved to the head, as a DAG does whose run began.
  server.rows = [{ id: 5, state: 'running' }, ...server.rows.filter(({ id }) => id !== 5)]
  expect(await reread()).toEqual(['from 0'])
  expect(ids()).toEqual([5, 9, 8, 7, 6, 4])
  await more()
  expect(ids()).toEqual([5, 9, 8, 7, 6, 4, 3, 2, 1])
  expect(client.getQueryData<PageList<Row>>(KEY)?.pageParams).toEqual([0, 3, 6])
})
