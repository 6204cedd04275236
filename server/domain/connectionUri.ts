/**
 * A connection as one text, as Airflow writes it: `type://login:password@host:port/schema?extra=value`, each part percent-encoded.
 * In the type `-` stands for `_`; the host may have a protocol of its own (`http://https://host`); `__extra__` holds an extra
 * that is more than texts by name.
 */

export interface ConnectionParts {
  conn_type: string
  host: string | null
  port: number | null
  schema: string | null
  login: string | null
  password: string | null
  /** JSON text. */
  extra: string | null
}

/** Says what is wrong without the text itself, which holds a password. */
export class ConnectionUriBroken extends Error {
  override readonly name = 'ConnectionUriBroken'
}

const FORM = 'A connection looks like type://login:password@host:port/schema?extra=value, with each part percent-encoded.'
const TYPE_ALIASES: Readonly<Record<string, string>> = { postgresql: 'postgres' }

export function parseConnectionUri(uri: string): ConnectionParts {
  const form = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s.exec(
    uri.trim(),
  )
  if (form === null) throw new ConnectionUriBroken(FORM)
  const [, scheme = '', protocol, authority = '', path = '', query] = form
  const at = authority.lastIndexOf('@')
  const [login, password] = pair(at < 0 ? '' : authority.slice(0, at))
  const { host, port } = hostAndPort(authority.slice(at + 1))
  const type = scheme.toLowerCase()
  return {
    conn_type: (TYPE_ALIASES[type] ?? type).replaceAll('-', '_'),
    host: protocol === undefined ? host : `${protocol}://${host ?? ''}`,
    port,
    schema: decoded(path.slice(1)) || null,
    login: login === undefined || login === '' ? null : decoded(login),
    password: password === undefined ? null : decoded(password),
    extra: query === undefined || query === '' ? null : extraOf(query),
  }
}

function pair(text: string): [string | undefined, string | undefined] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

function hostAndPort(text: string): { host: string | null; port: number | null } {
  const form = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text)
  if (form === null) throw new ConnectionUriBroken(FORM)
  const [, host = '', digits = ''] = form
  const port = digits === '' ? null : Number(digits)
  if (port !== null && !(/^\d+$/.test(digits) && port <= 65_535))
    throw new ConnectionUriBroken(
      'The port of a connection is a whole number up to 65535. Percent-encode a ":" that belongs to the host or the password (%3A).',
    )
  return { host: decoded(host.replace(/^\[(.*)\]$/s, '$1')) || null, port }
}

function extraOf(query: string): string {
  const found: Record<string, string> = {}
  for (const part of query.split('&')) {
    const equals = part.indexOf('=')
    const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    if (name !== '') found[decoded(name.replaceAll('+', ' '))] = decoded(value.replaceAll('+', ' '))
  }
  return found['__extra__'] ?? JSON.stringify(found)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ConnectionUriBroken('A "%" in a connection must begin a percent-encoded byte, such as %40 for @; write a plain "%" as %25.', {
      cause,
    })
  }
}
