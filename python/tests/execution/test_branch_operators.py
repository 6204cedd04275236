"""Branches by date, weekday and newest run, and conditions of @task."""
import datetime as dt

import pytest

from vortex import DAG
from vortex.exceptions import AirflowException
from vortex.operators.datetime import BranchDateTimeOperator
from vortex.operators.weekday import BranchDayOfWeekOperator

UTC = dt.timezone.utc


def iso(**ago):
    return (dt.datetime.now(UTC) - dt.timedelta(**ago)).isoformat()


LATEST = """
    import datetime as dt
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator
    from airflow.operators.latest_only import LatestOnlyOperator
    with DAG('d', schedule='@daily', start_date=dt.datetime(2024, 1, 1)):
        LatestOnlyOperator(task_id='t') >> [EmptyOperator(task_id='a'), EmptyOperator(task_id='b', trigger_rule='all_done')]
"""


@pytest.mark.parametrize(
    "run_type, start, next_end, skipped",
    [
        ("scheduled", iso(hours=30), iso(hours=-18), []),
        ("scheduled", iso(hours=54), iso(hours=6), ["a", "b"]),
        ("scheduled", iso(hours=-6), iso(hours=-30), ["a", "b"]),
        ("backfill", iso(hours=54), iso(hours=6), ["a", "b"]),
        ("manual", iso(hours=54), iso(hours=6), []),
        ("scheduled", iso(days=400), None, []),
    ],
)
def test_latest_only(runner, run_type, start, next_end, skipped):
    runner.channel.runs.next_interval = None if next_end is None else {"start": start, "end": next_end}
    result = runner.load(LATEST).run(run_type=run_type, data_interval_start=start, logical_date=start)
    assert (result["outcome"], result["skip_task_ids"]) == ("success", skipped)


def branch(kind, tz="UTC", **arguments):
    import pendulum

    with DAG("d", schedule=None, start_date=pendulum.datetime(2024, 1, 1, tz=tz)):
        return kind(task_id="t", follow_task_ids_if_true="yes", follow_task_ids_if_false="no", **arguments)


@pytest.mark.parametrize(
    "lower, upper, expected",
    [
        (dt.datetime(2024, 2, 29, 11), dt.datetime(2024, 2, 29, 13), "yes"),
        (dt.datetime(2024, 2, 29, 13), None, "no"),
        (None, dt.datetime(2024, 2, 29, 11), "no"),
        (None, dt.datetime(2024, 2, 29, 13, tzinfo=UTC), "yes"),
        (dt.time(11), dt.time(13), "yes"),
        (dt.time(13), dt.time(14), "no"),
        (dt.time(11), dt.time(10), "yes"),
        (dt.time(13), dt.time(11), "no"),
        (dt.datetime(2024, 2, 28), dt.time(13), "yes"),
    ],
)
def test_branch_by_date(lower, upper, expected):
    context = {"logical_date": dt.datetime(2024, 2, 29, 12, tzinfo=UTC)}
    for name in ("use_task_logical_date", "use_task_execution_date"):
        assert branch(BranchDateTimeOperator, target_lower=lower, target_upper=upper, **{name: True}).choose_branch(context) == expected


def test_times_are_of_the_dags_zone():
    context = {"logical_date": dt.datetime(2024, 2, 29, 1, tzinfo=UTC)}
    limits = {"target_lower": dt.time(9, 30), "target_upper": dt.time(10, 30), "use_task_logical_date": True}
    assert branch(BranchDateTimeOperator, tz="Asia/Tokyo", **limits).choose_branch(context) == "yes"
    assert branch(BranchDateTimeOperator, **limits).choose_branch(context) == "no"


def test_branch_by_the_clock():
    past, future = dt.datetime(2020, 1, 1), dt.datetime(2200, 1, 1)
    assert branch(BranchDateTimeOperator, target_lower=past, target_upper=future).choose_branch({}) == "yes"
    assert branch(BranchDateTimeOperator, target_lower=future, target_upper=None).choose_branch({}) == "no"


@pytest.mark.parametrize(
    "limits, words",
    [({"target_lower": None, "target_upper": None}, "Give at least one"), ({"target_lower": "9:00", "target_upper": None}, "must be a datetime or a time")],
)
def test_branch_by_date_refuses(limits, words):
    with pytest.raises(AirflowException, match=words):
        branch(BranchDateTimeOperator, **limits)


def test_branch_by_weekday():
    thursday = {"logical_date": dt.datetime(2024, 2, 29, tzinfo=UTC)}
    assert branch(BranchDayOfWeekOperator, week_day="Thursday", use_task_logical_date=True).choose_branch(thursday) == "yes"
    assert branch(BranchDayOfWeekOperator, week_day={"Friday"}, use_task_execution_day=True).choose_branch(thursday) == "no"
    today = dt.datetime.now(UTC).strftime("%A")
    assert branch(BranchDayOfWeekOperator, week_day=today).choose_branch({}) == "yes"
    with pytest.raises(AttributeError, match="Invalid Week Day"):
        branch(BranchDayOfWeekOperator, week_day="Someday")


def test_a_branch_by_date_skips_the_other_one(runner):
    runner.load(
        """
        import datetime as dt
        from airflow import DAG
        from airflow.operators.datetime import BranchDateTimeOperator
        from airflow.operators.empty import EmptyOperator
        with DAG('d', schedule=None):
            BranchDateTimeOperator(
                task_id='t', follow_task_ids_if_true=['a'], follow_task_ids_if_false=['b'],
                target_lower=dt.datetime(2024, 1, 1), target_upper=None, use_task_logical_date=True,
            ) >> [EmptyOperator(task_id='a'), EmptyOperator(task_id='b')]
        """
    )
    assert runner.run()["skip_task_ids"] == ["b"]


CONDITION = """
    from airflow.decorators import dag, task
    @dag(schedule=None)
    def d():
        @CONDITION
        @task(pre_execute=lambda context: print('before'))
        def t():
            print('ran')
        t()
    d()
"""


@pytest.mark.parametrize(
    "condition, outcome, reason",
    [
        ("task.run_if(lambda context: context['ds'] == '2024-02-29')", "success", ""),
        ("task.run_if(lambda context: False)", "skipped", "skip by run_if condition"),
        ("task.run_if(lambda context: False, skip_message='not today')", "skipped", "not today"),
        ("task.run_if(lambda context: (False, 'because'))", "skipped", "because"),
        ("task.run_if(True)", "success", ""),
        ("task.skip_if(True)", "skipped", "skip by skip_if condition"),
        ("task.skip_if(lambda context: (False, 'because'))", "success", ""),
        ("task.run_if(lambda context: 1 / 0)", "failed", "ZeroDivisionError: division by zero"),
    ],
)
def test_conditions(runner, capsys, condition, outcome, reason):
    result = runner.load(CONDITION.replace("CONDITION", condition)).run()
    assert (result["outcome"], result["reason"]) == (outcome, reason)
    out = capsys.readouterr().out
    assert "before" in out and ("ran" in out) == (outcome == "success")


def test_a_condition_goes_above_task():
    from vortex import task

    with pytest.raises(TypeError, match="@task.run_if goes above @task"):
        task.run_if(True)(lambda: 1)
