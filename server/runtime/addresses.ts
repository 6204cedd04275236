/** Where a controller listens for workers, and where others reach it. */
import { hostname } from 'node:os'
import type { Config } from './config.ts'

export function swarmAddress(
  config: Config,
): { host: string; port: number; tls: { cert_file: string; key_file: string } | null; allow_plaintext: boolean } | null {
  if (config.swarmListen === null) return null
  const at = config.swarmListen.lastIndexOf(':')
  const tls = config.tlsCert === null || config.tlsKey === null ? null : { cert_file: config.tlsCert, key_file: config.tlsKey }
  return {
    host: config.swarmListen.slice(0, at),
    port: Number(config.swarmListen.slice(at + 1)),
    tls,
    allow_plaintext: config.swarmPlaintext,
  }
}

/** Where workers and other controllers reach this one. */
export function addressesOf(
  config: Config,
  ports: { api: number | null; swarm: number | null },
): { api_address: string | null; swarm_address: string | null } {
  const scheme = config.tlsCert === null ? 'http' : 'https'
  const at = (host: string, port: number | null): string | null => {
    const isAny = host === '0.0.0.0' || host === '::' || host === '[::]'
    const name = config.advertiseHost ?? (isAny ? hostname() : host)
    return port === null ? null : `${scheme}://${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`
  }
  return { api_address: at(config.host, ports.api), swarm_address: at(swarmAddress(config)?.host ?? config.host, ports.swarm) }
}
