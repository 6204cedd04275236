import { expect, test } from 'vitest'
import { childEnvironment } from './childEnvironment.ts'

test('authors see the environment of the operator, without what is the server’s', () => {
  const found = childEnvironment({
    packageFolder: '/package',
    environment: {
      HOME: '/home/x',
      MY_BUCKET: 'b',
      AIRFLOW_VAR_A: '1',
      AIRFLOW_CONN_DB: 'postgres://',
      VORTEX_VAR_B: '2',
      VORTEX_CONN_C: '3',
      AWS_PROFILE: 'p',
      gone: undefined,
      VORTEX_DATABASE_URL: 's',
      VORTEX_KEK: 's',
      VORTEX_ADMIN_PASSWORD: 's',
      DATABASE_URL: 's',
      PGPASSWORD: 's',
      NODE_OPTIONS: 's',
      npm_config_token: 's',
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: 's',
      AIRFLOW__CORE__FERNET_KEY: 's',
      PYTHONPATH: '/elsewhere',
      PYTHONSTARTUP: 's',
      LD_PRELOAD: 's',
    },
  })
  expect(Object.keys(found).sort()).toEqual([
    'AIRFLOW_CONN_DB',
    'AIRFLOW_VAR_A',
    'AWS_PROFILE',
    'HOME',
    'MY_BUCKET',
    'PYTHONDONTWRITEBYTECODE',
    'PYTHONPATH',
    'PYTHONUTF8',
    'VORTEX_CONN_C',
    'VORTEX_VAR_B',
  ])
  expect(found['PYTHONPATH']).toBe('/package')
  expect(Object.values(found)).not.toContain('s')
})
