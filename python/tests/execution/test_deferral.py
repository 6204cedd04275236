"""An operator that waits for a trigger: how its attempt ends, and how the next one goes on."""
import json

import pytest

HEAD = """
    import datetime as dt
    from airflow import DAG
    from airflow.exceptions import *
    from airflow.models import BaseOperator
    from airflow.triggers.base import BaseTrigger, StartTriggerArgs, TriggerEvent
    from airflow.triggers.temporal import DateTimeTrigger, TimeDeltaTrigger

    class Soon(BaseTrigger):
        def __init__(self, **kwargs):
            super().__init__()
            self.kwargs = kwargs
        def serialize(self):
            return ('any.path.Soon', self.kwargs)
        async def run(self):
            yield TriggerEvent(1)

    class Waits(BaseOperator):
        def execute(self, context):
            print('executes')
            BODY
        def go_on(self, context, event=None, **kwargs):
            return [event, kwargs]
        def fails(self, context, event):
            raise ValueError(event)

    def note(context):
        print('called', type(context['exception']).__name__, context['exception'])

    with DAG('d', schedule=None) as dag:
        Waits(task_id='t', on_failure_callback=note, on_retry_callback=note)
    """


def waits(runner, text, **changes):
    return runner.load(HEAD.replace("BODY", text)).run(**changes)


def resumed(deferred, event, output=""):
    return {"deferral": {"body": deferred["deferral_json"], "event": json.dumps(event), "output": output}}


def test_the_attempt_ends_deferred_and_the_next_one_goes_on_in_the_method_with_the_event(runner, capsys):
    text = "self.defer(trigger=Soon(at=dt.datetime(2024, 1, 2), names={'a'}), method_name='go_on', kwargs={'since': dt.date(2024, 1, 1)}, timeout=dt.timedelta(seconds=90))"
    ended = waits(runner, text)
    assert (ended["outcome"], ended["deferral_timeout_ms"], ended["xcoms"]) == ("deferred", 90_000, [])
    body = json.loads(ended["deferral_json"])
    assert body["trigger"].endswith(":Soon") and body["trigger"].startswith("vortex_dag_") and body["method"] == "go_on"
    assert "called" not in capsys.readouterr().out
    event, kwargs = runner.value(attempt=2, **resumed(ended, {"event": {"found": [1]}}, output="the trigger said this"))
    out = capsys.readouterr().out
    assert event == {"found": [1]} and str(kwargs["since"]) == "2024-01-01"
    assert out.startswith("the trigger said this\n") and "executes" not in out


def test_dates_of_an_event_come_back_as_dates(runner):
    ended = waits(runner, "self.defer(trigger=Soon(), method_name='go_on')")
    moment = {"__vortex__": "datetime", "value": "2024-01-02T03:04:05+00:00"}
    event, _ = runner.value(**resumed(ended, {"event": moment}))
    assert event.isoformat() == "2024-01-02T03:04:05+00:00"


def test_a_task_may_defer_itself_again(runner):
    ended = waits(runner, "self.defer(trigger=Soon(), method_name='again')\n        def again(self, context, event):\n            self.defer(trigger=Soon(n=event), method_name='go_on')")
    again = runner.run(attempt=2, **resumed(ended, {"event": 7}))
    assert again["outcome"] == "deferred" and json.loads(again["deferral_json"])["kwargs"] == {"n": 7}


@pytest.mark.parametrize(
    "event, error",
    [
        ({"failed": "ValueError: no such bucket"}, "TaskDeferralError ValueError: no such bucket"),
        ({"timeout": True}, "TaskDeferralTimeout Trigger timeout"),
    ],
)
def test_a_trigger_that_failed_or_was_late_fails_the_task_with_its_callbacks(runner, capsys, event, error):
    ended = waits(runner, "self.defer(trigger=Soon(), method_name='go_on')")
    failed = runner.run(attempt=2, max_tries=2, **resumed(ended, event))
    assert (failed["outcome"], failed["reason_code"]) == ("failed", "exception")
    assert f"called {error}" in capsys.readouterr().out


def test_an_operator_may_make_something_else_of_a_failed_trigger(runner):
    text = "self.defer(trigger=Soon(), method_name='go_on')\n        def resume_execution(self, method, kwargs, context):\n            try:\n                return super().resume_execution(method, kwargs, context)\n            except TaskDeferralTimeout:\n                raise AirflowSkipException('too late')"
    assert runner.run(**resumed(waits(runner, text), {"timeout": True}))["outcome"] == "skipped"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("self.defer(trigger=Soon(), method_name='nope')", "defers itself to nope(), which Waits does not have"),
        ("self.defer(trigger=Soon(client=object()), method_name='go_on')", "builtins.object, which has no form in JSON"),
        ("self.defer(trigger=Soon(text='x' * 1_100_000), method_name='go_on')", "more than 1,048,576 characters"),
        ("self.defer(trigger=Soon(text='x' * 9_100_000), method_name='go_on')", "more than 1,048,576 characters"),
        ("self.defer(trigger=type('Local', (Soon,), {})(), method_name='go_on')", "names any.path.Soon, and No module named 'any'"),
        ("self.defer(trigger=5, method_name='go_on')", "AttributeError"),
    ],
)
def test_what_cannot_wait_fails_at_once_and_says_why(runner, text, reason):
    ended = waits(runner, text)
    assert ended["outcome"] == "failed" and reason in ended["reason"]
    assert ended["deferral_json"] == ""


def test_a_class_inside_a_function_is_refused(runner):
    text = "class Inner(Soon):\n                def serialize(self): return ('x.Inner', {})\n            self.defer(trigger=Inner(), method_name='go_on')"
    assert "defined inside a function" in waits(runner, text)["reason"]


def test_a_subclass_that_serialises_as_its_base_waits_as_its_base(runner):
    ended = waits(runner, "self.defer(trigger=TimeDeltaTrigger(dt.timedelta(hours=1)), method_name='go_on')")
    assert json.loads(ended["deferral_json"])["trigger"] == "vortex.triggers.temporal:DateTimeTrigger"


def test_a_trigger_may_end_its_task(runner):
    ended = waits(runner, "self.defer(trigger=Soon(), method_name=None)")
    done = runner.run(**resumed(ended, {"end": "success", "xcoms": {"return_value": 5, "other": {"a": 1}}}))
    assert done["outcome"] == "success" and done["xcoms"] == [{"key": "return_value", "value_json": "5"}]
    assert runner.channel.pushed() == {"other": {"a": 1}}
    assert runner.run(**resumed(ended, {"end": "skipped", "xcoms": None}))["outcome"] == "skipped"
    assert runner.run(**resumed(ended, {"end": "failed", "xcoms": None}))["outcome"] == "failed"
    assert "named no method" in runner.run(**resumed(ended, {"event": 1}))["reason"]


def test_an_operator_that_starts_from_its_trigger_is_not_executed_first(runner, capsys):
    text = "pass\n        start_from_trigger = True\n        start_trigger_args = StartTriggerArgs(trigger_cls='airflow.triggers.temporal.TimeDeltaTrigger', trigger_kwargs={'delta': dt.timedelta(1)}, next_method='go_on')"
    ended = waits(runner, text)
    assert ended["outcome"] == "deferred" and "executes" not in capsys.readouterr().out
    assert runner.value(**resumed(ended, {"event": 1})) == [1, {}]


def test_a_resumed_attempt_without_its_event_is_refused(runner):
    from vortex.execution.job import InvalidJob

    ended = waits(runner, "self.defer(trigger=Soon(), method_name='go_on')")
    with pytest.raises(InvalidJob, match="deferral holds no"):
        runner.run(deferral={"body": ended["deferral_json"], "event": None, "output": ""})
