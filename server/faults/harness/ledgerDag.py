"""Template of the DAG files that the fault tests generate; dagShapes.ts fills the words between at signs in.

A start time (field 22 of stat) makes a pid the name of one process. An attempt that finds an earlier one of its task alive says so.
"""
import json
import os
import select
import time

from vortex import DAG, BashOperator, PythonOperator

LEDGER = "@LEDGER@"

BASH = r'''
say() {
  stat=($(</proc/$$/stat))
  printf '%s %s %s %s %s %s %s %s\n' "$1" "$VORTEX_DAG_ID" "$VORTEX_RUN_ID" "$VORTEX_TASK_ID" "$VORTEX_ATTEMPT" "$$" "${stat[21]}" "$EPOCHREALTIME" >> @LEDGER@
}
if [ "$VORTEX_ATTEMPT" -gt 1 ]; then
  while read -r word dag run task try pid born _; do
    if [ "$word $dag $run $task" = "start $VORTEX_DAG_ID $VORTEX_RUN_ID $VORTEX_TASK_ID" ] && [ "$try" != "$VORTEX_ATTEMPT" ] && [ -e /proc/$pid/stat ]; then
      other=($(</proc/$pid/stat)) 2>/dev/null
      if [ "${other[21]}" = "$born" ] && [ "${other[2]}" != Z ]; then say overlap; fi
    fi
  done < @LEDGER@
fi
say start
'''


def say(word):
    with open("/proc/self/stat") as file:
        born = file.read().split()[21]
    own = [os.environ[name] for name in ("VORTEX_DAG_ID", "VORTEX_RUN_ID", "VORTEX_TASK_ID", "VORTEX_ATTEMPT")]
    file = os.open(LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, (" ".join([word, *own, str(os.getpid()), born, f"{time.time():.6f}"]) + "\n").encode())
    os.close(file)


def pause(seconds):
    # time.sleep fails under libfaketime (wallClock.ts).
    select.select([], [], [], seconds)


def alive(pid, born):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().split()
    except OSError:
        return False
    return fields[21] == born and fields[2] != "Z"


def work(seconds, lines):
    own = [os.environ[name] for name in ("VORTEX_DAG_ID", "VORTEX_RUN_ID", "VORTEX_TASK_ID")]
    attempt = os.environ["VORTEX_ATTEMPT"]
    if attempt != "1":
        for line in open(LEDGER):
            fields = line.split()
            if fields[0] == "start" and fields[1:4] == own and fields[4] != attempt and alive(fields[5], fields[6]):
                say("overlap")
    say("start")
    for number in range(lines):
        print(f"line {number + 1}", flush=True)
        pause(0.05)
    if lines == 0:
        pause(seconds)
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
