"""Triggers that VORTEX brings, and the life of one: what its host is told."""
import asyncio
import datetime as dt
import json
import threading
import time

import pytest

from vortex.execution import xcom_codec
from vortex.host.running_trigger import RunningTrigger
from vortex.triggers.asking import ask, running
from vortex.triggers.base import BaseTrigger, TaskSkippedEvent, TriggerEvent
from vortex.triggers.class_path import class_path, find_class
from vortex.triggers.file import FileDeleteTrigger, FileTrigger
from vortex.triggers.temporal import DateTimeTrigger, TimeDeltaTrigger

NAMES = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": -1, "try_number": 2}
UTC = dt.timezone.utc


class Output:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


def body_of(trigger):
    path, kwargs = trigger.serialize()
    kind = find_class(path) if "." in path else type(trigger)
    return xcom_codec.encode({"trigger": class_path(kind), "kwargs": kwargs, "method": "m", "method_kwargs": {}}, 1_000_000)


def live(trigger, asks=None):
    """Its end, and what it printed."""
    output = Output()
    one = RunningTrigger(1, output, asks)
    running.set(one)
    try:
        return asyncio.run(asyncio.wait_for(one.live(body_of(trigger), NAMES, lambda: None), 20)), output.text
    finally:
        running.set(None)


def event(end):
    assert end["outcome"] == "success", end
    return xcom_codec.decode(end["deferral_json"])["event"]


class Mine(BaseTrigger):
    """With what each test makes of it."""

    doing = None

    def serialize(self):
        return "Mine", {}

    async def run(self):
        async for found in Mine.doing(self):
            yield found


class Cleans(Mine):
    done = []

    async def cleanup(self):
        Cleans.done.append("cleaned")


class Fails(Mine):
    async def cleanup(self):
        raise OSError("busy")


def mine(doing):
    Mine.doing = staticmethod(doing)
    return Mine()


def test_a_moment_is_waited_for_and_is_the_event():
    moment = dt.datetime.now(UTC) + dt.timedelta(seconds=0.3)
    began = time.time()
    end, _ = live(DateTimeTrigger(moment))
    assert time.time() - began >= 0.29
    assert event(end) == moment
    assert event(live(DateTimeTrigger(dt.datetime(2020, 1, 1, tzinfo=UTC)))[0]).year == 2020


def test_a_moment_without_a_zone_and_what_is_no_moment_are_refused():
    with pytest.raises(ValueError, match="naive"):
        DateTimeTrigger(dt.datetime(2024, 1, 1))
    with pytest.raises(TypeError, match="Expected datetime"):
        DateTimeTrigger("2024-01-01")


def test_a_delta_counts_from_when_the_trigger_was_made():
    trigger = TimeDeltaTrigger(dt.timedelta(hours=1), end_from_trigger=True)
    path, kwargs = trigger.serialize()
    assert find_class(path) is DateTimeTrigger and kwargs["end_from_trigger"] is True
    assert dt.timedelta(minutes=59) < kwargs["moment"] - dt.datetime.now(UTC) <= dt.timedelta(hours=1)


def test_a_trigger_may_end_the_task_with_xcoms():
    end, _ = live(DateTimeTrigger(dt.datetime(2020, 1, 1, tzinfo=UTC), end_from_trigger=True))
    assert json.loads(end["deferral_json"]) == {"end": "success", "xcoms": None}

    async def skips(_):
        yield TaskSkippedEvent(xcoms={"a": dt.date(2024, 1, 1)})

    assert json.loads(live(mine(skips))[0]["deferral_json"])["end"] == "skipped"
    with pytest.raises(ValueError, match="payload"):
        TaskSkippedEvent(payload=1)


@pytest.mark.parametrize("name, pattern, recursive", [("a.txt", "a.txt", False), ("a.txt", "*.txt", False), ("deep/er/a", "**/a", True), ("deep/er/a", "deep", False)])
def test_a_file_a_glob_or_a_folder_with_a_file_is_found_when_it_comes(tmp_path, name, pattern, recursive):
    (tmp_path / "empty").mkdir()

    def make():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")

    timer = threading.Timer(0.2, make)
    timer.start()
    began = time.monotonic()
    end, _ = live(FileTrigger(str(tmp_path / pattern), recursive, poke_interval=0.02))
    assert event(end) is True and time.monotonic() - began >= 0.19


def test_a_folder_without_files_is_nothing(tmp_path):
    from vortex.triggers.file import find

    (tmp_path / "empty" / "below").mkdir(parents=True)
    assert find(str(tmp_path / "empty"), False) is None


def test_a_file_is_taken_away_once(tmp_path):
    (tmp_path / "flag").write_text("x")
    assert event(live(FileDeleteTrigger(str(tmp_path / "flag"), poke_interval=0.02))[0]) is True
    assert not (tmp_path / "flag").exists()


def test_it_knows_the_task_that_waits_and_may_ask_the_controller():
    async def asks(_trigger, method, params):
        return [method, params]

    async def looks(trigger):
        ti = trigger.task_instance
        yield TriggerEvent([ti.dag_id, ti.task_id, ti.try_number, ti.state, await ask("run.state", {"dag_id": "x"})])

    assert event(live(mine(looks), asks)[0]) == ["d", "t", 2, "deferred", ["run.state", {"dag_id": "x"}]]


def test_a_question_outside_of_a_trigger_is_refused():
    with pytest.raises(RuntimeError, match="only while a trigger runs"):
        asyncio.run(ask("run.state", {}))


def test_only_the_first_event_counts_and_cleanup_follows_it():
    done = Cleans.done = []

    async def twice(trigger):
        yield TriggerEvent(1)
        done.append("second")
        yield TriggerEvent(2)

    Mine.doing = staticmethod(twice)
    assert event(live(Cleans())[0]) == 1
    assert done == ["cleaned"]


def test_a_cleanup_that_fails_is_told_and_changes_nothing():
    async def once(_):
        yield TriggerEvent(1)

    Mine.doing = staticmethod(once)
    end, output = live(Fails())
    assert event(end) == 1 and "cleanup() of Fails failed" in output and "OSError: busy" in output


def test_an_event_that_is_too_large_fails_the_trigger():
    async def large(_):
        yield TriggerEvent("x" * 1_100_000)

    end, _ = live(mine(large))
    assert end["outcome"] == "failed" and "more than 1,048,576 characters" in end["reason"]


def test_a_class_is_found_by_either_form_of_its_path():
    assert find_class("vortex.triggers.file.FileTrigger") is find_class("vortex.triggers.file:FileTrigger") is FileTrigger
    for wrong in ("vortex.triggers.file:Nope", "no.such.module:X", "x"):
        with pytest.raises((ImportError, AttributeError, ValueError)):
            find_class(wrong)
