"""Events of the assets that a task in this process has updated, as the engine records them (server/scheduler/assets.ts)."""

from __future__ import annotations

from typing import Any, Dict, List

from vortex.execution.instants import utcnow
from vortex.testing.channel import iso


def events_of(run: Any, instance: Any, told: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """One for each outlet that the task did not speak of, and what it said of the others."""
    from vortex.assets.asset import Asset

    source = {
        "timestamp": iso(utcnow()),
        "source_dag_id": run.dag_id,
        "source_run_id": run.run_id,
        "source_task_id": instance.task_id,
        "source_map_index": instance.map_index,
    }
    spoken = {(event["name"], event["uri"]) for event in told}
    silent: List[Dict[str, Any]] = [
        {"name": outlet.name, "uri": outlet.uri, "group": outlet.group, "extra": {}, "alias": None}
        for outlet in run.graph.tasks[instance.task_id].outlets
        if isinstance(outlet, Asset) and (outlet.name, outlet.uri) not in spoken
    ]
    return [{**event, **source} for event in [*told, *silent]]
