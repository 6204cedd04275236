/** How PostgreSQL's text of a value becomes JSON, by the type's number in its catalogue (pg_type.oid of the built-in types). */
import pg from 'pg'
import { exactFloat, exactInteger, exactJson } from '../host/exactJson.ts'

type Read = (text: string) => unknown

const ELEMENTS: ReadonlyMap<number, Read> = new Map<number, Read>([
  [16, (text) => text === 't'], // bool
  [17, (text) => Buffer.from(text.slice(2), 'hex').toString('base64')], // bytea
  [20, exactInteger], // int8
  [21, Number], // int2
  [23, Number], // int4
  [26, Number], // oid
  [114, exactJson], // json
  [700, exactFloat], // float4
  [701, exactFloat], // float8
  [1114, isoTimestamp], // timestamp
  [1184, isoTimestamp], // timestamptz
  [3802, exactJson], // jsonb
])

/** Array type -> type of its elements. Arrays of other types (numeric, date, uuid, text, ...) hold texts. */
const ARRAYS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1001, 17],
  [1016, 20],
  [1005, 21],
  [1007, 23],
  [1028, 26],
  [199, 114],
  [1021, 700],
  [1022, 701],
  [1115, 1114],
  [1185, 1184],
  [3807, 3802],
  ...[1002, 1009, 1014, 1015, 1041, 1182, 1183, 1187, 1231, 1270, 2951].map((oid): [number, number] => [oid, 0]),
])

interface ArrayReader {
  create(text: string, read: Read): { parse(): unknown[] }
}
// Its published type describes another function.
const arrayReader = pg.types.arrayParser as unknown as ArrayReader

const asText: Read = (text) => text

/** What is no built-in type here stays the text that PostgreSQL writes: numeric, date, time, interval, uuid, inet, enums, ranges. */
export function readerOf(oid: number): Read {
  const element = ARRAYS.get(oid)
  if (element === undefined) return ELEMENTS.get(oid) ?? asText
  const read = ELEMENTS.get(element) ?? asText
  return (text) => arrayReader.create(text, read).parse()
}

/** `2026-01-02 03:04:05.678901+00` as ISO 8601; every microsecond stays. `infinity` and years BC stay as they are. */
function isoTimestamp(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d){0,2})?$/.exec(text)
  if (parts === null) return text
  const offset = parts[3] ?? ''
  return `${parts[1]}T${parts[2]}${offset.length === 3 ? `${offset}:00` : offset}`
}
