/** What the fields of a connection mean for its type. Pure. */
import { strings } from '../../strings.ts'

const { labels } = strings.connections

export type PlainField = 'host' | 'port' | 'schema' | 'login' | 'password'
interface Kind {
  /** Fields that the type has no use for; they are shown if they hold something. */
  unused: readonly PlainField[]
  labels: Partial<Record<PlainField, string>>
  /** An example of an extra. */
  extra: string
}

const PLAIN: Kind = { unused: [], labels: {}, extra: '{}' }
const database = (extra: string): Kind => ({ unused: [], labels: { schema: labels.database }, extra })
const KINDS: Readonly<Record<string, Kind>> = {
  postgres: database('{"sslmode": "require"}'),
  mysql: database('{"charset": "utf8"}'),
  mssql: database('{}'),
  snowflake: { ...database('{"account": "…", "warehouse": "…", "role": "…"}'), unused: ['port'] },
  sqlite: { unused: ['port', 'schema', 'login', 'password'], labels: { host: labels.file }, extra: '{"mode": "ro"}' },
  http: { unused: [], labels: { schema: labels.protocol }, extra: '{"Authorization": "Bearer …", "timeout": 30}' },
  aws: {
    unused: ['host', 'port', 'schema'],
    labels: { login: labels.accessKey, password: labels.secretKey },
    extra: '{"region_name": "eu-west-1", "endpoint_url": "https://…"}',
  },
  fs: { unused: ['host', 'port', 'schema', 'login', 'password'], labels: {}, extra: '{"path": "/data"}' },
  ssh: { unused: ['schema'], labels: { login: labels.user }, extra: '{"private_key": "…"}' },
  sftp: { unused: ['schema'], labels: { login: labels.user }, extra: '{"private_key": "…"}' },
  slack: { unused: ['host', 'port', 'schema', 'login'], labels: { password: labels.token }, extra: '{"timeout": 30}' },
  slackwebhook: { unused: ['port', 'login'], labels: { password: labels.token }, extra: '{}' },
}

/** Types that are offered; any other may be typed. */
export const KNOWN_TYPES: readonly string[] = Object.keys(KINDS)

export function kindOf(type: string): Kind {
  return KINDS[type.trim()] ?? PLAIN
}

/** True for the JSON text of an object, and for nothing at all. */
export function isExtra(text: string): boolean {
  if (text.trim() === '') return true
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
