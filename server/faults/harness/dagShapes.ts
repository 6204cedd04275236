/**
 * Generated DAG files. Each task appends `start` and `end` lines to a ledger file outside the product's reach, each with one
 * O_APPEND write, so that the order of the file is the order of the events on the machine.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TaskShape {
  task_id: string
  kind: 'bash' | 'python'
  seconds: number
  upstream: string[]
}
export interface DagShape {
  dag_id: string
  retries: number
  tasks: TaskShape[]
}

/** 20 tasks: one, five beside each other, one, a chain of five, four beside each other, one, a chain of three. Every fourth is Python. */
export function standardDag(p: { dag_id: string; retries: number; random: () => number; seconds?: [number, number] }): DagShape {
  const [least, most] = p.seconds ?? [0.05, 0.3]
  const tasks: TaskShape[] = []
  const add = (upstream: string[]): string => {
    const task_id = `t${tasks.length}`
    const seconds = Number((least + p.random() * (most - least)).toFixed(3))
    tasks.push({ task_id, kind: tasks.length % 4 === 3 ? 'python' : 'bash', seconds, upstream })
    return task_id
  }
  const chain = (from: string, length: number): string => Array.from({ length }).reduce<string>((last) => add([last]), from)
  const fan = (from: string, width: number): string => add(Array.from({ length: width }, () => add([from])))
  chain(fan(chain(fan(add([]), 5), 5), 4), 3)
  return { dag_id: p.dag_id, retries: p.retries, tasks }
}

/** One task, `width` beside each other, one. */
export function fanDag(p: { dag_id: string; width: number; retries?: number }): DagShape {
  const middle = Array.from({ length: p.width }, (_, i) => `m${i}`)
  const tasks: TaskShape[] = [
    { task_id: 'first', kind: 'bash', seconds: 0, upstream: [] },
    ...middle.map((task_id): TaskShape => ({ task_id, kind: 'bash', seconds: 0, upstream: ['first'] })),
    { task_id: 'last', kind: 'bash', seconds: 0, upstream: middle },
  ]
  return { dag_id: p.dag_id, retries: p.retries ?? 0, tasks }
}

/** Tasks beside each other that print a numbered line every 50 ms. */
export function longDag(p: { dag_id: string; tasks: number; seconds: number; retries?: number }): DagShape {
  const tasks = Array.from({ length: p.tasks }, (_, i): TaskShape => ({ task_id: `long${i}`, kind: i % 2 === 0 ? 'bash' : 'python', seconds: p.seconds, upstream: [] }))
  return { dag_id: p.dag_id, retries: p.retries ?? 2, tasks }
}

/** A start time (field 22 of stat) makes a pid the name of one process. An attempt that finds an earlier one of its task alive says so. */
const HEADER = String.raw`import json
import os
import time

from vortex import DAG, BashOperator, PythonOperator

LEDGER = "@LEDGER@"

BASH = r'''
say() {
  stat=($(</proc/$$/stat))
  printf '%s %s %s %s %s %s %s %s\n' "$1" "$VORTEX_DAG_ID" "$VORTEX_RUN_ID" "$VORTEX_TASK_ID" "$VORTEX_TRY_NUMBER" "$$" "${"$"}{stat[21]}" "$EPOCHREALTIME" >> @LEDGER@
}
if [ "$VORTEX_TRY_NUMBER" -gt 1 ]; then
  while read -r word dag run task try pid born _; do
    if [ "$word $dag $run $task" = "start $VORTEX_DAG_ID $VORTEX_RUN_ID $VORTEX_TASK_ID" ] && [ "$try" != "$VORTEX_TRY_NUMBER" ] && [ -e /proc/$pid/stat ]; then
      other=($(</proc/$pid/stat)) 2>/dev/null
      if [ "${"$"}{other[21]}" = "$born" ] && [ "${"$"}{other[2]}" != Z ]; then say overlap; fi
    fi
  done < @LEDGER@
fi
say start
'''


def say(word):
    with open("/proc/self/stat") as file:
        born = file.read().split()[21]
    own = [os.environ[name] for name in ("VORTEX_DAG_ID", "VORTEX_RUN_ID", "VORTEX_TASK_ID", "VORTEX_TRY_NUMBER")]
    file = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, (" ".join([word, *own, str(os.getpid()), born, f"{time.time():.6f}"]) + "\n").encode())
    os.close(file)


def alive(pid, born):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().split()
    except OSError:
        return False
    return fields[21] == born and fields[2] != "Z"


def work(seconds, lines):
    own = [os.environ[name] for name in ("VORTEX_DAG_ID", "VORTEX_RUN_ID", "VORTEX_TASK_ID")]
    attempt = os.environ["VORTEX_TRY_NUMBER"]
    if attempt != "1":
        for line in open(LEDGER):
            fields = line.split()
            if fields[0] == "start" and fields[1:4] == own and fields[4] != attempt and alive(fields[5], fields[6]):
                say("overlap")
    say("start")
    for number in range(lines):
        print(f"line {number + 1}", flush=True)
        time.sleep(0.05)
    if lines == 0:
        time.sleep(seconds)
    say("end")


def bash_command(seconds, lines):
    if lines > 0:
        body = f"for ((i = 1; i <= {lines}; i++)); do echo line $i; sleep 0.05; done"
    else:
        body = f"sleep {seconds}" if seconds > 0 else ":"
    return BASH + body + "\nsay end\n"


SHAPE = json.loads(r'''@SHAPE@''')

with DAG(SHAPE["dag_id"], schedule=None, max_active_tasks=@ACTIVE@, default_args={"retries": SHAPE["retries"], "retry_delay": 0}) as dag:
    tasks = {}
    for task in SHAPE["tasks"]:
        lines = round(task["seconds"] / 0.05) if SHAPE["dag_id"].startswith("long") else 0
        if task["kind"] == "bash":
            made = BashOperator(task_id=task["task_id"], bash_command=bash_command(task["seconds"], lines))
        else:
            made = PythonOperator(task_id=task["task_id"], python_callable=work, op_args=[task["seconds"], lines])
        tasks[task["task_id"]] = made
        for name in task["upstream"]:
            tasks[name] >> made
`

export function writeDagFile(p: { folder: string; dag: DagShape; ledger: string }): void {
  const text = HEADER.replaceAll('@LEDGER@', p.ledger).replaceAll('@SHAPE@', () => JSON.stringify(p.dag)).replaceAll('@ACTIVE@', '1000')
  writeFileSync(join(p.folder, `${p.dag.dag_id}.py`), text)
}

/** Numbered lines that a task of `longDag` prints. */
export function linesOf(seconds: number): number {
  return Math.round(seconds / 0.05)
}
