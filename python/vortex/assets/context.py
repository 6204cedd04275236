"""The parts of a task's context, and of its result, that are about assets."""

from __future__ import annotations

from typing import Any, Dict, List

from vortex.assets.asset import Asset
from vortex.assets.events import AssetEvent, InletEvents, TriggeringEvents
from vortex.assets.outlet_events import OutletEvents


def asset_context(job: Dict[str, Any], task: Any, dag_run: Any, ti: Any) -> Dict[str, Any]:
    """Also tells the run which events it was made of."""
    events = [AssetEvent(document) for document in job["asset_events"] or ()]
    dag_run.consumed_asset_events = events
    return {
        # A callback of a DAG may have no task.
        "inlet_events": InletEvents(getattr(task, "inlets", []), ti._channel),
        "outlet_events": OutletEvents(getattr(task, "outlets", [])),
        "triggering_asset_events": TriggeringEvents(events),
        "triggering_dataset_events": TriggeringEvents(events, by_uri=True),
    }


def events_of(task: Any, value: Any, outlet_events: OutletEvents) -> List[Dict[str, Any]]:
    """For the result document. Assets that a function of TaskFlow returns are outlets (Airflow's rule)."""
    outlets = list(task.outlets)
    if (task.custom_operator_name or "").startswith("@task"):
        outlets += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, Asset)]
    return outlet_events.documents(outlets)
