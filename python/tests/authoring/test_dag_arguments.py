import datetime as dt
import inspect

import pendulum
import pytest

from vortex import DAG, EmptyOperator, Param
from vortex.definitions.timetables import CronTriggerTimetable
from vortex.exceptions import AirflowException, DagInvalid, ParamValidationError

from .conftest import START

# Every argument of DAG in Airflow 1.10, 2.x and 3.x (airflow-compat 2.6 and 3.2).
ARGUMENTS = {
    "description": "words",
    "start_date": START,
    "end_date": dt.datetime(2027, 1, 1),
    "full_filepath": "/somewhere/d.py",
    "template_searchpath": "/templates",
    "template_undefined": object,
    "user_defined_macros": {"m": 1},
    "user_defined_filters": {"f": str},
    "default_args": {"owner": "me"},
    "concurrency": 3,
    "max_active_tasks": 3,
    "max_active_runs": 2,
    "max_consecutive_failed_dag_runs": 5,
    "dagrun_timeout": dt.timedelta(hours=1),
    "sla_miss_callback": print,
    "default_view": "graph",
    "orientation": "LR",
    "catchup": True,
    "on_success_callback": print,
    "on_failure_callback": [print],
    "doc_md": "# Title",
    "params": {"p": 1},
    "access_control": {"role": {"can_read"}},
    "is_paused_upon_creation": True,
    "jinja_environment_kwargs": {"trim_blocks": True},
    "render_template_as_native_obj": True,
    "tags": {"b", "a"},
    "owner_links": {"me": "https://example.com"},
    "auto_register": True,
    "fail_stop": False,
    "fail_fast": False,
    "dag_display_name": "D",
    "disable_bundle_versioning": True,
    "deadline": None,
    "allowed_run_types": None,
    "last_loaded": None,
}


def test_every_argument_of_every_airflow_loads(spec, schema_errors):
    dag = DAG("d", schedule="@daily", **ARGUMENTS)
    found = spec(dag)
    assert schema_errors([found]) == [[]]
    assert found["tags"] == ["a", "b"]
    assert found["max_active_tasks"] == 3
    assert found["dagrun_timeout_ms"] == 3_600_000
    assert found["callbacks"] == ["success", "failure"]
    assert found["is_paused_upon_creation"] is True
    assert found["dag_display_name"] == "D"
    assert "sla_miss_callback= is accepted and ignored" in found["notices"][0]
    assert found["notices"][1:] == []


def test_positional_arguments_of_airflow_1_and_2():
    dag = DAG("d", "words", "@hourly", START)
    assert (dag.description, dag.schedule, dag.start_date.year) == ("words", "@hourly", 2026)


@pytest.mark.parametrize("name", ["schedule", "schedule_interval", "timetable"])
def test_three_names_of_the_schedule(name, spec):
    value = CronTriggerTimetable("0 3 * * *", timezone="UTC") if name == "timetable" else "0 3 * * *"
    assert spec(DAG("d", start_date=START, **{name: value}))["timetable"]["crons"] == ["0 3 * * *"]


def test_two_schedules_are_refused():
    with pytest.raises(AirflowException, match="only one of"):
        DAG("d", schedule="@daily", schedule_interval="@hourly")


def test_an_unknown_argument_names_what_was_meant():
    with pytest.raises(TypeError, match="'schedul_interval'.*Did you mean 'schedule_interval'"):
        DAG("d", schedul_interval="@daily")


@pytest.mark.parametrize("dag_id", ["", "with space", "slash/ed", "x" * 251])
def test_bad_dag_ids(dag_id):
    with pytest.raises(AirflowException, match="dag_id"):
        DAG(dag_id)


def test_a_dag_id_that_is_no_text():
    with pytest.raises(TypeError, match="dag_id must be a text"):
        DAG(7)


@pytest.mark.parametrize(
    "start, name",
    [
        (dt.datetime(2026, 1, 1), "UTC"),
        (pendulum.datetime(2026, 1, 1, tz="Europe/Helsinki"), "Europe/Helsinki"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))), "+05:30"),
        (dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), "UTC"),
        ("2026-01-01", "UTC"),
    ],
)
def test_the_zone_of_start_date_is_the_zone_of_the_dag(start, name, spec):
    found = spec(DAG("d", schedule="@daily", start_date=start))
    assert found["timezone"] == name
    assert found["timetable"]["timezone"] == name


def test_zoneinfo_and_dateutil_zones(spec):
    zoneinfo = pytest.importorskip("zoneinfo")
    tz = pytest.importorskip("dateutil.tz")
    for zone in (zoneinfo.ZoneInfo("America/New_York"), tz.gettz("America/New_York")):
        found = spec(DAG("d", start_date=dt.datetime(2026, 1, 1, tzinfo=zone), schedule=None))
        assert (found["timezone"], found["start_date"]) == ("America/New_York", "2026-01-01T05:00:00.000Z")


def test_the_start_of_a_dag_is_the_first_of_its_tasks(spec):
    with DAG("d", schedule="@daily", default_args={"start_date": "2026-03-01"}) as dag:
        EmptyOperator(task_id="a")
        EmptyOperator(task_id="b", start_date=dt.datetime(2026, 4, 1))
    found = spec(dag)
    assert found["start_date"] == "2026-03-01T00:00:00.000Z"
    assert [task["start_date"] for task in found["tasks"]] == [None, "2026-04-01T00:00:00.000Z"]


def test_a_start_date_that_is_no_date():
    with pytest.raises(AirflowException, match="start_date='yesterday' is not a date"):
        DAG("d", start_date="yesterday")


def test_attributes_may_be_set_later(spec):
    dag = DAG("d", schedule=None)
    dag.doc_md = "later"
    dag.catchup = True
    assert (spec(dag)["doc_md"], spec(dag)["catchup"]) == ("later", True)


def test_doc_md_may_be_a_file(tmp_path, spec):
    (tmp_path / "d.md").write_text("# From a file")
    dag = DAG("d", schedule=None, doc_md="d.md", full_filepath=str(tmp_path / "d.py"))
    assert spec(dag)["doc_md"] == "# From a file"
    assert spec(DAG("d", schedule=None, doc_md="no such.md"))["doc_md"] == "no such.md"


def test_params_are_wrapped_and_checked(spec):
    dag = DAG(
        "d",
        schedule=None,
        params={"plain": 3, "typed": Param("x", type="string", description="words", enum=["x", "y"]), "open": Param(type="integer")},
    )
    assert dag.params["plain"] == 3
    found = spec(dag)["params"]
    assert found["typed"] == {"value": "x", "has_default": True, "description": "words", "schema": {"type": "string", "enum": ["x", "y"]}}
    assert (found["open"]["has_default"], found["open"]["value"]) == (False, None)
    with pytest.raises(ParamValidationError):
        dag.params["typed"] = "z"
    dag.params["typed"] = "y"
    assert dag.params["typed"] == "y"


def test_a_schedule_needs_params_with_valid_defaults(spec):
    with pytest.raises(DagInvalid, match="param 'n' has no default"):
        spec(DAG("d", schedule="@daily", start_date=START, params={"n": Param(type="integer")}))
    with pytest.raises(DagInvalid, match="does not fit its schema"):
        spec(DAG("d", schedule="@daily", start_date=START, params={"n": Param("x", type="integer")}))


def test_a_param_that_is_no_json(spec):
    with pytest.raises(DagInvalid, match="param 'f' cannot be written as JSON"):
        spec(DAG("d", schedule=None, params={"f": object()}))


def test_catchup_without_a_start_is_refused(spec):
    with pytest.raises(DagInvalid, match="catchup=True but no start_date"):
        spec(DAG("d", schedule="@daily", catchup=True))


def test_limits_are_whole_numbers(spec):
    with pytest.raises(DagInvalid, match="max_active_runs must be a whole number of 1 or more"):
        spec(DAG("d", schedule=None, max_active_runs=0))


def test_fail_fast_takes_default_trigger_rules_only(spec):
    with DAG("d", schedule=None, fail_fast=True) as dag:
        EmptyOperator(task_id="a", trigger_rule="all_done")
    with pytest.raises(DagInvalid, match="fail_fast=True.*task 'a' has all_done"):
        spec(dag)


def test_cli_says_how_to_run():
    dag = DAG("d", schedule=None)
    with pytest.raises(SystemExit, match="vortex run"):
        dag.cli()


def test_the_file_of_a_dag_is_its_author_s():
    assert DAG("d", schedule=None).fileloc == inspect.getsourcefile(test_the_file_of_a_dag_is_its_author_s)
