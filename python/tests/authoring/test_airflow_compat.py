import importlib
import os
import subprocess
import sys
import types

import pytest

import vortex
from vortex import DAG, BaseOperator, PythonOperator
from vortex.airflow_compat.packages import package_of
from vortex.airflow_compat.stubs import Permissive, StubOperator
from vortex.exceptions import AirflowException, AirflowFailException, VortexProviderMissing
from vortex.execution import current_context

from .conftest import REPOSITORY
from .section5 import BUILT, STAND_INS, pairs

STAND_IN_TYPES = (Permissive, types.ModuleType)


def load(module, name):
    """As `from module import name` does."""
    scope = {}
    exec(f"from {module} import {name} as found", scope)
    return scope["found"]


@pytest.mark.parametrize("name, module", pairs(BUILT))
def test_names_that_vortex_has(name, module):
    found = load(module, name)
    assert not isinstance(found, Permissive)
    assert not (isinstance(found, type) and issubclass(found, StubOperator))
    home = found if isinstance(found, types.ModuleType) else importlib.import_module(getattr(found, "__module__", None) or "vortex")
    assert home.__name__.startswith("vortex") or isinstance(found, (dict, str))
    others = [load(other, name) for other_name, other in pairs(BUILT) if other_name == name]
    assert all(other is found for other in others)


@pytest.mark.parametrize("name, module", pairs(STAND_INS))
def test_names_that_load(name, module):
    found = load(module, name)
    if name.endswith(("Operator", "Sensor")):
        assert issubclass(found, BaseOperator)
    assert found is load(module, name)


def test_modules_as_namespaces():
    import airflow
    from airflow import macros, models, settings
    from airflow.operators import bash, python
    from airflow.providers.google.cloud.transfers import gcs_to_bigquery

    assert airflow.utils.dates.days_ago(1).tzinfo.name == "UTC"
    assert airflow.models.DAG is models.DAG is DAG
    assert bash.BashOperator is vortex.BashOperator and python.PythonOperator is PythonOperator
    assert macros.ds_add("2026-01-01", 1) == "2026-01-02"
    assert issubclass(gcs_to_bigquery.GCSToBigQueryOperator, BaseOperator)
    assert settings.Session is not None


def test_fields_that_files_look_up_by_their_text():
    from airflow.contrib.hooks.gcp_transfer_hook import SCHEDULE, START_TIME_OF_DAY, GcpTransferJobsStatus
    from airflow.providers.google.cloud.hooks import cloud_storage_transfer_service as newer

    assert {SCHEDULE: {START_TIME_OF_DAY: 1}}["schedule"]["startTimeOfDay"] == 1 and newer.SCHEDULE == SCHEDULE
    assert isinstance(GcpTransferJobsStatus.ENABLED, Permissive)


def test_star_imports():
    scope = {}
    exec("from airflow.sdk import *\nfrom airflow.exceptions import *\nfrom airflow.utils.dates import *", scope)
    assert scope["DAG"] is DAG and scope["AirflowException"] is AirflowException and callable(scope["days_ago"])


def test_version_follows_the_dialect(monkeypatch):
    import airflow

    for dialect in "3", "2":
        monkeypatch.setenv("VORTEX_COMPAT", dialect)
        vars(airflow).pop("__version__", None)
        # Not asked by this file, which imports airflow.sdk.
        assert eval("airflow.__version__", {"airflow": airflow}).startswith(f"{dialect}.")
    vars(airflow).pop("__version__", None)


def test_dunder_names_are_missing():
    import airflow

    assert not hasattr(airflow, "__wrapped__")
    with pytest.raises(AttributeError):
        airflow.__no_such_thing__


# Stand-ins


def test_a_stub_operator_loads_shows_and_fails(dag, spec, task_spec, schema_errors, edges):
    from airflow.providers.oracle.operators.oracle import OracleOperator

    source = vortex.BashOperator(task_id="source", bash_command="x")
    task = OracleOperator(task_id="t", sql="select {{ ds }}", parameters={"a": source.output}, oracle_conn_id="db", retries=2)
    found = task_spec(task)
    assert (found["operator"], found["kind"], found["retries"]) == ("OracleOperator", "python", 2)
    assert found["stub_package"] == "apache-airflow-providers-oracle"
    assert found["template_fields"]["sql"] == "select {{ ds }}"
    assert edges(dag) == {("source", "t")}
    assert "VORTEX does not have OracleOperator (of apache-airflow-providers-oracle) yet" in spec(dag)["notices"][0]
    assert schema_errors([spec(dag)]) == [[]]
    with pytest.raises(VortexProviderMissing, match="does not have OracleOperator .*, of apache-airflow-providers-oracle.* yet") as caught:
        task.execute({})
    assert isinstance(caught.value, AirflowFailException)


def test_subclasses_of_stubs(dag, task_spec):
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    class Mine(KubernetesPodOperator):
        template_fields = tuple(KubernetesPodOperator.template_fields) + ("extra",)
        ui_color = "#123456"

        def __init__(self, extra, **kwargs):
            super().__init__(image="x", name=extra, **kwargs)
            self.extra = extra

    task = Mine(task_id="t", extra="e")
    found = task_spec(task)
    assert (found["operator"], found["ui_color"], task.image, task.name) == ("Mine", "#123456", "x", "e")
    assert found["template_fields"] == {"extra": "e", "image": "x", "name": "e"}
    assert KubernetesPodOperator.BASE_CONTAINER_NAME is not None
    with pytest.raises(VortexProviderMissing, match="does not have KubernetesPodOperator "):
        task.execute({})


def test_default_args_reach_stubs():
    from airflow.providers.docker.operators.docker import DockerOperator

    with DAG("d", schedule=None, default_args={"retries": 3}):
        assert DockerOperator(task_id="t", image="x").retries == 3
        assert DockerOperator.partial(task_id="m", image="x").expand(command=["a", "b"]).retries == 3


def test_stub_hooks_notifiers_and_exceptions(caplog):
    from airflow.providers.amazon.aws.exceptions import EcsTaskFailToStart, S3HookUriParseFailure  # noqa: F401
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook
    from airflow.providers.slack.notifications.slack import SlackNotifier
    from airflow.providers.ssh.exceptions import SshError

    class Mine(SqsHook):
        pass

    with pytest.raises(VortexProviderMissing, match=r"Mine.get_key\(\).*apache-airflow-providers-amazon"):
        Mine(aws_conn_id="x").get_key("k")
    SlackNotifier(text="x")({"ti": None})
    assert "Nothing was sent" in caplog.text
    with pytest.raises(AirflowException):
        raise SshError("x")


def test_permissive_objects_while_loading():
    from typing import List, Optional

    from airflow.kubernetes.secret import Secret
    from airflow.providers.http.something import make_it, wrap

    secret = Secret("env", "A", "b", "c")
    assert secret.anything.at_all("x")["y"] and list(secret) == [] and bool(secret)
    assert Optional[Secret] and List[Secret]

    @wrap
    def function():
        return 5

    @make_it(option=1)
    def other():
        return 6

    assert function() == 5 and other() == 6

    class Derived(Secret):
        def __init__(self, x):
            super().__init__(x)
            self.x = x

    assert Derived(7).x == 7
    assert not isinstance(5, Secret)


def test_permissive_objects_refuse_in_a_task():
    """A clean-up DAG that talks to Airflow's database must not succeed by doing nothing."""
    from airflow import settings
    from airflow.models import DagModel
    from airflow.utils.session import create_session, provide_session

    @provide_session
    def clean(session=None):
        return session.query(DagModel).all()

    clean()
    current_context.set_current_context({"ti": None})
    try:
        for use in (clean, settings.Session, create_session, lambda: list(DagModel), DagModel.get_current):
            with pytest.raises(VortexProviderMissing):
                use()
    finally:
        current_context.set_current_context(None)


@pytest.mark.parametrize(
    "module, package",
    [
        ("airflow.providers.postgres.hooks.postgres", "apache-airflow-providers-postgres"),
        ("airflow.providers.common.sql.operators.sql", "apache-airflow-providers-common-sql"),
        ("airflow.providers.amazon.aws.sensors.s3", "apache-airflow-providers-amazon"),
        ("airflow.providers.google.cloud.transfers.gcs_to_bigquery", "apache-airflow-providers-google"),
        ("airflow.providers.apache.spark.operators.spark_submit", "apache-airflow-providers-apache-spark"),
        ("airflow.providers.microsoft.mssql.operators.mssql", "apache-airflow-providers-microsoft-mssql"),
        ("airflow.providers.dbt.cloud.operators.dbt", "apache-airflow-providers-dbt-cloud"),
        ("airflow.providers.standard.sensors.filesystem", "apache-airflow-providers-standard"),
        ("airflow.operators.postgres_operator", "apache-airflow-providers-postgres"),
        ("airflow.hooks.S3_hook", "apache-airflow-providers-amazon"),
        ("airflow.operators.hive_operator", "apache-airflow-providers-apache-hive"),
        ("airflow.models", "apache-airflow"),
    ],
)
def test_package_names(module, package):
    assert package_of(module) == package


# The finder beside other things called airflow, and an interpreter without pendulum


def run(program, *paths, flags=(), **environment):
    variables = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join([os.path.join(REPOSITORY, "python"), *map(str, paths)])}
    return subprocess.run([sys.executable, *flags, "-c", program], env=variables, capture_output=True, text=True, timeout=60)


def test_a_real_airflow_is_not_hidden(tmp_path):
    package = tmp_path / "airflow"
    package.mkdir()
    (package / "__init__.py").write_text("DAG = 'real'")
    (package / "configuration.py").write_text("")
    program = "import vortex; from airflow import DAG; print(DAG)"
    assert run(program, tmp_path).stdout == "real\n"
    assert "vortex" in run(program, tmp_path, VORTEX_SHADOW_AIRFLOW="1").stdout


def test_a_folder_called_airflow_hides_nothing(tmp_path):
    (tmp_path / "airflow" / "dags").mkdir(parents=True)
    assert "vortex" in run("import vortex; from airflow import DAG; print(DAG)", tmp_path).stdout


def test_import_vortex_is_light():
    """Hosts import the package before they know whether a DAG file is Python at all."""
    program = (
        "import sys, vortex; print([name for name in ('pendulum', 'jinja2', 'logging', 'vortex.definitions.dag') if name in sys.modules])"
    )
    assert run(program).stdout == "[]\n"


def test_public_names_are_all_there():
    scope = {}
    exec("from vortex import *", scope)
    assert set(vortex.__all__) <= set(scope)
    assert sorted(vortex._HOME_OF) == sorted(vortex.__all__)
    assert not any(isinstance(scope[name], types.ModuleType) for name in vortex.__all__)
    with pytest.raises(ImportError):
        exec("from vortex import NoSuchName")


def test_without_pendulum():
    # -S leaves out site-packages.
    program = (
        "import pendulum\n"
        "start = pendulum.datetime(2026, 1, 31, tz='Europe/Helsinki')\n"
        "from datetime import datetime, timedelta\n"
        "from vortex import DAG, EmptyOperator\n"
        "from vortex.serialization import serialize_dag\n"
        "with DAG('d', schedule=pendulum.duration(months=1), start_date=start) as dag:\n"
        "    EmptyOperator(task_id='t', start_date=datetime(2026, 2, 1))\n"
        "spec = serialize_dag(dag, file='d.py')\n"
        "print(pendulum.__version__, spec['timezone'], spec['start_date'], spec['timetable']['months'], spec['tasks'][0]['start_date'])\n"
        "print(start.add(months=1).to_date_string(), start.in_timezone('UTC').hour, "
        "start + timedelta(days=1) > start, pendulum.parse('2026-01-01').tzinfo.name)\n"
        "print(start.subtract(days=1).start_of('month').to_iso8601_string(), "
        "pendulum.instance(datetime(2026, 1, 1)), pendulum.today('UTC') <= pendulum.now('UTC'))\n"
        "try:\n    start.diff_for_humans()\nexcept AttributeError as error:\n    print('pip install pendulum' in str(error))\n"
    )
    done = run("import vortex\n" + program, flags=["-S"])
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "0.0.0+vortex Europe/Helsinki 2026-01-30T22:00:00.000Z 1 2026-01-31T22:00:00.000Z",
        "2026-02-28 22 True UTC",
        "2026-01-01T00:00:00+02:00 2026-01-01 00:00:00+00:00 True",
        "True",
    ]


@pytest.mark.parametrize(
    "module, name, words",
    [
        ("airflow.settings", "Session", "workers never see a database. DagRun.find"),
        ("airflow.operators.shop_plugin", "greet", "import it from the plugin's own module"),
    ],
)
def test_what_is_missing_of_airflow_itself_says_what_to_do(monkeypatch, module, name, words):
    from vortex.execution import current_context

    stub = getattr(importlib.import_module(module), name)
    monkeypatch.setattr(current_context, "_current", {})
    with pytest.raises(VortexProviderMissing, match=words):
        stub()


def test_classes_are_no_modules_but_plugins_of_airflow_1_are():
    import importlib

    for name in "airflow.models.Variable", "airflow.providers.google.cloud.hooks.gcs.GCSHook":
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)
    assert importlib.import_module("airflow.operators.MyPlugin").MyOperator.stub_package == "apache-airflow"
