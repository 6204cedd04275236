import { availableParallelism, homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONFIG_SCHEMA, ConfigError, isLoopback, loadConfig, takeSecrets } from './config.ts'

describe('configuration', () => {
  it('has defaults that serve one machine', () => {
    expect(loadConfig({}, {})).toMatchObject({
      dataFolder: join(homedir(), '.vortex'),
      dagsFolder: resolve('dags'),
      host: '127.0.0.1',
      port: 3000,
      allowedHosts: [],
      databaseUrl: null,
      swarmListen: null,
      parallelism: 32,
      workerCapacity: Math.max(4, 2 * availableParallelism()),
      pausedDefault: true,
      leaseMs: 6000,
      logCapBytes: 64 * 1024 ** 2,
      xcomCapBytes: 16 * 1024 ** 2,
      sqliteSynchronous: 'full',
      compat: 'auto',
      python: null,
    })
  })
  it('takes an option before the environment before the default, and is frozen', () => {
    const config = loadConfig(
      { port: '4000' },
      { VORTEX_PORT: '5000', VORTEX_PARALLELISM: '8', VORTEX_PAUSED_DEFAULT: 'no', VORTEX_ALLOWED_HOSTS: 'a.example, b.example' },
    )
    expect(config).toMatchObject({ port: 4000, parallelism: 8, pausedDefault: false, allowedHosts: ['a.example', 'b.example'] })
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.allowedHosts)).toBe(true)
  })
  it('takes addresses and ranges of proxies', () => {
    const { trustedProxies } = loadConfig({}, { VORTEX_TRUSTED_PROXIES: '10.0.0.5, 10.1.0.0/16,fd00::/8, ::1' })
    expect(trustedProxies).toEqual(['10.0.0.5', '10.1.0.0/16', 'fd00::/8', '::1'])
    expect(loadConfig({}, {}).trustedProxies).toEqual([])
  })
  it("honours Airflow's DAG folder, after its own", () => {
    expect(loadConfig({}, { AIRFLOW__CORE__DAGS_FOLDER: '/opt/airflow/dags' }).dagsFolder).toBe('/opt/airflow/dags')
    expect(loadConfig({}, { AIRFLOW__CORE__DAGS_FOLDER: '/opt/airflow/dags', VORTEX_DAGS_FOLDER: '/dags' }).dagsFolder).toBe('/dags')
  })
  it('takes an empty variable as not set', () => {
    expect(loadConfig({}, { VORTEX_PORT: '', VORTEX_DATABASE_URL: '' })).toMatchObject({ port: 3000, databaseUrl: null })
  })
  it.each([
    ['VORTEX_PORT', '70000', /--port \(or VORTEX_PORT\) must be a whole number from 0 to 65535, but is "70000"/],
    ['VORTEX_PORT', '3000x', /whole number/],
    ['VORTEX_PARALLELISM', '0', /from 1 to/],
    ['VORTEX_PAUSED_DEFAULT', 'maybe', /true or false/],
    ['VORTEX_SQLITE_SYNCHRONOUS', 'off', /one of full, normal/],
    ['VORTEX_SWARM_LISTEN', '50051', /host:port/],
    ['VORTEX_DATABASE_URL', 'mysql://x', /postgres:\/\//],
    ['VORTEX_TLS_CERT', '/cert.pem', /belong together/],
    ['VORTEX_ALLOWED_HOSTS', 'https://a.example', /without port or scheme/],
    ['VORTEX_TRUSTED_PROXIES', '10.0.0.5, proxy.example', /addresses or CIDR ranges.* has "proxy.example"/],
    ['VORTEX_TRUSTED_PROXIES', '0.0.0.0/0', /has "0.0.0.0\/0"/],
    ['VORTEX_TRUSTED_PROXIES', '10.0.0.0/33', /CIDR/],
  ])('refuses %s=%s with a sentence that helps', (name, value, message) => {
    expect(() => loadConfig({}, { [name]: value })).toThrow(message)
    expect(() => loadConfig({}, { [name]: value })).toThrow(ConfigError)
  })
  it('refuses a setting that does not exist', () => {
    expect(() => loadConfig({ prot: 1 } as never, {})).toThrow(/no setting prot/)
  })
  it("lets colleagues use the machine's own name when it listens on the network", () => {
    expect(loadConfig({ host: '10.0.0.5' }, {}).allowedHosts).toContain('10.0.0.5')
    expect(loadConfig({}, {}).allowedHosts).toEqual([])
  })
  it('takes the secrets out of the environment', () => {
    const env = { VORTEX_KEK: 'k', VORTEX_ADMIN_PASSWORD: 'p', OTHER: 'o' }
    expect(takeSecrets(env)).toEqual({ kek: 'k', adminPassword: 'p', workerToken: null })
    expect(env).toEqual({ OTHER: 'o' })
  })
  it("names each setting's variable once, and describes it", () => {
    const settings = Object.values(CONFIG_SCHEMA) as unknown as { env: string; description?: string; anyOf?: { description: string }[] }[]
    expect(new Set(settings.map(({ env }) => env)).size).toBe(settings.length)
    for (const setting of settings) expect((setting.description ?? setting.anyOf?.[0]?.description ?? '').length).toBeGreaterThan(10)
  })
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['127.0.0.1.example', false],
    ['10.0.0.1', false],
  ])('knows whether %s is loopback', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback)
  })
})
