"""Operators of plugins are operators: arguments, templates, outcomes, retries' kinds, questions, ends."""
import signal

import pytest

DAG = """
    from vortex import DAG
    from vortex.notifications import HelloNotifier
    from vortex.operators import HelloOperator
    from vortex.sensors import HelloSensor

    with DAG("d", schedule=None, default_args={{"retries": 1}}):
        {task}
"""


@pytest.fixture
def run(runner):
    def run(task, **changes):
        return runner.load(DAG.format(task=task)).run(**changes)

    return run


def value_of(result):
    import json

    assert result["outcome"] == "success", result
    return json.loads(result["xcoms"][0]["value_json"])


def test_it_gets_its_config_rendered_and_typed_and_returns_the_xcom(run, capfd):
    result = run("HelloOperator(task_id='t', who='{{ ds }}', times='{{ 1 + 1 }}', more={'a': '{{ task.task_id }}'})")
    assert value_of(result) == {"who": "2024-02-29", "times": 2, "mode": "echo", "more": {"a": "t"}}
    assert "INFO hello - hello 2024-02-29\n" in capfd.readouterr().out


def test_it_asks_for_what_a_task_may_ask_for(runner):
    channel = runner.channel
    channel.connections["shop"] = {"conn_type": "http", "password": "pw-of-shop"}
    channel.variables["v"] = "text"
    channel.put("up", [1, 2])
    result = runner.load(DAG.format(task="HelloOperator(task_id='t', who='x', mode='ask', params={'p': 1})")).run(try_number=2, attempt=2)
    found = value_of(result)
    assert found.pop("missing").startswith("The conn_id `nowhere` isn't defined.")
    about = ["d", "scheduled__2024-02-29T00:00:00+00:00", "t", -1, 2, "2024-02-29T00:00:00+00:00", {"p": 1}]
    assert found == {"about": about, "password": "pw-of-shop", "variable": "text", "none": None, "up": [1, 2]}
    assert channel.pushed() == {"left": {"a": [1]}}
    assert {"pw-of-shop", "own secret"} <= set(channel.masked)


@pytest.mark.parametrize(
    "mode, outcome, code, words",
    [
        ("skip", "skipped", "skip", "nothing to do"),
        ("fail", "failed_final", "fail_exception", "AirflowFailException: for good"),
        ("throw", "failed", "exception", "PluginFailed: TypeError: oops"),
        ("exit", "failed", "exception", "PluginFailed: HelloOperator of the plugin hello: its process ended with exit code 3 before it was done"),
        ("never", "failed", "exception", "PluginFailed: it waits for something that can never come"),
    ],
)
def test_how_it_ends_decides_what_becomes_of_the_task(run, capfd, mode, outcome, code, words):
    result = run(f"HelloOperator(task_id='t', who='x', mode='{mode}')")
    assert (result["outcome"], result["reason_code"]) == (outcome, code)
    assert result["reason"].startswith(words)
    if mode == "throw":
        assert "plugins/hello.ts:" in capfd.readouterr().out


def test_a_task_that_is_told_to_end_lets_the_plugin_clean_up(runner, capfd):
    """As the host does it: a signal whose handler calls on_kill and raises."""
    runner.load(DAG.format(task="HelloOperator(task_id='t', who='x', mode='wait')"))

    def ask_for_end(_number, _frame):
        runner.channel.on_terminate("killed")

    before = signal.signal(signal.SIGALRM, ask_for_end)
    try:
        # Until it waits, the plugin does what a signal cannot hurt; its end is looked for in its output.
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        result = runner.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (result["outcome"], result["reason_code"]) == ("failed", "killed")
    assert "cleaned up" in capfd.readouterr().out


def test_a_sensor_pokes_one_process_and_gives_its_slot_back_in_reschedule_mode(run):
    result = run("HelloSensor(task_id='t', poke_interval=0.01)")
    assert value_of(result) == 3
    assert run("HelloSensor(task_id='t', mode='reschedule')")["outcome"] == "rescheduled"


def test_it_is_mapped_with_each_value_checked(run):
    task = "HelloOperator.partial(task_id='t').expand(times=[2, 0], who=['a'])"
    assert value_of(run(task, map_index=0))["times"] == 2
    result = run(task, map_index=1)
    assert result["reason"] == "InvalidArguments: Task 'instance': HelloOperator of the plugin hello: times must be 1 or more, not 0."


def test_a_notifier_is_a_callback(run, capfd):
    result = run("HelloOperator(task_id='t', who='x', mode='fail', on_failure_callback=HelloNotifier(text='{{ dag.dag_id }}'))")
    assert result["outcome"] == "failed_final"
    assert "told: d failed for good" in capfd.readouterr().out


@pytest.mark.parametrize(
    "arguments, words",
    [
        ("who='x', mode='sing'", "mode must be one of 'ask', 'skip', 'fail', 'throw', 'exit', 'never', 'wait', 'echo', not 'sing'"),
        ("who='x', times='3'", "times must be a whole number, not '3'"),
        ("who='x', more={'a': 1}", "more.a must be a text, not 1"),
        ("who='x', howmany=3", "Invalid arguments were: howmany"),
        ("times=2", "is missing the keyword argument 'who'"),
        ("who={1, 2}", "who must be a text, not [1, 2]"),
    ],
)
def test_a_wrong_argument_is_told_when_the_file_is_read(runner, arguments, words):
    with pytest.raises(Exception) as caught:
        runner.load(DAG.format(task=f"HelloOperator(task_id='t', {arguments})"))
    assert words in str(caught.value) and "HelloOperator" in str(caught.value)


def test_what_a_template_gives_is_checked_before_the_plugin_sees_it(run, capfd):
    result = run("HelloOperator(task_id='t', who='x', times='{{ 0 }}')")
    assert result["reason"] == "InvalidArguments: Task 't': HelloOperator of the plugin hello: times must be 1 or more, not 0."
    assert "hello x" not in capfd.readouterr().out


def test_authors_may_subclass_it(run):
    task = """
        class Louder(HelloOperator):
            def __init__(self, *, who, **kwargs):
                super().__init__(who=who.upper(), **kwargs)
            def execute(self, context):
                return [super().execute(context)["who"]]
        Louder(task_id='t', who='x')"""
    assert value_of(run(task)) == ["X"]
