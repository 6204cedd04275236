import os
import signal
import threading
import time

import pytest

from vortex import BashOperator, BranchPythonOperator, EmptyOperator, PythonOperator, ShortCircuitOperator, TaskGroup
from vortex.definitions.branching import tasks_skipped_by_branch, tasks_skipped_by_short_circuit
from vortex.exceptions import AirflowException, AirflowSkipException

from .test_taskflow import TI

# Branches and short circuits


@pytest.fixture
def mesh(dag, empty):
    """branch -> a, b, join; a -> join; b -> after -> join; join -> remove (a teardown)."""
    branch, a, b, after, join, remove = (empty(name) for name in ("branch", "a", "b", "after", "join", "remove"))
    branch >> [a, b, join]
    a >> join
    b >> after >> join >> remove.as_teardown()
    return branch


@pytest.mark.parametrize(
    "followed, skipped",
    [
        ("a", ["b"]),
        ("b", ["a"]),
        ("join", ["a", "b"]),
        (["a", "b"], []),
        (None, ["a", "b", "join"]),
        ([], ["a", "b", "join"]),
        ("after", ["a", "b"]),
    ],
)
def test_a_branch_skips_direct_downstream_that_no_followed_task_leads_to(mesh, followed, skipped):
    assert tasks_skipped_by_branch(mesh, followed) == skipped


def test_a_branch_may_follow_a_group(dag, empty):
    branch = empty("branch")
    for name in ("x", "y"):
        with TaskGroup(name) as group:
            empty("one") >> empty("two")
        branch >> group
    assert tasks_skipped_by_branch(branch, "x") == ["y.one"]
    assert tasks_skipped_by_branch(branch, ["x.one"]) == ["y.one"]
    with pytest.raises(AirflowException, match="Invalid tasks found: one. Did you mean x.one, y.one"):
        tasks_skipped_by_branch(branch, "one")


@pytest.mark.parametrize("followed", [5, True, [1], [["a"]]])
def test_a_branch_takes_ids_only(mesh, followed):
    with pytest.raises(AirflowException, match="branch_task_ids"):
        tasks_skipped_by_branch(mesh, followed)


def test_a_short_circuit_skips_everything_but_teardowns(mesh):
    assert tasks_skipped_by_short_circuit(mesh) == ["a", "after", "b", "join"]
    assert tasks_skipped_by_short_circuit(mesh, ignore_downstream_trigger_rules=False) == ["a", "b", "join"]


def test_branch_operator(dag, empty):
    branch = BranchPythonOperator(task_id="branch", python_callable=lambda ds: f"t_{ds}")
    branch >> [empty("t_1"), empty("t_2")]
    ti = TI()
    assert branch.execute({"ti": ti, "task": branch, "ds": 1}) == "t_1"
    assert ti.skipped == ["t_2"]


def test_short_circuit_operator(dag, empty):
    gate = ShortCircuitOperator(task_id="gate", python_callable=lambda: [])
    gate >> empty("a") >> empty("b")
    ti = TI()
    assert gate.execute({"ti": ti, "task": gate}) == []
    assert ti.skipped == ["a", "b"]
    ti = TI()
    gate.python_callable = lambda: 1
    assert gate.execute({"ti": ti, "task": gate}) == 1 and ti.skipped is None


# PythonOperator


def call(dag, function, context, **kwargs):
    return PythonOperator(task_id="t", python_callable=function, **kwargs).execute(context)


def test_context_reaches_the_function(dag):
    assert call(
        dag,
        lambda ds, x, **kwargs: (ds, x, kwargs["run_id"], kwargs["templates_dict"]),
        {"ds": 1, "run_id": "r"},
        op_kwargs={"x": 2},
        templates_dict={"a": 1},
    ) == (
        1,
        2,
        "r",
        {"a": 1},
    )


def test_op_kwargs_win_over_the_context(dag):
    assert call(dag, lambda ds: ds, {"ds": 1}, op_kwargs={"ds": 2}) == 2


def test_op_args_win_over_the_context(dag):
    assert call(dag, lambda ds, ti: (ds, ti), {"ds": 1, "ti": 5}, op_args=["mine"]) == ("mine", 5)


def test_op_args_and_op_kwargs_may_not_meet(dag):
    with pytest.raises(ValueError, match="'x' in args is a part of kwargs"):
        call(dag, lambda x: x, {}, op_args=[1], op_kwargs={"x": 2})


def test_coroutines_and_builtins(dag):
    async def later(ds):
        return ds

    assert call(dag, later, {"ds": 3}) == 3
    assert PythonOperator(task_id="b", python_callable=max, op_args=[1, 5]).execute({"ds": 1}) == 5


# BashOperator


def bash(dag, command, **kwargs):
    return BashOperator(task_id="t", bash_command=command, **kwargs)


def test_output_is_copied_and_its_last_line_is_the_result(dag, capsys):
    assert bash(dag, "echo one; echo two >&2; printf 'three  '").execute({}) == "three"
    assert capsys.readouterr().out == "one\ntwo\nthree  "
    assert BashOperator(task_id="u", bash_command=":").execute({}) == ""
    assert BashOperator(task_id="v", bash_command="echo 7", output_processor=int).execute({}) == 7


def test_output_that_is_not_text(dag):
    assert bash(dag, r"printf '\xff\n'").execute({}) == "\\xff"


@pytest.mark.parametrize(
    "codes, exit_code, error",
    [(99, 99, AirflowSkipException), ([3, 4], 4, AirflowSkipException), (None, 99, AirflowException), (99, 1, AirflowException)],
)
def test_exit_codes(dag, codes, exit_code, error):
    with pytest.raises(error, match=str(exit_code)) as caught:
        bash(dag, f"exit {exit_code}", skip_on_exit_code=codes).execute({})
    assert type(caught.value) is error


def test_environment(dag, monkeypatch):
    monkeypatch.setenv("INHERITED", "1")
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "d")
    monkeypatch.setenv("TOKEN", "t")
    show = "echo ${INHERITED:-none} $AIRFLOW_CTX_DAG_ID ${TOKEN:-none} $A"
    assert bash(dag, show).execute({}) == "1 d t"
    assert BashOperator(task_id="u", bash_command=show, env={"A": "a"}).execute({}) == "none d none a"
    assert BashOperator(task_id="v", bash_command=show, env={"A": "a"}, append_env=True).execute({}) == "1 d t a"
    assert BashOperator(task_id="w", bash_command=show, env={"A": "a"}, secrets=["TOKEN"]).execute({}) == "none d t a"


def test_working_folder(dag, tmp_path):
    assert bash(dag, "pwd", cwd=str(tmp_path)).execute({}) == str(tmp_path)
    folder = BashOperator(task_id="u", bash_command="pwd").execute({})
    assert os.path.basename(folder).startswith("vortex-bash-") and not os.path.exists(folder)
    with pytest.raises(AirflowException, match="does not exist"):
        BashOperator(task_id="v", bash_command="pwd", cwd=str(tmp_path / "none")).execute({})


def test_a_script_and_a_command_longer_than_an_argument(dag):
    script = bash(dag, "run.sh")
    script.bash_command = "echo rendered"
    assert script.execute({}) == "rendered"
    assert BashOperator(task_id="u", bash_command=f": {'x' * 200_000}\necho long").execute({}) == "long"


def test_on_kill_ends_the_whole_group(dag, tmp_path):
    mark = tmp_path / "pid"
    task = bash(dag, f"sleep 100 & echo $! > {mark}; wait")
    failures = []

    def run():
        try:
            task.execute({})
        except AirflowException as error:
            failures.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 10
    while not (mark.exists() and mark.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    pid = int(mark.read_text())
    task.on_kill()
    thread.join(10)
    assert failures == [f"Bash command failed. The command was ended by signal {signal.SIGTERM.value}."]
    while time.monotonic() < deadline and _is_alive(pid):
        time.sleep(0.01)
    assert not _is_alive(pid)


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_daemon_does_not_hold_the_task(dag):
    started = time.monotonic()
    assert bash(dag, "sleep 30 & echo done").execute({}) == "done"
    assert time.monotonic() - started < 10


def test_empty_operator(dag):
    assert EmptyOperator(task_id="t").execute({}) is None
