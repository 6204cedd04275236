"""What a scan says of a file, from its text alone."""

from __future__ import annotations

import ast

import pytest

from vortex.scan.folder import FolderScan
from vortex.scan.visitor import findings


def found(source, kind=None, local=()):
    return [
        (one.kind, one.name, one.line, one.when) if kind is None else (one.name, one.when)
        for one in findings(ast.parse(source), frozenset(local))
        if kind in (None, one.kind)
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('from airflow.models import Variable\nVariable.get("a")', [("a", "load")]),
        ('from airflow.models import Variable as V\nV.get("a", default_var=1)', [("a", "optional")]),
        ('from airflow import models\nmodels.Variable.get(key="a")', [("a", "load")]),
        ('from airflow.sdk import Variable\ndef f():\n  Variable.get("a", None)', [("a", "optional")]),
        ('from airflow.sdk import Variable\ndef f():\n  Variable.get("a")', [("a", "run")]),
        ('from airflow.sdk import Variable, dag\n@dag()\ndef f():\n  Variable.get("a")', [("a", "load")]),
        ('x = "{{ var.value.a }} {{ var.json.get(\'b\') }} {{ var.value.get(\'c\', 1) }}"', [("a", "run"), ("b", "run"), ("c", "run")]),
        ('"""Say {{ var.value.a }}"""', []),
        ('x = "var.value.a without braces"', []),
    ],
)
def test_variables(source, expected):
    assert found(source, "variable") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('from airflow.hooks.base import BaseHook\nBaseHook.get_connection("db")', [("db", "load")]),
        ('def f():\n  HttpHook().get_connection("api")', [("api", "run")]),
        ('Op(task_id="t", postgres_conn_id="db")', [("db", "run")]),
        ('default_args = {"aws_conn_id": "aws"}', [("aws", "run")]),
        ('Op(conn_id="{{ params.c }}")', []),
        ('x = "{{ conn.db.host }} {{ conn.get(\'other\') }}"', [("db", "run"), ("other", "run")]),
    ],
)
def test_connections(source, expected):
    assert found(source, "connection") == expected


def test_environment_pools_and_computed_names():
    source = 'import os\na = os.environ["A"]\nb = os.getenv("B")\nos.environ["C"] = "1"\nOp(pool="heavy")\nfor n in x:\n  Variable.get(n)'
    assert found(source) == [
        ("environment", "A", 2, "load"),
        ("environment", "B", 3, "optional"),
        ("pool", "heavy", 5, "run"),
        ("dynamic", "variable", 7, "load"),
    ]


def test_packages():
    source = """
import os, helpers, pendulum, requests
from google.cloud import storage
from airflow import DAG
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import mypy_only
try:
    import ujson
except ImportError:
    pass
def f():
    import pandas as pd
if __name__ == "__main__":
    import fire
"""
    packages = found(source, "package", ["helpers"])
    assert packages == [("requests", "load"), ("google.cloud", "load"), ("ujson", "optional"), ("pandas", "run"), ("fire", "run")]


def test_stand_ins_name_their_package():
    source = "from airflow.providers.docker.operators.docker import DockerOperator\nfrom airflow.operators.bash import BashOperator"
    (one,) = [one for one in findings(ast.parse(source), frozenset()) if one.kind == "stub"]
    assert (one.name, one.detail) == ("DockerOperator", "airflow.providers.docker.operators.docker apache-airflow-providers-docker")


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        ('DAG("d", schedule="@daily")', "no_catchup"),
        ('DAG("d", schedule_interval=None)', ""),
        ('DAG("d", catchup=False)', "no_schedule"),
        ('DAG("d")', "no_schedule no_catchup"),
        ('DAG("d", **more)', ""),
        ('DAG("d", "about", "@daily", catchup=True)', ""),
    ],
)
def test_dags_that_rely_on_defaults(source, notes):
    (one,) = [one for one in findings(ast.parse(f"from airflow import DAG\n{source}"), frozenset()) if one.kind == "dag"]
    assert (one.name, one.detail) == ("d", notes)


def test_removed_names():
    source = 'DAG("d", concurrency=1, catchup=True, schedule=None)\nOp(bash_command="{{ next_ds }}", sla=x)\ndef f(execution_date, **kwargs):\n  kwargs["prev_ds"]'
    assert {name for name, _ in found(source, "removed")} == {"concurrency=", "next_ds", "sla=", "execution_date", "prev_ds"}


def test_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_SET", "1")
    root = tmp_path / "dags"
    root.mkdir()
    (tmp_path / "beside_us.py").write_text("")
    (root / "helper.py").write_text('from airflow.models import Variable\nX = Variable.get("missing")\nY = Variable.get("set")\n')
    (root / "a.py").write_text("import beside_us, no_such_package\nfrom helper import X\nfrom airflow import DAG\nDAG('a', schedule=None)\n")
    (root / "fine.py").write_text("from airflow import DAG\nDAG('fine', schedule=None)\n")
    (root / "broken.py").write_text("from airflow import DAG\nDAG('x'\n")
    (root / "latin.py").write_bytes(b"from airflow import DAG\nx = '\xe9'\n")
    (root / "long.py").write_bytes(b"#" * (17 * 1024 * 1024))
    scan = FolderScan(str(root), "auto")
    for file in ("a.py", "fine.py", "broken.py", "latin.py", "long.py", "gone.py"):
        scan.add(file)
    report = scan.report()
    files = {one["file"]: one for one in report["files"]}
    assert [need["name"] for need in files["a.py"]["needs"]] == ["beside_us", "no_such_package", "missing"]
    assert files["fine.py"]["needs"] == [] and files["fine.py"]["dags"] == ["fine"]
    assert [files[name]["problem"]["kind"] for name in ("broken.py", "latin.py", "long.py", "gone.py")] == [
        "syntax",
        "encoding",
        "unreadable",
        "unreadable",
    ]
    assert files["broken.py"]["problem"]["line"] == 2
    assert [(one["name"], one["installed"], one["beside"]) for one in report["packages"]] == [
        ("beside_us", False, True),
        ("no_such_package", False, False),
    ]
    assert report["variables"][0]["places"] == [{"file": "helper.py", "line": 2}]
    assert "1" not in {one["name"] for one in report["variables"]}


def test_parts_of_plugins_that_are_not_loaded(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "plugins" / "team").mkdir(parents=True)
    (tmp_path / "plugins" / "team" / "links.py").write_text(
        "from airflow.plugins_manager import AirflowPlugin\n"
        "class Ours(AirflowPlugin):\n    name = 'ours'\n    macros = [print]\n    listeners = []\n    operator_extra_links = [object()]\n"
    )
    scan = FolderScan(str(tmp_path / "dags"), "auto")
    scan.add_plugins()
    (removed,) = scan.report()["removed"]
    assert removed["name"] == "AirflowPlugin.operator_extra_links" and removed["meaning"].startswith("not loaded")
    assert removed["places"] == [{"file": "../plugins/team/links.py", "line": 6}]


def test_none_of_the_code_runs(tmp_path):
    (tmp_path / "a.py").write_text(f"# airflow dag\nopen({str(tmp_path / 'ran')!r}, 'w')\nimport b")
    (tmp_path / "b.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    scan = FolderScan(str(tmp_path), "auto")
    scan.add("a.py")
    assert scan.report()["files"][0]["problem"] is None and not (tmp_path / "ran").exists()
