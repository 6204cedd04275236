"""Assets in a running task: what it says of its outlets, and what it sees of its inlets and of its run's events."""

import json

import pytest

from vortex.assets.asset import Asset, AssetAlias
from vortex.assets.outlet_events import MAX_EXTRA_CHARS
from vortex.host.job import result_fields

HEAD = """
from airflow.sdk import DAG, Asset, AssetAlias, BaseOperator, Metadata, asset, get_current_context, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
a, b, alias = Asset("a", "s3://x/a"), Asset("b"), AssetAlias("l")
"""


def load(runner, body, head=HEAD):
    return runner.load(head + "with DAG('d', schedule=None):\n" + "\n".join("    " + line for line in body.strip().split("\n")))


def event(name, uri=None, extra=None, alias=None, at="2026-01-02T03:04:05.678Z", **source):
    document = {"name": name, "uri": uri or name, "group": "asset", "extra": extra or {}, "alias": alias, "timestamp": at}
    return {**document, "source_dag_id": "up", "source_run_id": "r1", "source_task_id": "make", "source_map_index": -1, **source}


def said(name, uri=None, extra=None, alias=None, group="asset"):
    return {"name": name, "uri": uri or name, "group": group, "extra": extra or {}, "alias": alias}


def outcome(runner, **changes):
    found = runner.run(**changes)
    return found["outcome"], found.get("asset_events")


def test_silent_outlets_are_left_to_the_engine(runner):
    load(runner, "@task(outlets=[a, alias])\ndef t(*, outlet_events): outlet_events[a]; outlet_events[alias]\nt()")
    result = runner.run()
    assert (result["outcome"], result["asset_events"]) == ("success", []) and "asset_events_json" not in result_fields(result)


def test_extras_of_outlets(runner):
    load(
        runner,
        """
@task(outlets=[a, b])
def t(*, outlet_events):
    outlet_events[a].extra = {"rows": 5}
    outlet_events[Asset("another name", "s3://x/a/")].extra["more"] = [1]
    outlet_events.for_asset(name="b").extra.update(x=None)
t()""",
    )
    expected = [said("a", "s3://x/a", {"rows": 5, "more": [1]}), said("b", extra={"x": None})]
    result = runner.run()
    assert result["asset_events"] == expected and json.loads(result_fields(result)["asset_events_json"]) == expected


@pytest.mark.parametrize(
    "body",
    [
        "@task(outlets=[a])\ndef t():\n    yield Metadata(a, {'n': 1})\nt()",
        "def f(n):\n    yield Metadata(a, {'n': n})\nPythonOperator(task_id='t', python_callable=f, op_args=[1], outlets=[a])",
        "class Mine(BaseOperator):\n    def execute(self, context):\n        yield Metadata(a, {'n': 1})\nMine(task_id='t', outlets=a)",
        "def after(context, result):\n    yield Metadata(a, extra={'n': 1})\nBashOperator(task_id='t', bash_command='true', outlets=[a], post_execute=after)",
        "def after(context, result):\n    context['outlet_events'][a].extra = {'n': 1}\nBashOperator(task_id='t', bash_command='true', outlets=[a], post_execute=after)",
        "def before(context):\n    yield Metadata(a, extra={'n': 1})\nBashOperator(task_id='t', bash_command='true', outlets=[a], pre_execute=before)",
        "@task(outlets=[a])\ndef t(n): get_current_context()['outlet_events'][a].extra = {'n': n}\nt.expand(n=[1])",
    ],
)
def test_ways_to_say_it(runner, body):
    load(runner, body)
    index = 0 if ".expand" in body else -1
    assert outcome(runner, map_index=index) == ("success", [said("a", "s3://x/a", {"n": 1})])


def test_a_function_that_yields_returns_too(runner, capfd):
    load(runner, "@task(outlets=[a])\ndef t():\n    yield 5\n    yield Metadata(a, {'n': 1})\n    return 'done'\nt()")
    assert runner.value() == "done" and "yielded a int, which nobody reads" in capfd.readouterr().out


def test_assets_through_an_alias(runner):
    load(
        runner,
        """
@task(outlets=[alias, a])
def t(*, outlet_events):
    outlet_events[alias].add(Asset("made", "s3://x/made/", group="g"), extra={"n": 1})
    outlet_events[AssetAlias("l")].add(Asset("made", "s3://x/made"), extra={"n": 1})
    outlet_events.for_asset_alias(name="l").add(Asset("made", "s3://x/made"), extra={"n": 2})
    yield Metadata(Asset("other"), {"k": 1}, alias=alias)
    yield Metadata(a, {"k": 2}, alias)
t()""",
    )
    aliased = [
        said("made", "s3://x/made", {"n": 1}, "l", "g"),
        said("made", "s3://x/made", {"n": 2}, "l"),
        said("other", extra={"k": 1}, alias="l"),
    ]
    assert runner.run()["asset_events"] == [*aliased, said("a", "s3://x/a", {"k": 2}, "l"), said("a", "s3://x/a", {"k": 2})]


def test_what_is_no_outlet_is_left_out_and_told(runner, capfd):
    load(
        runner,
        """
@task(outlets=[a])
def t(*, outlet_events):
    outlet_events[b].extra = {"n": 1}
    outlet_events[alias].add(b)
    outlet_events[a].add(b)
t()""",
    )
    assert outcome(runner) == ("success", [])
    told = capfd.readouterr().out
    assert told.count("it is no outlet of the task") == 2 and "assets are added to an alias" in told


def test_returned_assets_and_late_outlets(runner):
    body = """
@task
def t(): return [Asset("x"), Asset("y", "s3://y/y"), 5]
class Late(BaseOperator):
    def execute(self, context): self.add_outlets([a])
t()
Late(task_id="late", outlets=[b])
PythonOperator(task_id="plain", python_callable=lambda: Asset("x"))"""
    load(runner, body)
    assert outcome(runner) == ("success", [said("x"), said("y", "s3://y/y")])
    assert outcome(runner, task_id="late") == ("success", [said("a", "s3://x/a")])
    assert outcome(runner, task_id="plain") == ("success", [])
    assert runner.value()[:2] == [Asset("x"), Asset("s3://y/y")]


def test_only_a_success_says_anything(runner):
    body = "from airflow.exceptions import AirflowSkipException\n@task(outlets=[a])\ndef t(error, *, outlet_events):\n    outlet_events[a].extra = {'n': 1}\n    raise error\n"
    load(runner, body + "t(AirflowSkipException())\nt.override(task_id='u')(ValueError())")
    assert outcome(runner) == ("skipped", None) and outcome(runner, task_id="u") == ("failed", None)


@pytest.mark.parametrize(
    "extra, words",
    [
        ("{'x': object()}", "cannot be written as JSON"),
        ("{'x': float('nan')}", "cannot be written as JSON"),
        ("[1]", "must be a dict"),
        ("{'x': 'y' * 70_000}", f"limit is {MAX_EXTRA_CHARS:,}"),
    ],
)
def test_extras_that_cannot_be_kept_fail_the_task(runner, extra, words):
    load(runner, f"@task(outlets=[a])\ndef t(*, outlet_events): outlet_events[a].extra = {extra}\nt()")
    result = runner.run()
    assert result["outcome"] == "failed" and words in result["reason"] and "asset 'a'" in result["reason"]


def test_events_that_triggered_the_run(runner):
    load(
        runner,
        """
@task
def t(*, triggering_asset_events, dag_run, n=0):
    shown = {key.name: [one.extra for one in events] for key, events in triggering_asset_events.items()}
    first = triggering_asset_events[a][0]
    same = triggering_asset_events.for_asset(name="a") == triggering_asset_events.for_asset(uri="s3://x/a") == triggering_asset_events[a]
    return [shown, first.uri, first.timestamp, first.source_dag_id, first.source_task_instance.task_id, first.asset == a, same, b in triggering_asset_events, len(dag_run.consumed_asset_events), [one.uri for one in triggering_asset_events[alias]]]
t()
PythonOperator(task_id="u", python_callable=lambda x: x, op_args=["{{ (triggering_asset_events.values() | first | last).extra.n }}, {{ triggering_dataset_events['s3://x/a'][0].extra.n }}, {{ triggering_dataset_events | list }}"])""",
    )
    events = [event("a", "s3://x/a", {"n": 1}), event("c", alias="l"), event("a", "s3://x/a", {"n": 2})]
    found = runner.value(run_type="asset_triggered", asset_events=events)
    assert found[0] == {"a": [{"n": 1}, {"n": 2}], "c": [{}], "l": [{}]}
    assert (found[1], found[2].isoformat()) == ("s3://x/a", "2026-01-02T03:04:05.678000+00:00")
    assert found[3:] == ["up", "make", True, True, False, 3, ["c"]]
    assert runner.value(task_id="u", asset_events=events) == "2, 1, ['s3://x/a', 'c']"
    assert runner.run(asset_events=None)["outcome"] == "failed"


def test_xcoms_of_the_source(runner):
    load(
        runner,
        "@task\ndef t(*, triggering_asset_events): return triggering_asset_events[a][0].source_task_instance.xcom_pull(key='k', default=7)\nt()",
    )
    runner.channel.put("make", [1], key="k", map_index=3)
    assert runner.value(asset_events=[event("a", "s3://x/a", source_map_index=3)]) == [1]
    assert runner.value(asset_events=[event("a", "s3://x/a", source_map_index=4)]) == 7
    method, question = runner.channel.requests[-1]
    assert (method, question["dag_id"], question["run_id"], question["map_indexes"]) == ("xcom.get", "up", "r1", [4])


def test_events_of_inlets(runner):
    load(
        runner,
        """
@task(inlets=[a, Asset.ref(name="b"), alias])
def t(how, *, inlet_events):
    return [one.extra["n"] for one in how(inlet_events)]
t(lambda e: e[a])
t(lambda e: e[Asset("s3://x/a")][-1:])
t(lambda e: e[1])
t(lambda e: e[Asset("b", "s3://never/seen")])
t(lambda e: e[Asset.ref(name="b")])
t(lambda e: e[alias])
t(lambda e: e["l"])
t(lambda e: e[a].ascending(False).limit(2))
t(lambda e: e[a].limit(1))
t(lambda e: e[a].after("2026-01-03").before("2026-01-04T00:00:00Z"))
t(lambda e: e[Asset("c")])
t(lambda e: e["s3://x/a"][:1])
t(lambda e: range(0) if not e[a] else e[a][:0])""",
    )
    day = "2026-01-0{}T00:00:00.000Z"
    runner.channel.asset_events = [
        *[event("a", "s3://x/a", {"n": n}, at=day.format(n)) for n in (1, 2, 3, 4, 5)],
        event("b", "s3://b/b", {"n": 7}),
        event("z", extra={"n": 8}, alias="l"),
    ]
    found = [runner.value(task_id="t" if index == 0 else f"t__{index}") for index in (0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12)]
    assert found == [[1, 2, 3, 4, 5], [5], [7], [7], [8], [8], [5, 4], [1], [3, 4], [1], []]
    assert runner.value(task_id="t__3") == [7]
    assert runner.run(task_id="t__10")["reason"].startswith("KeyError")


def test_outlets_by_name(runner):
    body = """
table = Asset("table", "s3://x/table")
@task(outlets=[Asset.ref(name="table"), Asset.ref(uri="s3://x/other/"), Asset.ref(name="far")])
def t(*, outlet_events):
    outlet_events[table].extra = {"n": 1}
    outlet_events[Asset.ref(uri="s3://x/other")].extra = {"n": 2}
    outlet_events[Asset.ref(name="far")].extra = {"n": 3}
t()"""
    load(runner, body)
    expected = [said("table", "s3://x/table", {"n": 1}), said("s3://x/other", extra={"n": 2}), said("far", extra={"n": 3})]
    assert outcome(runner) == ("success", expected)


def test_a_question_is_asked_when_events_are_looked_at(runner):
    load(runner, "@task(inlets=[a])\ndef t(*, inlet_events): inlet_events[a]; return len(inlet_events)\nt()")
    assert runner.value() == 1 and runner.channel.requests == []


def test_a_function_under_asset(runner):
    runner.load(
        HEAD
        + """
@asset(schedule=None, uri="s3://x/raw", group="g")
def raw(self): yield Metadata(self, {"rows": 1})
@asset(schedule=raw)
def clean(self, raw, unseen, seen, context, outlet_events, limit=5):
    outlet_events[self].extra = {"of": [raw.uri, unseen.uri, seen.uri, limit, context["run_id"][:9]]}
@asset.multi(schedule=[raw], outlets=[Asset("x"), Asset("y")])
def several(self, context, outlet_events):
    for one in context["outlets"]:
        outlet_events[one].extra = {"n": len(self.objects)}
"""
    )
    runner.channel.asset_events = [event("seen", "s3://x/seen")]
    assert outcome(runner, dag_id="raw", task_id="raw") == ("success", [said("raw", "s3://x/raw", {"rows": 1}, group="g")])
    assert outcome(runner, dag_id="clean", task_id="clean") == (
        "success",
        [said("clean", extra={"of": ["s3://x/raw", "unseen", "s3://x/seen", 5, "scheduled"]})],
    )
    assert outcome(runner, dag_id="several", task_id="several") == ("success", [said("x", extra={"n": 2}), said("y", extra={"n": 2})])


def test_the_words_of_airflow_2(runner):
    load(
        runner,
        """
def write(outlet_events):
    outlet_events["s3://x/a"].extra = {"n": 1}
    outlet_events["l"].add(Dataset("s3://x/new"), extra={"n": 2})
def say(*, triggering_dataset_events):
    yield Metadata("s3://x/a", {"n": 3})
    return {uri: [one.dataset.uri for one in events] for uri, events in triggering_dataset_events.items()}
PythonOperator(task_id="t", python_callable=write, outlets=[Dataset("s3://x/a"), DatasetAlias("l")])
PythonOperator(task_id="u", python_callable=say, outlets=[Dataset("s3://x/a")])""",
        head="from airflow import DAG, Dataset\nfrom airflow.datasets import DatasetAlias\nfrom airflow.datasets.metadata import Metadata\nfrom airflow.operators.python import PythonOperator\n",
    )
    first = said("s3://x/a", extra={"n": 1}, group="dataset")
    assert outcome(runner) == ("success", [first, said("s3://x/new", extra={"n": 2}, alias="l", group="dataset")])
    assert runner.value(task_id="u", asset_events=[event("s3://x/a")]) == {"s3://x/a": ["s3://x/a"]}


def test_callbacks_of_a_dag_see_them(runner):
    runner.load(
        HEAD
        + "seen = []\nwith DAG('d', schedule=[a], on_success_callback=lambda context: print(len(context['triggering_asset_events'][a]), 'events')) as dag:\n    BashOperator(task_id='t', bash_command='true')\n"
    )
    found = runner.run(dag_callback={"kind": "success", "reason": "r"}, task_id="", asset_events=[event("a", "s3://x/a")])
    assert found["outcome"] == "success"


def test_equality_is_by_uri():
    assert Asset("a", "s3://x/a") == Asset("b", "s3://x/a") != Asset("a") and Asset("a") != AssetAlias("a")
