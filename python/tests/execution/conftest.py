import os
import sys
import textwrap
from typing import Any, Dict

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from fake_channel import MemoryController  # noqa: E402

DATES = {
    "prev_success_interval_start": "2024-02-28T00:00:00Z",
    "prev_success_interval_end": "2024-02-29T00:00:00Z",
    "prev_success_start": "2024-02-29T00:00:01Z",
    "prev_success_end": "2024-02-29T00:01:00Z",
    "prev_logical_date": "2024-02-28T00:00:00Z",
    "next_logical_date": "2024-03-01T00:00:00Z",
}


def make_job(**changes: Any) -> Dict[str, Any]:
    job = {
        "format": 1,
        "dag_id": "d",
        "run_id": "scheduled__2024-02-29T00:00:00+00:00",
        "task_id": "t",
        "map_index": -1,
        "attempt": 1,
        "try_number": 1,
        "max_tries": 1,
        "waiting_since": None,
        "deferral": None,
        "run_type": "scheduled",
        "logical_date": "2024-02-29T00:00:00.000Z",
        "data_interval_start": "2024-02-29T00:00:00.000Z",
        "data_interval_end": "2024-03-01T00:00:00.000Z",
        "run_after": "2024-03-01T00:00:00.000Z",
        "run_queued_time": "2024-03-01T00:00:00.100Z",
        "run_start_time": "2024-03-01T00:00:00.200Z",
        "conf": {},
        "triggered_by": "scheduler",
        "dialect": "2",
        "dates": DATES,
        "hostname": "host",
        "asset_events": None,
        "dag_callback": None,
        "xcom_cap_bytes": 1_000_000,
    }
    job.update(changes)
    return job


class Runner:
    """Loads a DAG file from text and runs attempts of it as a forked child would."""

    def __init__(self, folder: Any) -> None:
        self.folder = folder
        self.channel = MemoryController()
        self.loaded: Any = None

    def load(self, text: str, file: str = "file.py") -> "Runner":
        from vortex.loading import load_file

        (self.folder / file).write_text(textwrap.dedent(text))
        self.loaded = load_file(str(self.folder), file)
        return self

    def run(self, **changes: Any) -> Dict[str, Any]:
        from vortex.execution import execute

        return execute(make_job(**changes), self.loaded, self.channel)

    def value(self, **changes: Any) -> Any:
        from vortex.execution import xcom_codec

        result = self.run(**changes)
        assert result["outcome"] == "success", result
        found = {xcom["key"]: xcom_codec.decode(xcom["value_json"]) for xcom in result["xcoms"]}
        return found.get("return_value")


@pytest.fixture
def runner(tmp_path, monkeypatch):
    from vortex.execution.current_context import set_current_context

    before = dict(os.environ)
    yield Runner(tmp_path)
    os.environ.clear()
    os.environ.update(before)
    set_current_context(None)
