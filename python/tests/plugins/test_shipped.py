"""The shipped plugins sql, s3 and slack as operators of a DAG file. What they do with their servers is tested in plugins/."""
import glob
import json
import os
import signal
import socket

import pytest

DAG = """
    from vortex import DAG
    from vortex.notifications import SlackNotifier
    from vortex.operators import S3DeleteOperator, S3PutObjectOperator, SlackMessageOperator, SqlOperator
    from vortex.sensors import S3KeySensor, SqlSensor

    with DAG("d", schedule=None, default_args={{"retries": 1}}):
        {task}
"""
ENDLESS = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s"


@pytest.fixture
def load(runner, tmp_path):
    runner.channel.connections["db"] = {"conn_type": "sqlite", "host": str(tmp_path / "shop.db")}
    return lambda task: runner.load(DAG.format(task=task))


def test_sql_comes_from_a_template_file_and_values_are_mapped(load, folder):
    (folder / "load.sql").write_text("CREATE TABLE IF NOT EXISTS a (day, n); INSERT INTO a VALUES ('{{ ds }}', :n); SELECT * FROM a -- done;\n")
    arguments = "task_id='t', conn_id='db', sql='load.sql', rows='objects', timeout_seconds=None"
    loaded = load(f"SqlOperator.partial({arguments}).expand(parameters=[{{'n': 2**60}}, {{'n': '{{{{ 1 + 1 }}}}'}}])")
    assert loaded.value(map_index=0) == [{"day": "2024-02-29", "n": str(2**60)}]
    assert loaded.value(map_index=1)[1] == {"day": "2024-02-29", "n": "2"}
    assert load("SqlSensor(task_id='t', conn_id='db', sql='SELECT count(*) FROM a', success=[2])").run()["outcome"] == "success"


def sqlite_processes(mark):
    """Those that have this text in their environment."""
    found = []
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{path}/cmdline", "rb") as command, open(f"{path}/environ", "rb") as environment:
                if b"sqliteProcess" in command.read() and mark.encode() in environment.read():
                    found.append(path)
        except OSError:
            continue
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
def test_a_statement_ends_with_its_task(load, runner, tmp_path):
    """The process of SQLite knows no signal while it computes; it must not outlive the task."""
    load(f"SqlOperator(task_id='t', conn_id='db', sql='{ENDLESS}')")

    def end_once_it_runs(_number, _frame):
        if not sqlite_processes(str(tmp_path)):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
        else:
            runner.channel.on_terminate("killed")

    before = signal.signal(signal.SIGALRM, end_once_it_runs)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        result = runner.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (result["outcome"], result["reason_code"]) == ("failed", "killed")
    assert sqlite_processes(str(tmp_path)) == []


def test_secrets_are_masked_before_a_plugin_has_them(load, runner):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    runner.channel.connections["slack"] = {"conn_type": "slack", "password": "xoxb-secret", "extra": json.dumps({"base_url": url})}
    result = load("SlackMessageOperator(task_id='t', slack_conn_id='slack', channel='#a', text='x')").run()
    assert result["reason"].startswith(f"PluginFailed: {url} cannot be reached: connect ECONNREFUSED")
    assert "xoxb-secret" in runner.channel.masked


@pytest.mark.parametrize(
    "task, words",
    [
        ("SqlOperator(task_id='t', conn_id='db')", "missing the keyword argument 'sql'"),
        ("SqlOperator(task_id='t', conn_id='db', sql='x', fetch='some')", "fetch must be one of 'all', 'first', 'none', not 'some'"),
        ("S3KeySensor(task_id='t', bucket_key=[])", "bucket_key"),
        ("S3PutObjectOperator(task_id='t', s3_key='a', body='x')", "Invalid arguments were: body"),
        ("SlackNotifier(text='x')", "missing the keyword argument 'channel'"),
    ],
)
def test_a_wrong_argument_is_told_when_the_file_is_read(load, task, words):
    with pytest.raises(Exception) as caught:
        load(task)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "task, words",
    [
        ("SqlOperator(task_id='t', conn_id='nix', sql='SELECT 1')", "The conn_id `nix` isn't defined."),
        ("SqlOperator(task_id='t', conn_id='db', sql='SELECT :a', parameters={{'b': 1}})", "sql: :a has no value; parameters has b."),
        ("S3DeleteOperator(task_id='t', bucket='lake')", "Give either keys or prefix."),
    ],
)
def test_a_wrong_argument_that_only_shows_at_work_fails_the_task(load, task, words):
    assert words in load(task.replace("{{", "{").replace("}}", "}")).run()["reason"]


def test_their_own_folder_is_none_of_a_dag_folder():
    """In the repository it lies beside dags/."""
    from vortex.plugins.places import find_places

    assert find_places(os.path.join(os.path.dirname(__file__), "..", "..", "..", "dags")) == []
