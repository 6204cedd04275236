"""XComs: values that survive JSON, what a pull returns in both dialects, and limits."""
import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import pathlib
import uuid

import pytest
from vortex.execution import xcom_codec


@dataclasses.dataclass
class Point:
    x: int
    when: dt.datetime


class Colour(str, enum.Enum):
    RED = "red"


VALUES = [
    None, True, 0, -(2**70), 1.5, "", "tägé \U0001f600", [1, [2]], {"a": {"b": None}}, (1, (2, "x")), {1, 2}, frozenset({"a"}), {1: "int key", ("a", 2): 3},
    {"__vortex__": "not a tag"}, dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.datetime(2024, 2, 29, tzinfo=dt.timezone.utc), dt.date(2024, 2, 29), dt.time(1, 2),
    dt.timedelta(days=-1, microseconds=5), decimal.Decimal("1.10"), b"\x00\xff", uuid.UUID(int=5), pathlib.Path("/a/b"), math.inf, Point(1, dt.datetime(2024, 1, 1)),
    Colour.RED, [Point(2, dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc))],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_values_come_back_as_they_were(value):
    text = xcom_codec.encode(value, 10_000)
    found = xcom_codec.decode(text)
    assert found == value
    assert type(found) is type(value) or isinstance(found, dt.datetime)


def test_plain_json_stays_plain():
    assert json.loads(xcom_codec.encode({"a": [1, "x", None, True]}, 1000)) == {"a": [1, "x", None, True]}


def test_nan_comes_back():
    assert math.isnan(xcom_codec.decode(xcom_codec.encode(float("nan"), 100)))


def test_dates_come_back_as_pendulum_with_their_zone():
    pendulum = pytest.importorskip("pendulum")
    value = pendulum.datetime(2024, 7, 1, tz="Europe/Berlin")
    found = xcom_codec.decode(xcom_codec.encode(value, 1000))
    assert found == value and found.timezone_name == "Europe/Berlin" and found.add(days=1).day == 2


def test_numpy_and_pandas_come_back():
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    assert xcom_codec.decode(xcom_codec.encode(numpy.float64(1.5), 100)) == 1.5
    assert (xcom_codec.decode(xcom_codec.encode(numpy.arange(3, dtype="int16"), 1000)) == numpy.arange(3, dtype="int16")).all()
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", None], "c": pandas.to_datetime(["2024-01-01", None])}, index=["r", "s"])
    pandas.testing.assert_frame_equal(xcom_codec.decode(xcom_codec.encode(frame, 10_000)), frame)


def test_a_value_without_a_form_names_its_place():
    with pytest.raises(xcom_codec.XComNotSerialisable, match=r"value\['a'\]\[1\] is a builtins.object"):
        xcom_codec.encode({"a": [1, object()]}, 1000)


def test_a_value_that_contains_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(xcom_codec.XComNotSerialisable, match="contains itself"):
        xcom_codec.encode(value, 1000)


def test_the_cap_counts_bytes_and_never_cuts():
    assert xcom_codec.encode("ä" * 49, 100)
    with pytest.raises(xcom_codec.XComTooLarge, match="102 bytes as JSON; the limit is 100"):
        xcom_codec.encode("ä" * 50, 100)


def test_a_class_that_is_gone_leaves_its_data():
    text = json.dumps({"__vortex__": "object", "class": "no.such.module:Thing", "fields": {"x": 1}})
    assert xcom_codec.decode(text) == {"x": 1}


def test_other_classes_are_not_made_from_data():
    text = json.dumps({"__vortex__": "object", "class": "subprocess:Popen", "fields": {"args": "true"}})
    assert xcom_codec.decode(text) == {"args": "true"}


PULL = """
    from airflow import DAG
    from airflow.operators.python import PythonOperator
    def pull(ti):
        return CALL
    with DAG('d', schedule=None) as dag:
        PythonOperator(task_id='t', python_callable=pull)
    """


@pytest.mark.parametrize(
    "call, dialect, expected",
    [
        ("ti.xcom_pull('a')", "2", 1),
        ("ti.xcom_pull(task_ids=['b', 'a'])", "2", [2, 1]),
        ("ti.xcom_pull(task_ids=['a', 'none'])", "2", [1, None]),
        ("ti.xcom_pull('none', default=9)", "2", 9),
        ("ti.xcom_pull('a', key='k')", "2", "keyed"),
        ("ti.xcom_pull('mapped')", "2", [10, 11]),
        ("ti.xcom_pull('mapped', map_indexes=1)", "2", 11),
        ("ti.xcom_pull('mapped', map_indexes=[1])", "2", [11]),
        ("ti.xcom_pull('mapped', map_indexes=[1, 7, 0], default='d')", "3", [11, 'd', 10]),
        ("ti.xcom_pull(key='k')", "2", "keyed"),
        ("ti.xcom_pull(key='k')", "3", None),
        ("ti.xcom_push(key='own', value=5) or ti.xcom_pull(key='own')", "3", 5),
    ],
)
def test_pulling(runner, call, dialect, expected):
    runner.channel.put("a", 1)
    runner.channel.put("b", 2)
    runner.channel.put("a", "keyed", key="k")
    runner.channel.put("mapped", 11, map_index=1)
    runner.channel.put("mapped", 10, map_index=0)
    assert runner.load(PULL.replace("CALL", call)).value(dialect=dialect) == expected


def test_a_pull_says_what_it_wants(runner):
    runner.load(PULL.replace("CALL", "ti.xcom_pull(task_ids='a', dag_id='other', run_id='r', include_prior_dates=True)")).run()
    assert runner.channel.requests == [
        ("xcom.get", {"dag_id": "other", "run_id": "r", "task_ids": ["a"], "key": "return_value", "map_indexes": None, "include_prior_dates": True})
    ]


def test_taskflow_passes_values_and_multiple_outputs_are_xcoms_of_their_own(runner):
    runner.load(
        """
        from airflow.decorators import dag, task
        @dag(schedule=None)
        def d():
            @task
            def t() -> dict:
                return {'x': 1, 'y': [2]}
            @task
            def add(x, y, ds=None):
                return [x, y, ds]
            got = t()
            add(got['x'], got['y'])
        d()
        """
    )
    result = runner.run()
    assert {xcom["key"]: json.loads(xcom["value_json"]) for xcom in result["xcoms"]} == {"x": 1, "y": [2], "return_value": {"x": 1, "y": [2]}}
    runner.channel.put("t", 1, key="x")
    runner.channel.put("t", [2], key="y")
    assert runner.value(task_id="add") == [1, [2], "2024-02-29"]


def test_no_xcom_for_none_and_none_without_do_xcom_push(runner):
    runner.load(PULL.replace("CALL", "None"))
    assert runner.run()["xcoms"] == []
    runner.load(PULL.replace("CALL", "5").replace("python_callable=pull", "python_callable=pull, do_xcom_push=False"))
    assert runner.run()["xcoms"] == []
