import { describe, expect, test } from 'vitest'
import { ConnectionUriBroken, parseConnectionUri } from './connectionUri.ts'

const nothing = { host: null, port: null, schema: null, login: null, password: null, extra: null }

describe('a connection as a URI', () => {
  test.each([
    [
      'postgresql://etl:p%40ss%2Fword@DB.example:5432/sales?sslmode=require&options=a+b',
      {
        conn_type: 'postgres',
        host: 'DB.example',
        port: 5432,
        schema: 'sales',
        login: 'etl',
        password: 'p@ss/word',
        extra: '{"sslmode":"require","options":"a b"}',
      },
    ],
    [
      'google-cloud-platform://?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D',
      { ...nothing, conn_type: 'google_cloud_platform', extra: '{"a": {"b": 1}}' },
    ],
    ['http://https://api.example:8443/v1', { ...nothing, conn_type: 'http', host: 'https://api.example', port: 8443, schema: 'v1' }],
    ['http://https%3A%2F%2Fapi.example/', { ...nothing, conn_type: 'http', host: 'https://api.example' }],
    ['aws://:secret@', { ...nothing, conn_type: 'aws', password: 'secret' }],
    ['sqlite:///tmp/%2Fa.db', { ...nothing, conn_type: 'sqlite', schema: 'tmp//a.db' }],
    ['postgres://[::1]:6543/db', { ...nothing, conn_type: 'postgres', host: '::1', port: 6543, schema: 'db' }],
    ['spark://', { ...nothing, conn_type: 'spark' }],
  ])('%s', (uri, parts) => {
    expect(parseConnectionUri(uri)).toEqual(parts)
  })

  test.each(['', 'no scheme', 'postgres://h:port/', 'postgres://h:70000/', 'postgres://a:100%@h/'])(
    'that is broken is refused without being repeated: %j',
    (uri) => {
      expect(() => parseConnectionUri(uri)).toThrow(ConnectionUriBroken)
      if (uri !== '') expect(() => parseConnectionUri(uri)).not.toThrow(uri)
    },
  )
})
