"""What is wrong with a file: where, what is allowed, what was meant, and several at once."""
import pytest

HEAD = "dags:\n  x:\n"
TASK = HEAD + "    tasks:\n      t:\n        operator: bash\n        bash_command: echo\n"


@pytest.mark.parametrize(
    "text, place, words",
    [
        (TASK + "    schedul: 1\n", (7, 5), ["Unknown key `schedul` in `x`", "Did you mean `schedule`?"]),
        (TASK + "    qqq: 1\n", (7, 5), ["Unknown key `qqq` in `x`. Allowed are `tasks`, `task_groups`"]),
        (TASK + "        qqq: 1\n", (7, 9), ["Allowed are `bash_command`, `env`"]),
        (HEAD + "    tasks:\n      t: {operator: bsh}\n", (4, 21), ["Did you mean `bash`?", "import path"]),
        (HEAD + "    tasks:\n      t: {bash_command: x}\n", (4, 7), ["lacks the key `operator`"]),
        (HEAD + "    tasks:\n      t: {operator: bash}\n", (4, 7), ["(BashOperator) lacks the argument `bash_command`"]),
        (HEAD + "    tasks:\n      t: {operator: external_task_marker}\n", (4, 7), ["lacks the arguments `external_dag_id`, `external_task_id`"]),
        (TASK + "        bash_comand: x\n", (7, 9), ["Unknown key `bash_comand`", "Did you mean `bash_command`?"]),
        (TASK + "        retries: '2'\n", (7, 18), ["must be a whole number of 0 or more", "without quotes"]),
        (TASK + "        do_xcom_push: no\n", (7, 23), ["true or false", "as in YAML 1.2"]),
        (TASK + "        doc_md: 5\n", (7, 17), ['Put it in quotes if it is meant as text: "5"']),
        (TASK + "        retry_delay: 5 minutes\n", (7, 22), ["a duration: `5m`"]),
        (TASK + "        trigger_rule: all_sucess\n", (7, 23), ["Did you mean `all_success`?", "`one_failed`"]),
        (TASK + "        dependencies: [u]\n", (7, 24), ["The upstream `u` does not exist in this DAG"]),
        (TASK + "      load: {operator: empty, dependencies: laod}\n", (7, 45), ["Did you mean `load`?"]),
        (TASK + "        dependencies: t\n", (7, 23), ["cannot run before itself"]),
        (TASK + "    dependencies: [t >> u]\n", (7, 20), ["The task `u` does not exist"]),
        (TASK + "    dependencies: [t >>]\n", (7, 20), ["is no expression of dependencies: something is missing at its end"]),
        (TASK + "    dependencies: ['t >> [t']\n", (7, 20), ["no expression"]),
        (TASK + "    dependencies: ['t + t']\n", (7, 20), ["`+ t` is not expected"]),
        (TASK + "        on_failure_callback: nothing_here:f\n", (7, 30), ["There is no module `nothing_here`"]),
        (TASK + "        on_failure_callback: os.path:jion\n", (7, 30), ["`os.path` has no `jion`", "Did you mean `join`?"]),
        (TASK + "        on_failure_callback: os:sep\n", (7, 30), ["cannot be called"]),
        (TASK + "        env: {A: {$xcm: t}}\n", (7, 19), ["`$xcm` stands for nothing", "Did you mean `$xcom`?"]),
        (TASK + "        env: {A: {$xcom: u}}\n", (7, 26), ["The task `u` does not exist"]),
        (TASK + "    doc_md: {$xcom: t}\n", (7, 13), ["`doc_md` must be text, not a mapping"]),
        (TASK + "    timezone: Europe/Berln\n", (7, 15), ["is no time zone"]),
        (TASK + "    start_date: 2026-02-31\n", (7, 17), ["is no date of the calendar"]),
        (TASK + "    start_date: soon\n", (7, 17), ["must be a date"]),
        (TASK + "    schedule: every day\n", (7, 15), ["is not a cron expression"]),
        (TASK + "    schedule: 5\n", (7, 15), ["a cron text, a preset"]),
        (TASK + "    schedule: {cron: '@daily', every: 5m}\n", (7, 32), ["exclude each other"]),
        (TASK + "    schedule: {timetable: CronTriggerTimetabel}\n", (7, 27), ["a timetable of VORTEX", "Did you mean `CronTriggerTimetable`?"]),
        (TASK + "    params: {n: {type: integer, default: x}}\n", (7, 42), ["The default of the param `n` does not fit"]),
        (TASK + "    default_args: {retry: 2}\n", (7, 20), ["No task has an argument `retry`", "Did you mean `retries`?"]),
        (TASK + "    task_groups: {t: {tasks: {}}}\n", (7, 19), ["The id `t` is taken by the task of line 4"]),
        (TASK + "    task_groups: {a.b: {tasks: {}}}\n", (7, 19), ["cannot be an id"]),
        (HEAD + "    tasks:\n      - {operator: empty}\n", (4, 9), ["A task in a list needs a `task_id`"]),
        (HEAD + "    tasks:\n      - {task_id: a, operator: empty}\n      - {task_id: a, operator: empty}\n", (5, 19), ["taken by the task of line 4"]),
        (HEAD + "    tasks: {t: {operator: file_sensor, filepath: x, mode: pok}}\n", (3, 59), ["Did you mean `poke`?"]),
        (HEAD + "    tasks: {t: {operator: python, python_callable: os:getcwd, expand: {}}}\n", (3, 71), ["is empty"]),
        (HEAD + "    tasks: {t: {operator: bash, bash_command: x, expand: {bash_command: [1]}}}\n", (3, 47), ["mapping already partial argument: bash_command"]),
        (HEAD + "    tasks: {t: {operator: os.path.join}}\n", (3, 27), ["is no operator class"]),
        (HEAD + "    tasks: {t: {operator: time_sensor, target_time: noon}}\n", (3, 53), ["target_time must be a datetime.time"]),
        ("id: x\ntasks:\n  - {id: s, type: sensor}\n", (3, 19), ["has a `sensor_config`"]),
        ("id: x\ntasks:\n  - {id: s, type: sensor, sensor_config: {sensor_type: fil}}\n", (3, 56), ["Did you mean `file`?"]),
        ("id: x\ntasks:\n  - {id: s, type: shell, command: x}\n", (3, 19), ["There is no operator `shell`"]),
    ],
)
def test_a_problem_has_its_place(problems_of, text, place, words):
    found = problems_of(text)
    at = [message for line, column, message in found if (line, column) == place]
    assert at, found
    for word in words:
        assert word in at[0], found
    assert len(found) == 1, found


def test_a_cycle_names_its_tasks_and_a_place(problems_of):
    text = HEAD + "    tasks:\n      a: {operator: empty, dependencies: c}\n      b: {operator: empty, dependencies: a}\n      c: {operator: empty, dependencies: b}\n"
    ((line, column, message),) = problems_of(text)
    assert (line, column) in [(4, 42), (5, 42), (6, 42)]
    assert "has a cycle: " in message and all(name in message for name in "abc")


def test_results_that_need_each_other(problems_of):
    text = HEAD + "    tasks:\n      a: {operator: bash, bash_command: {$xcom: b}}\n      b: {operator: bash, bash_command: {$xcom: a}}\n"
    assert any("need each other's results: a cycle" in message for _, _, message in problems_of(text))


def test_several_at_once_over_all_dags(problems_of):
    text = """
default_args: {retires: 2}
dags:
  one:
    catchup: on
    start_date: 2026-13-01
    tasks:
      a: {operator: bash}
      b: {operator: bahs, bash_command: x}
      c: {operator: bash, bash_command: x, dependencies: [A], retries: many}
      c: {operator: empty}
  two:
    schedule: "@dayly"
    tasks:
      d: {operator: python, python_callable: os:getcwdd}
"""
    found = problems_of(text)
    assert [(line, message.split(".")[0][:40]) for line, _, message in found] == [
        (5, "`catchup` must be true or false, not tex"),
        (6, "`2026-13-01` is no date of the calendar"),
        (8, "The task `a` (BashOperator) lacks the ar"),
        (9, "`operator` must be an operator's short n"),
        (10, "The upstream `A` does not exist in this "),
        (10, "`retries` must be a whole number of 0 or"),
        (11, "The key `c` is here twice; the first is "),
        (13, "`schedule`: '@dayly' is no preset"),
        (15, "`os` has no `getcwdd`"),
    ]


@pytest.mark.parametrize(
    "part",
    [
        "        env: {{A: !!python/object/apply:os.system ['touch {mark}']}}\n",
        "        env: {{A: {{$object: os:system, command: 'touch {mark}'}}}}\n",
        "        env: {{A: {{$object: subprocess:Popen, args: 'touch {mark}', shell: true}}}}\n",
        "        env: {{A: {{$object: 'builtins:open', file: '{mark}', mode: w}}}}\n",
        "    schedule: {{timetable: subprocess.Popen, arguments: {{args: [['touch', '{mark}']]}}}}\n",
        "    dependencies: ['__import__(chr(111)+chr(115)) >> t']\n",
    ],
)
def test_nothing_that_a_file_contains_is_run(problems_of, tmp_path, part):
    mark = tmp_path / "mark"
    assert problems_of(TASK + part.format(mark=mark))
    assert not mark.exists()
