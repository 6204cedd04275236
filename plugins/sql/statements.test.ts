import { describe, expect, it } from 'vitest'
import { exactJson } from '../host/exactJson.ts'
import { controlsTransaction, statementsOf, type Parameters } from './statements.ts'
import type { Dialect } from './tokens.ts'

const split = (sql: string | string[], dialect: Dialect = 'postgres', parameters?: Parameters) => statementsOf({ sql, parameters, dialect })
const texts = (sql: string, dialect: Dialect = 'postgres'): string[] => split(sql, dialect).map((one) => one.text)

describe('statements of a text', () => {
  it('end at semicolons that are neither quoted nor commented out', () => {
    expect(texts("a 'x;''y' \"b;\"; -- c;\n/* d; /* e; */ ; */ f $x$ g; $$ h; $x$ ; E'i\\';j';;")).toEqual([
      "a 'x;''y' \"b;\"",
      '-- c;\n/* d; /* e; */ ; */ f $x$ g; $$ h; $x$',
      "E'i\\';j'",
    ])
    expect(texts('a [x;] ; b `;` ; c $$ ; $$', 'sqlite')).toEqual(['a [x;]', 'b `;`', 'c $$', '$$'])
  })

  it('keep the body of a trigger and of a function together', () => {
    const trigger = 'CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END'
    expect(texts(`${trigger}; SELECT 1`, 'sqlite')).toEqual([trigger, 'SELECT 1'])
    const body = 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END'
    expect(texts(`${body}; CREATE TABLE x (begin int, y int); SELECT 3`)).toEqual([body, 'CREATE TABLE x (begin int, y int)', 'SELECT 3'])
  })

  it('are refused when there is none', () => {
    expect(() => split(' ; -- nothing\n')).toThrow('there is no statement')
  })

  it('say whether they control a transaction', () => {
    const answers = ['commit', '/* x */ BEGIN', 'rollback to savepoint a', 'SAVEPOINT a', 'start transaction', "SELECT 'commit'"]
    expect(answers.map((text) => controlsTransaction(text, 'postgres'))).toEqual([true, true, false, false, true, false])
  })
})

describe('values of a statement', () => {
  it('with names are numbered for each statement by itself', () => {
    expect(split("SELECT :b::text, ':b', x[lo:hi], a[1:2], :a, :b; SELECT :a", 'postgres', { a: 1, b: 'two' })).toEqual([
      { text: "SELECT $1::text, ':b', x[lo:hi], a[1:2], $2, $1", values: ['two', 1] },
      { text: 'SELECT $1', values: [1] },
    ])
    expect(split('SELECT :a', 'sqlite', { a: 1 })).toEqual([{ text: 'SELECT ?1', values: [1] }])
  })

  it('that are missing, or written as in Python, are named', () => {
    expect(() => split('SELECT :day', 'postgres', { dya: 1 })).toThrow(':day has no value; parameters has dya')
    expect(() => split('SELECT %(day)s', 'postgres', { day: 1 })).toThrow("%(day)s is a placeholder of Python's drivers")
    expect(() => split('SELECT %s', 'postgres', [1])).toThrow('%s is a placeholder')
    expect(split("SELECT x LIKE '%s%' AND y = $1", 'postgres', [1]).length).toBe(1)
    expect(() => split('SELECT $1; SELECT 2', 'postgres', [1])).toThrow('a list belongs to one statement, and sql has 2')
  })
})

describe('JSON of a column', () => {
  it('keeps digits that a number cannot hold as text', () => {
    const text = '{"a":9007199254740993,"b":[0.1,1e2,1.50,12345678901234567.25,1e999,1e-999,0.1000000000000000055],"c":"1"}'
    const b = [0.1, 100, 1.5, '12345678901234567.25', '1e999', '1e-999', '0.1000000000000000055']
    expect(exactJson(text)).toEqual({ a: '9007199254740993', b, c: '1' })
    const exact = '[0.30000000000000004, -5e-324, 1.7976931348623157e+308, 12345678901234567000, 0.0, 9007199254740991]'
    expect(exactJson(exact)).toEqual(JSON.parse(exact))
  })
})
