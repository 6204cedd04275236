import { expect, test } from 'vitest'
import { makeDagFile } from '#testkit/makeRecords.ts'
import { DagFileRecords } from './dagFileRecords.ts'

test('the records of DAG files count those with an import error, whatever becomes of them', () => {
  const good = makeDagFile('a.py')
  const bad = { ...good, error: { kind: 'import', message: 'no', traceback: '', line: null } as const }
  const records = new DagFileRecords()
  records.set('a.py', good).set('b.py', bad).set('c.py', bad)
  expect(records.errors).toBe(2)
  records.set('b.py', bad).set('c.py', good).set('a.py', bad)
  expect(records.errors).toBe(2)
  records.delete('b.py')
  records.delete('none.py')
  expect([records.errors, records.size]).toEqual([1, 2])
  records.clear()
  expect([records.errors, records.size]).toEqual([0, 0])
})
