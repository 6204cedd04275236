/** Who may import whom. Anything not allowed here is refused, type-only imports included. The table is in docs/ARCHITECTURE.md. */
const SERVER = {
  contract: [],
  domain: ['contract'],
  runtime: ['contract'],
  db: ['domain', 'contract', 'runtime'],
  vault: ['domain', 'contract', 'runtime', 'db'],
  dagfiles: ['domain', 'contract', 'runtime', 'db', 'scheduler'],
  scheduler: ['domain', 'contract', 'runtime', 'db'],
  worker: ['domain', 'contract', 'runtime', 'scheduler', 'swarm'],
  swarm: ['contract', 'runtime', 'worker', 'db', 'scheduler', 'domain'],
  api: ['contract', 'domain', 'runtime', 'db', 'vault', 'scheduler', 'dagfiles'],
  cli: ['contract', 'runtime'],
}
const TEST = '\\.(test|integration\\.test)\\.tsx?$|/(testkit|testing|conformance|simulation|harness)/'

const rules = Object.entries(SERVER).map(([folder, allowed]) => ({
  name: `server-${folder}`,
  severity: 'error',
  comment: `server/${folder} may import only ${allowed.join(', ') || 'nothing'}`,
  // The command line has one door to the rest of the product.
  from: { path: `^server/${folder}/`, pathNot: `${TEST}|^server/cli/embedded\\.ts$` },
  to: { path: '^server/', pathNot: [`^server/${folder}/`, ...allowed.map((name) => `^server/${name}/`)] },
}))

/** Packages that only one place may touch. */
const ONE_DOOR = [
  { package: 'better-sqlite3', door: '^server/db/sqlite/' },
  { package: 'pg', door: '^server/db/postgres/' },
  { package: '@grpc/grpc-js', door: '^server/(swarm|worker/session)/' },
  { package: 'fastify', door: '^server/(api/|index\\.ts)' },
  { package: 'commander', door: '^server/cli/' },
].map(({ package: name, door }) => ({
  name: `one-door-${name}`,
  severity: 'error',
  comment: `${name} is used only in ${door}`,
  from: { path: '^(server|renderer)/', pathNot: `${door}|${TEST}` },
  to: { path: `^node_modules/${name}/` },
}))

export default {
  forbidden: [
    ...rules,
    ...ONE_DOOR,
    { name: 'no-cycles', severity: 'error', from: { pathNot: TEST }, to: { circular: true } },
    {
      name: 'renderer',
      severity: 'error',
      comment: 'the renderer knows the contract only',
      from: { path: '^renderer/', pathNot: TEST },
      to: { path: '^(server/(?!contract/)|main/(?!bridge/)|scripts|e2e)' },
    },
    {
      name: 'main',
      severity: 'error',
      comment: 'the desktop app knows the contract only; what it needs of the engine goes through the API',
      from: { path: '^main/', pathNot: TEST },
      to: { path: '^(server/(?!contract/)|renderer|scripts|e2e)' },
    },
    {
      name: 'preload',
      severity: 'error',
      comment: 'the preload script runs in a sandbox: only types of the bridge, and Electron',
      from: { path: '^main/preload/' },
      to: { path: '^(server|main/(?!bridge/desktopBridge))' },
    },
    {
      name: 'bridge',
      severity: 'error',
      comment: 'the bridge is what page and main process share: it belongs to neither',
      from: { path: '^main/bridge/' },
      to: { path: '^main/(?!bridge/)' },
    },
    {
      name: 'no-test-code',
      severity: 'error',
      from: { path: '^(server|renderer|main)/', pathNot: TEST },
      to: { path: '/(testkit|testing|conformance)/|\\.test\\.tsx?$' },
    },
    {
      name: 'cli-server-lazily',
      severity: 'error',
      comment: 'the CLI starts the server only through a dynamic import',
      from: { path: '^server/cli/' },
      to: { path: '^server/(db|api|swarm|scheduler|vault|dagfiles)/', dependencyTypes: ['import'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'server/tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules/(?!(better-sqlite3|pg|@grpc|fastify|commander)/))' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
