/**
 * Commands of Airflow's command line (2 and 3) that have another name here, or need none. People type what they know: they are told the
 * command that does it, instead of the one that is spelled most alike.
 * Source: https://airflow.apache.org/docs/apache-airflow/stable/cli-and-env-variables-ref.html
 */
const ONE_SERVER = 'It is: vortex server (web server, API, scheduler, triggerer and DAG processor are one program).'
const ROLES =
  'There are three roles, Viewer, Operator and Admin, and a user has one: vortex users create NAME --role ROLE, or Users in the dashboard.'
const is = (command: string): string => `It is: ${command}`

/** What was typed -> what does it here. No key is a command of VORTEX. */
export const AIRFLOW_COMMANDS: Readonly<Record<string, string>> = {
  standalone: ONE_SERVER,
  webserver: ONE_SERVER,
  'api-server': ONE_SERVER,
  scheduler: ONE_SERVER,
  triggerer: ONE_SERVER,
  'dag-processor': ONE_SERVER,
  celery: is('vortex worker, on each host of workers'),
  db: 'None is needed: vortex server makes its database, and migrates it when it starts.',
  'rotate-fernet-key': 'None is needed: secrets are not encrypted with a Fernet key.',
  info: is('vortex doctor'),
  jobs: is('vortex doctor, and vortex workers list'),
  config: is('vortex server --help, which lists every setting with its variable'),
  'cheat-sheet': is('vortex --help'),
  version: is('vortex --version'),
  roles: ROLES,
  backfill: is('vortex dags backfill DAG --from DATE --to DATE'),
  'dags runs': is('vortex runs list DAG'),
  'dags list-runs': is('vortex runs list DAG'),
  'dags state': is('vortex runs show DAG RUN'),
  'dags details': is('vortex dags show DAG'),
  'dags run': 'It is: vortex dags trigger DAG (on the server), or vortex run FILE (here, without a server).',
  'dags clear': is('vortex runs clear DAG RUN'),
  'dags next-execution': is('vortex dags next-runs DAG'),
  'dags list-import-errors': is('vortex dags errors'),
  'dags report': is('vortex dags errors'),
  'dags reserialize': 'None is needed: a changed DAG file is read within a second.',
  'tasks list': is('vortex dags show DAG'),
  'tasks state': is('vortex runs show DAG RUN'),
  'tasks states-for-dag-run': is('vortex runs show DAG RUN'),
  'tasks failed-deps': is('vortex tasks why DAG RUN TASK'),
  'tasks run': 'It is: vortex tasks clear DAG RUN TASK (again, on the server), or vortex run FILE (the whole DAG, here).',
  'pools get': is('vortex pools list'),
  'users add-role': ROLES,
  'users remove-role': ROLES,
}

/** The sentence for a command line that asks for a command of Airflow; null = it does not. */
export function airflowAnswer(words: readonly string[]): string | null {
  const [first = '', second = ''] = words
  for (const typed of [`${first} ${second}`, first]) {
    const answer = Object.hasOwn(AIRFLOW_COMMANDS, typed) ? AIRFLOW_COMMANDS[typed] : undefined
    if (answer !== undefined) return `There is no command "${typed}", as Airflow has it. ${answer}`
  }
  return null
}
