import { expect, test } from 'vitest'
import { attemptVariables, environmentForHosts } from './environment.ts'
import { bashStart } from './recorder.ts'

test("attempts see the user's variables, Connections and Variables, but nothing that belongs to the worker", () => {
  const env = {
    PATH: '/bin',
    AIRFLOW_CONN_DB: 'postgres://',
    VORTEX_CONN_DB: 'x',
    VORTEX_VAR_A: 'y',
    EMPTY: '',
    GONE: undefined,
    VORTEX_TOKEN: 's',
    VORTEX_DATABASE_URL: 's',
    DATABASE_URL: 's',
    PGPASSWORD: 's',
    NODE_OPTIONS: '--x',
    npm_config__auth: 's',
  }
  expect(environmentForHosts(env)).toEqual({
    PATH: '/bin',
    AIRFLOW_CONN_DB: 'postgres://',
    VORTEX_CONN_DB: 'x',
    VORTEX_VAR_A: 'y',
    EMPTY: '',
  })
})

test('an attempt is told who it is, but not its lease token', () => {
  const start = bashStart(':')
  const variables = attemptVariables({ start, job: { logical_date: '2026-01-01T00:00:00+00:00' } })
  expect(variables).toMatchObject({
    AIRFLOW_CTX_DAG_ID: 'd',
    AIRFLOW_CTX_TRY_NUMBER: '1',
    AIRFLOW_CTX_LOGICAL_DATE: '2026-01-01T00:00:00+00:00',
    VORTEX_MAP_INDEX: '-1',
  })
  expect(Object.values(variables)).not.toContain(start.ref.lease_token)
  const resumed = bashStart(':', { ref: { ...start.ref, attempt: 7 } })
  expect(attemptVariables({ start: resumed, job: { try_number: 2 } })).toMatchObject({
    AIRFLOW_CTX_TRY_NUMBER: '2',
    VORTEX_TRY_NUMBER: '2',
    VORTEX_ATTEMPT: '7',
  })
})
