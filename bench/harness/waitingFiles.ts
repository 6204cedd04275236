/** DAG files whose tasks wait: sensors that are rescheduled, and deferred tasks. What they wait for never comes. */

const head = (file: string, poke_s: number): string => `import datetime as dt
from vortex import DAG, BaseOperator, BashOperator
from vortex.sensors.base import BaseSensorOperator
from airflow.triggers.temporal import DateTimeTrigger, TimeDeltaTrigger
from airflow.triggers.file import FileTrigger

START = dt.datetime(2026, 1, 1)
YEARS = dt.timedelta(days=4000)

class Never(BaseSensorOperator):
    def poke(self, context):
        return False

class Waits(BaseOperator):
    def __init__(self, trigger, **kwargs):
        super().__init__(**kwargs)
        self.trigger = trigger

    def execute(self, context):
        self.defer(trigger=self.trigger(), method_name="go_on")

    def go_on(self, context, event=None):
        return None

def date_time():
    return DateTimeTrigger(dt.datetime(2099, 1, 1, tzinfo=dt.timezone.utc))

def time_delta():
    return TimeDeltaTrigger(YEARS)

def file():
    return FileTrigger(${JSON.stringify(file)}, poke_interval=${poke_s})
`

function dags(p: { dag_id: string; dags: number; tasks: number; task: string; file: string; poke_s: number }): string {
  return `${head(p.file, p.poke_s)}
for d in range(${p.dags}):
    with DAG(f"${p.dag_id}_{d}", start_date=START, schedule=None, max_active_tasks=10000):
        for i in range(${p.tasks}):
            ${p.task}
`
}

export const sensorFile = (p: { dags: number; tasks: number; poke_s: number }): string =>
  dags({
    ...p,
    file: '',
    dag_id: 'sensors',
    task: `Never(task_id=f"t{i}", mode="reschedule", poke_interval=${p.poke_s}, timeout=30 * 86400)`,
  })

/** A third waits for a file, a third for a date, a third for a time span. */
export const deferredFile = (p: { dags: number; tasks: number; file: string; poke_s: number }): string =>
  dags({ ...p, dag_id: 'deferred', task: `Waits(task_id=f"t{i}", trigger=(file, date_time, time_delta)[i % 3])` })
