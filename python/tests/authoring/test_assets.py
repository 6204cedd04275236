import datetime as dt
import json

import pytest

from vortex import (
    DAG,
    Asset,
    AssetAlias,
    AssetAll,
    AssetAny,
    AssetOrTimeSchedule,
    BashOperator,
    CronTriggerTimetable,
    EmptyOperator,
    Param,
    task,
)
from vortex.assets.asset import AssetWatcher, Dataset, Model
from vortex.assets.schedule import DatasetOrTimeSchedule
from vortex.exceptions import AirflowTimetableInvalid, DagInvalid
from vortex.execution import xcom_codec

START = dt.datetime(2026, 1, 1)


def ref(uri, **fields):
    return {"type": "asset", "name": uri, "uri": uri, "group": "asset", "extra": {}, **fields}


def step(uri, **fields):
    return {"step": "asset", "asset": ref(uri, **fields)}


# What the same expressions give in Apache Airflow 3 (task SDK 1.3).
@pytest.mark.parametrize(
    "given, uri",
    [
        ("plain name", "plain name"),
        ("s3://bucket", "s3://bucket/"),
        ("S3://Bucket/Key/", "s3://Bucket/Key"),
        ("s3://bucket/key//", "s3://bucket/key"),
        ("s3://bucket/key?b=1&a=2#part", "s3://bucket/key?a=2&b=1"),
        ("file:///tmp/x/", "file:///tmp/x"),
        ("x-mine://Anything/?z#y", "x-mine://Anything/?z#y"),
        ("postgres://host/db/schema/table", "postgres://host/db/schema/table"),
    ],
)
def test_uris_have_one_form(given, uri):
    found = Asset(given)
    assert (found.name, found.uri, str(found.__fspath__())) == (given, uri, uri)
    assert Asset(uri=given).name == given and Asset("name", given).name == "name"
    assert Asset("other name", uri) == found and len({Asset("other name", uri), found}) == 1


def test_a_password_is_no_part_of_a_uri():
    with pytest.warns(UserWarning, match="password"):
        assert Asset("a", "postgres://user:secret@host/db").uri == "postgres://host/db"


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Asset("airflow://x"), "reserved"),
        (lambda: Asset(""), "is empty"),
        (lambda: Asset("  "), "is empty"),
        (lambda: Asset("x" * 1501), "1,501 characters"),
        (lambda: Asset("self"), "reserved"),
        (lambda: Asset(5), "must be a text"),
        (lambda: AssetAlias(""), "is empty"),
    ],
)
def test_names_that_make_no_sense(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_name_or_a_uri_is_needed():
    with pytest.raises(TypeError, match="a name or a uri"):
        Asset()
    for arguments in ({}, {"name": "a", "uri": "b"}):
        with pytest.raises(TypeError, match="one keyword argument"):
            Asset.ref(**arguments)


def test_kinds_and_groups():
    class Table(Asset):
        asset_type = "table"

    assert [kind("a").group for kind in (Asset, Dataset, Model, Table)] == ["asset", "dataset", "model", "table"]
    assert Table("a", group="mine").group == "mine"
    assert Dataset("s3://x/y", {"owner": "me"}).extra == Dataset("s3://x/y", extra={"owner": "me"}).extra == {"owner": "me"}
    assert Asset("a", extra=None).extra == {}


def test_conditions_are_programs(spec):
    a, b, c, d = map(Asset, "abcd")

    def steps(schedule):
        found = spec(DAG("d", schedule=schedule, start_date=START))
        assert (found["timetable"], found["schedule"], found["notices"]) == ({"type": "null"}, "Asset", [])
        return found["asset_condition"]

    assert steps(a) == steps([a]) == steps(AssetAll(a)) == [step("a")]
    both = [step("a"), step("b"), {"step": "all", "of": 2}]
    assert steps([a, b]) == steps((a, b)) == steps(a & b) == steps(AssetAll(a, b)) == steps({b, a}) == both
    assert steps(a | b | c) == [step("a"), step("b"), step("c"), {"step": "any", "of": 3}]
    nested = [step("a"), step("b"), {"step": "any", "of": 2}, step("c"), step("d"), {"step": "any", "of": 2}, {"step": "all", "of": 2}]
    assert steps((a | b) & (c | d)) == steps([a | b, AssetAny(c, d)]) == nested
    named = {"type": "asset", "name": "n", "uri": None, "group": "", "extra": {}}
    located = {"type": "asset", "name": "s3://x/y", "uri": "s3://x/y", "group": "", "extra": {}}
    alias = {"type": "alias", "name": "l", "uri": None, "group": "asset", "extra": {}}
    assert [one["asset"] for one in steps([Asset.ref(name="n"), Asset.ref(uri="s3://x/y/"), AssetAlias("l")])[:-1]] == [
        named,
        located,
        alias,
    ]
    for wrong in (lambda: a & "b", lambda: 5 | a, lambda: AssetAll(a, "b")):
        with pytest.raises(TypeError):
            wrong()


def test_the_server_takes_them(spec, schema_errors):
    out = Asset("out", "s3://x/out", group="g", extra={"rows": 1, "at": START, "tags": ("a",)})
    with DAG("d", schedule=(Asset("a") | AssetAlias("l")) & Asset.ref(name="n"), start_date=START) as dag:
        EmptyOperator(task_id="e", outlets=[out, AssetAlias("l")], inlets=Asset("a"))
    found = spec(dag)
    assert schema_errors([found]) == [[]]
    (made,) = found["tasks"]
    assert made["outlets"][0] == ref("s3://x/out", name="out", group="g", extra={"rows": 1, "at": "2026-01-01T00:00:00", "tags": ["a"]})
    assert [one["type"] for one in made["outlets"]] == ["asset", "alias"] and made["inlets"] == [ref("a")]


def test_the_words_of_each_dialect(spec):
    with DAG("d", schedule=[Dataset("a")], start_date=START) as dag:
        pass
    assert (spec(dag, dialect="2")["schedule"], spec(dag, dialect="3")["schedule"]) == ("Dataset", "Asset")
    time = CronTriggerTimetable("0 3 * * *", timezone="UTC")
    for schedule, words in (
        (AssetOrTimeSchedule(timetable=time, assets=[Asset("a"), Asset("b")]), "Asset or 0 3 * * *"),
        (DatasetOrTimeSchedule(timetable=time, datasets=Dataset("a")), "Dataset or 0 3 * * *"),
    ):
        found = spec(DAG("d", schedule=schedule, start_date=START))
        assert (found["schedule"], found["timetable"]["type"]) == (words, "cron_trigger")
        assert found["asset_condition"][0]["step"] == "asset"


def test_schedules_that_make_no_sense(spec):
    with pytest.raises(AirflowTimetableInvalid, match="DAG 'd': .*'@daily', which is no asset"):
        spec(DAG("d", schedule=[Asset("a"), "@daily"], start_date=START))
    with pytest.raises(AirflowTimetableInvalid, match="timetable must be a timetable"):
        AssetOrTimeSchedule(timetable="@daily", assets=[Asset("a")])
    found = spec(DAG("d", schedule=AssetAll(), start_date=START))
    assert "asset_condition" not in found and "names no asset" in found["notices"][0]
    with pytest.raises(DagInvalid, match="extra of asset 'a' cannot be written as JSON"):
        spec(DAG("d", schedule=Asset("a", extra={"x": object()}), start_date=START))
    with pytest.raises(DagInvalid, match="param 'p' has no default"):
        spec(DAG("d", schedule=Asset("a"), start_date=START, params={"p": Param(type="string")}))


def test_outlets_keep_a_bash_task_plain(task_spec):
    with DAG("d", schedule=None, start_date=START):
        plain = BashOperator(
            task_id="b", bash_command="true", outlets=[Asset("a"), Asset("a", extra={"again": 1}), "a lineage of Airflow 2"]
        )
        empty = EmptyOperator(task_id="e", outlets={Asset("y"), Asset("x")})
    assert task_spec(plain)["kind"] == "bash" and task_spec(plain)["outlets"] == [ref("a")]
    assert task_spec(empty)["kind"] == "empty" and [one["name"] for one in task_spec(empty)["outlets"]] == ["x", "y"]
    assert "inlets" not in task_spec(plain)


def test_outlets_by_name_have_the_uri_that_the_file_gives(task_spec):
    table = Asset("table", "s3://x/table")
    with DAG("d", schedule=table, start_date=START):
        made = EmptyOperator(task_id="e", outlets=[Asset.ref(name="table"), Asset.ref(name="elsewhere")], inlets=[Asset.ref(name="table")])
    assert [one["uri"] for one in task_spec(made)["outlets"]] == ["s3://x/table", None]
    assert [one["uri"] for one in task_spec(made)["inlets"]] == [None]


def test_taskflow(task_spec):
    with DAG("d", schedule=None, start_date=START):

        @task(outlets=[Asset("a")])
        def make(given, other=None):
            pass

        made = make(Asset("i"), other=Asset("j")).operator
        mapped = make.partial(given=1).expand(other=[1]).operator
    assert task_spec(made)["outlets"] == task_spec(mapped)["outlets"] == [ref("a")]
    assert [one["name"] for one in task_spec(made)["inlets"]] == ["i", "j"]


def test_watchers_are_not_run(spec):
    watched = Asset("a", watchers=[AssetWatcher(name="w", trigger=object())])
    assert spec(DAG("d", schedule=watched, start_date=START))["notices"] == [
        "the watchers of asset a are accepted and not run: nothing updates it by itself"
    ]


def test_an_asset_is_an_xcom():
    found = xcom_codec.decode(xcom_codec.encode([Asset("a", "s3://x/y", extra={"b": 1}), AssetAlias("l")], 1000))
    assert found == [Asset("a", "s3://x/y"), AssetAlias("l")] and (found[0].name, found[0].extra, found[0].watchers) == ("a", {"b": 1}, ())
    assert json.loads(json.dumps(str(found[0]))) == "Asset(name='a', uri='s3://x/y', group='asset', extra={'b': 1})"


def load(tmp_path, text):
    from vortex.loading import load_file

    (tmp_path / "f.py").write_text(text)
    return load_file(str(tmp_path), "f.py").dags


MADE = """
from airflow.sdk import Asset, asset, task, AssetAlias

@asset(schedule="@daily", uri="s3://bucket/raw", group="lake", extra={"a": 1}, tags=["t"])
def raw(): "Makes it."

@asset(schedule=raw, dag_id="the_dag")
def clean(self, raw, context, limit=5): ...

@asset.multi(schedule=[raw, clean], outlets=[Asset("x"), AssetAlias("y")])
def several(outlet_events, raw): ...

@asset(schedule=several)
@task.bash
def shell(): return "true"
"""


def test_assets_from_functions(tmp_path, spec):
    found = {dag_id: spec(dag) for dag_id, dag in load(tmp_path, MADE).items()}
    assert list(found) == ["raw", "the_dag", "several", "shell"]
    outlets = {dag_id: [(one["name"], one["uri"]) for one in dag["tasks"][0]["outlets"]] for dag_id, dag in found.items()}
    assert outlets == {
        "raw": [("raw", "s3://bucket/raw")],
        "the_dag": [("clean", "clean")],
        "several": [("x", "x"), ("y", None)],
        "shell": [("shell", "shell")],
    }
    assert found["raw"]["timetable"]["type"] == "cron_trigger" and found["raw"]["catchup"] is False and found["raw"]["tags"] == ["t"]
    assert (
        found["raw"]["doc_md"] == "Makes it."
        and found["raw"]["tasks"][0]["outlets"][0]["group"] == "lake"
        and found["raw"]["tasks"][0]["task_id"] == "raw"
    )
    assert found["the_dag"]["asset_condition"] == [step("s3://bucket/raw", name="raw", group="lake", extra={"a": 1})]
    assert [one["name"] for one in found["the_dag"]["tasks"][0]["inlets"]] == ["raw"] and found["the_dag"]["tasks"][0][
        "operator"
    ] == "@asset"
    assert [one["name"] for one in found["several"]["tasks"][0]["inlets"]] == ["raw"]
    assert [one.get("of") for one in found["shell"]["asset_condition"]] == [None, None, 2] and found["shell"]["tasks"][0][
        "operator"
    ] == "@task.bash"


@pytest.mark.parametrize(
    "text, words",
    [
        ("def outer():\n    @asset(schedule=None)\n    def nested(): ...\nouter()", "is nested"),
        ("@asset(schedule=None)\ndef f(*many): ...", "must name its parameters"),
        ("@asset(schedule=None)\ndef f(**many): ...", "must name its parameters"),
        ("@asset(schedule=None)\ndef f(a, /): ...", "positional-only"),
        ("@asset.multi(schedule=None, outlets=[])\ndef f(): ...", "needs outlets"),
        ("@asset(schedule=None)\n@task(outlets=[Asset('a')])\ndef f(): ...", "takes no outlets"),
        ("@asset()\ndef f(): ...", "schedule"),
    ],
)
def test_functions_that_make_no_asset(tmp_path, text, words):
    with pytest.raises((TypeError, ValueError), match=words):
        load(tmp_path, f"from airflow.sdk import Asset, asset, task\n{text}\n")


def test_hands_off_files_without_assets(tmp_path):
    """A file that names none does not pay for them."""
    import os
    import pathlib
    import subprocess
    import sys

    package = str(pathlib.Path(__file__).resolve().parents[2])
    (tmp_path / "f.py").write_text(
        "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\nwith DAG('d', schedule='@daily'): BashOperator(task_id='b', bash_command='true')\n"
    )
    code = "import sys; from vortex.loading import load_file; from vortex.serialization import serialize_dag as s; [s(d, file='f.py') for d in load_file(sys.argv[1], 'f.py').dags.values()]; import vortex.execution.run_attempt; print([m for m in sys.modules if m.startswith('vortex.assets.')])"
    environment = {**os.environ, "PYTHONPATH": package}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
