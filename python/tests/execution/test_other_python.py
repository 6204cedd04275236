"""Functions in other interpreters: real ones, with real virtual environments; packages are made here, so nothing is downloaded."""
import os
import sys
import zipfile

import pytest

from vortex import DAG
from vortex.exceptions import AirflowException
from vortex.operators.external_python import ExternalPythonOperator
from vortex.operators.other_python import source_of
from vortex.operators.virtual_environment import COMPLETE, EnvironmentCache, EnvironmentRequest
from vortex.operators.virtualenv import PythonVirtualenvOperator

HEAD = """
    import datetime as dt, os, sys
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.python import (
        BranchExternalPythonOperator, BranchPythonVirtualenvOperator, ExternalPythonOperator, PythonVirtualenvOperator)

    FUNCTION

    with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1), params={'p': [1]}):
        ExternalPythonOperator(task_id='t', python=sys.executable, python_callable=work, ARGUMENTS)
"""


def dag_file(function, arguments=""):
    return HEAD.replace("FUNCTION", function.strip().replace("\n", "\n    ")).replace("ARGUMENTS", arguments)


@pytest.mark.parametrize(
    "function, arguments, expected",
    [
        ("def work():\n    import os\n    return os.getpid()", "", int),
        ("def work(a, b, c=3):\n    return [a, list(b['x']), c]", "op_args=['{{ ds }}'], op_kwargs={'b': {'x': {1}}}", ["2024-02-29", [1], 3]),
        ("def work(ds, run_id, params):\n    return [ds, run_id[:9], params]", "", ["2024-02-29", "scheduled", {"p": [1]}]),
        ("def work(logical_date, data_interval_end):\n    return [logical_date.isoformat(), (data_interval_end - logical_date).days]", "", ["2024-02-29T00:00:00+00:00", 1]),
        ("def work(**kwargs):\n    return ['ds' in kwargs, 'ti' in kwargs, 'dag' in kwargs]", "", [True, False, False]),
        ("def work(templates_dict):\n    return templates_dict", "templates_dict={'a': '{{ ds_nodash }}'}", {"a": "20240229"}),
        ("def work(x: dt.date = None) -> dt.date:\n    return x", "", None),
        ("def work():\n    return virtualenv_string_args", "string_args=['a', 5]", ["a", "5"]),
        ("def work():\n    import os\n    return [os.environ['WHO'], 'HOME' in os.environ]", "env_vars={'WHO': 'me'}", ["me", True]),
        ("def work():\n    import os\n    return [os.environ['WHO'], 'HOME' in os.environ]", "env_vars={'WHO': 'me'}, inherit_env=False", ["me", False]),
        ("def work():\n    import datetime, sys\n    return [datetime.date(2024, 1, 2).isoformat(), any('vortex' in path and 'operators' in path for path in sys.path)]", "", ["2024-01-02", False]),
        ("def load():\n    return 'mine'\nwork = load", "", "mine"),
    ],
)
def test_external_python(runner, monkeypatch, function, arguments, expected):
    monkeypatch.setenv("HOME", "/home")
    found = runner.load(dag_file(function, arguments)).value()
    if expected is int:
        assert isinstance(found, int) and found != os.getpid()
    else:
        assert found == expected


@pytest.mark.parametrize(
    "function, arguments, outcome, words",
    [
        ("def work():\n    raise ValueError('bad')", "", "failed", "returned non-zero exit status 1: ValueError: bad"),
        ("def work():\n    import sys; sys.exit(7)", "", "failed", "returned non-zero exit status 7"),
        ("def work():\n    import sys; sys.exit(7)", "skip_on_exit_code=[7, 8]", "skipped", "code 7"),
        ("def work():\n    pass", "skip_on_exit_code=0", "skipped", "code 0"),
        ("def work():\n    import os; os.kill(os.getpid(), 9)", "", "failed", "ended by signal 9"),
        ("def work():\n    return outside", "", "failed", "NameError"),
        ("def work(ti):\n    return 1", "", "failed", "'ti' cannot be given to a function in another interpreter"),
        ("def work(x):\n    return 1", "op_kwargs={'x': lambda: 1}", "failed", "op_kwargs x cannot be given"),
        ("def work(x):\n    return 1", "op_args=[lambda: 1]", "failed", "op_args cannot be given"),
        ("def work():\n    return 1", "serializer='dill'", "failed", "pip install dill"),
        ("def work():\n    return 1", "use_dill=True", "failed", "pip install dill"),
        ("def work():\n    return (lambda: 1)", "", "failed", "returned non-zero exit status 1"),
    ],
)
def test_other_ends(runner, function, arguments, outcome, words):
    result = runner.load(dag_file(function, arguments)).run()
    assert (result["outcome"], words in result["reason"]) == (outcome, True), result


def test_a_traceback_shows_the_authors_line(runner, capfd):
    runner.load(dag_file("def work():\n    x = 1\n    raise ValueError('bad')")).run()
    out = capfd.readouterr().out
    path = runner.folder / "file.py"
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "raise ValueError" in text)
    assert f'"{path}", line {line}, in work' in out and "raise ValueError('bad')" in out


@pytest.mark.parametrize("python, words", [("python3", "absolute path"), ("/no/such/python", "does not exist"), ("/tmp", "is no file")])
def test_an_interpreter_that_is_none(runner, python, words):
    result = runner.load(dag_file("def work():\n    pass").replace("sys.executable", repr(python))).run()
    assert (result["outcome"], words in result["reason"]) == ("failed", True), result


def test_a_file_that_is_no_program(runner, tmp_path):
    (tmp_path / "python").write_text("")
    result = runner.load(dag_file("def work():\n    pass").replace("sys.executable", repr(str(tmp_path / "python")))).run()
    assert "could not be started: Permission denied" in result["reason"]


def function():
    return 1


async def coroutine():
    return 1


def generator():
    yield 1


@pytest.mark.parametrize(
    "kind, arguments, words",
    [
        (ExternalPythonOperator, {"python": "", "python_callable": function}, "python must be the path"),
        (ExternalPythonOperator, {"python": "/p", "python_callable": lambda: 1}, "functions made by `def`"),
        (ExternalPythonOperator, {"python": "/p", "python_callable": print}, "functions made by `def`"),
        (ExternalPythonOperator, {"python": "/p", "python_callable": generator}, "must not use `yield`"),
        (ExternalPythonOperator, {"python": "/p", "python_callable": coroutine}, "must not use `yield` or `async`"),
        (ExternalPythonOperator, {"python": "/p", "python_callable": function, "serializer": "json"}, "serializer must be one of"),
        (PythonVirtualenvOperator, {"python_callable": function, "python_version": 3.11}, "must be a text"),
        (PythonVirtualenvOperator, {"python_callable": function, "python_version": "2.7"}, "not supported"),
    ],
)
def test_refusals(kind, arguments, words):
    with DAG("d", schedule=None), pytest.raises(AirflowException, match=words) as caught:
        kind(task_id="t", **arguments)
    assert isinstance(caught.value, ValueError)


def test_decorators_of_tasks_do_not_go_along(runner):
    runner.load(
        """
        import sys
        from airflow import DAG
        from airflow.decorators import setup, task
        with DAG('d', schedule=None):
            @setup
            @task.external_python(
                python=sys.executable,
            )
            def t(word):
                return word + '!'
            t('{{ dag.dag_id }}')
        """
    )
    assert runner.value() == "d!"


def plain(function):
    return function


task = plain


@task
@plain
def two():
    return 1


def test_decorators_that_make_no_task_stay():
    text, line = source_of(two)
    assert text == "@plain\ndef two():\n    return 1\n"
    assert line == two.__code__.co_firstlineno + 1


def test_a_branch_in_another_interpreter(runner):
    text = dag_file("def work():\n    return 'a'").replace("        ExternalPythonOperator(", "        BranchExternalPythonOperator(", 1)
    text = text.rstrip() + " >> [EmptyOperator(task_id='a'), EmptyOperator(task_id='b')]\n"
    assert runner.load(text).run()["skip_task_ids"] == ["b"]


# Virtual environments


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A package that exists nowhere else."""
    path = tmp_path_factory.mktemp("wheels") / "vortexprobe-1.5-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vortexprobe.py", "VALUE = 'from the package'\n")
        archive.writestr("vortexprobe-1.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: vortexprobe\nVersion: 1.5\n")
        archive.writestr("vortexprobe-1.5.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("vortexprobe-1.5.dist-info/RECORD", "")
    return path


VENV = """
    from airflow import DAG
    from airflow.decorators import task
    with DAG('d', schedule=None):
        @task.virtualenv(ARGUMENTS, pip_install_options=['--no-index', '--find-links', 'WHEELS'], venv_cache_path='{{ dag_run.conf.cache }}')
        def t():
            import sys
            try:
                import jinja2
            except ImportError:
                jinja2 = None
            import vortexprobe
            return [vortexprobe.VALUE, sys.prefix, jinja2 is not None]
        t()
"""


def test_a_virtual_environment_is_made_once_and_kept(runner, wheel, tmp_path):
    (tmp_path / "needs.txt").write_text("{{ 'vortexprobe' }}==1.5\n")
    cache = tmp_path / "cache"
    found = []
    for arguments in ("requirements='needs.txt'", "requirements=['vortexprobe==1.5']", "requirements=['vortexprobe==1.5'], system_site_packages=False"):
        runner.load(VENV.replace("ARGUMENTS", arguments).replace("WHEELS", str(wheel.parent)))
        found.append(runner.value(conf={"cache": str(cache)}))
    first, second, alone = found
    assert first == second and first[0] == "from the package"
    assert first[1].startswith(str(cache)) and alone[1] != first[1]
    # Packages of the tasks' own interpreter are there, or not.
    assert (first[2], alone[2]) == (True, False)
    assert len([name for name in os.listdir(cache) if not name.endswith(".lock")]) == 2


def test_requirements_that_cannot_be_installed(runner, wheel, tmp_path, capfd):
    runner.load(VENV.replace("ARGUMENTS", "requirements=['no-such-package']").replace("WHEELS", str(wheel.parent)))
    result = runner.run(conf={"cache": str(tmp_path / "cache")})
    assert (result["outcome"], "pip could not install the requirements" in result["reason"]) == ("failed", True), result
    assert "no-such-package" in capfd.readouterr().out
    assert [name for name in os.listdir(tmp_path / "cache") if not name.endswith(".lock")] == []


def test_a_python_that_is_not_installed(runner, tmp_path):
    runner.load(VENV.replace("ARGUMENTS", "python_version='3.99'").replace("WHEELS", "/"))
    result = runner.run(conf={"cache": str(tmp_path)})
    assert "there is no python3.99 on the PATH" in result["reason"]


def test_passwords_of_indexes_are_no_arguments(runner, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_INDEX", '{"conn_type": "package_index", "host": "http://127.0.0.1:9/simple", "login": "me", "password": "p@ss"}')
    seen = []
    from vortex.operators.child_process import ChildProcess

    real = ChildProcess.run

    def run(self, command, **kwargs):
        seen.append((command, kwargs))
        return real(self, command, **kwargs) if "venv" in command else (1, "")

    monkeypatch.setattr(ChildProcess, "run", run)
    runner.load(
        """
        from airflow import DAG
        from airflow.operators.python import PythonVirtualenvOperator
        def work():
            pass
        with DAG('d', schedule=None):
            PythonVirtualenvOperator(task_id='t', python_callable=work, requirements='x', index_urls='http://a/', venv_cache_path='CACHE',
                                     index_urls_from_connection_ids=['index'])
        """.replace("CACHE", str(tmp_path / "cache"))
    )
    assert runner.run()["outcome"] == "failed"
    command, kwargs = seen[-1]
    assert not any("p@ss" in text or "p%40ss" in text for text in command)
    assert kwargs["environment"]["PIP_INDEX_URL"] == "http://a/"
    assert kwargs["environment"]["PIP_EXTRA_INDEX_URL"] == "http://me:p%40ss@127.0.0.1:9/simple"


class Child:
    """Makes a folder instead of an environment."""

    def __init__(self):
        self.made = 0

    def run(self, command, **_):
        self.made += 1
        os.makedirs(os.path.join(command[-1], "bin"))
        return 0, ""


def test_the_worker_s_own_cache_is_of_today_and_forgets(tmp_path):
    cache, child = EnvironmentCache.of_worker(str(tmp_path)), Child()
    request = EnvironmentRequest()
    for _ in range(2):
        with cache.environment(request, child) as python:
            kept = os.path.dirname(os.path.dirname(python))
    assert child.made == 1 and os.stat(os.path.dirname(kept)).st_mode & 0o777 == 0o700
    os.utime(os.path.join(kept, COMPLETE), (0, 0))
    with open(f"{kept}.lock", "a") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_SH)
        with cache.environment(EnvironmentRequest(cache_key="other"), child):
            assert os.path.exists(kept), "somebody uses it"
    with cache.environment(EnvironmentRequest(cache_key="third"), child):
        assert not os.path.exists(kept)


def test_one_left_half_made_is_made_anew(tmp_path):
    cache, child = EnvironmentCache(str(tmp_path)), Child()
    with cache.environment(EnvironmentRequest(), child) as python:
        folder = os.path.dirname(os.path.dirname(python))
    os.unlink(os.path.join(folder, COMPLETE))
    (tmp_path / os.path.basename(folder) / "rest").write_text("x")
    with cache.environment(EnvironmentRequest(), child):
        assert not os.path.exists(os.path.join(folder, "rest"))
    assert child.made == 2 and sys.executable
