"""
Which task instances may run, and which have ended without running: by trigger rules, setups and mapping. Twin of
server/scheduler/evaluate.ts and mapping.ts, compared with the same recordings of Airflow (tests/testing).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from vortex.testing.graph import Mapping
from vortex.testing.instances import Instance, Instances
from vortex.testing.trigger_rules import FINISHED, decide

MAX_INSTANCES = 100_000


def decide_by_states(all_: Instances, instance: Instance) -> Tuple[str, Optional[Instance]]:
    """(`wait`, `run` or a final state, the setup that said it)."""
    graph, task_id = all_.graph, instance.task_id
    rule = str(graph.tasks[task_id].trigger_rule)
    by_rule = decide(rule, all_.counts_above(instance))
    setup = None if rule == "always" else _setup_before(all_, instance)
    by_setup = "run" if setup is None else _setup_outcome(setup)
    if by_rule == "run" and _is_between_unfinished(all_, instance):
        return "wait", None
    if by_setup == "run" or (by_setup == "wait" and by_rule != "run"):
        return by_rule, None
    return by_setup, None if by_setup == by_rule else setup


def _setup_before(all_: Instances, instance: Instance) -> Optional[Instance]:
    """A setup further up that has not succeeded, whatever the trigger rule says of what lies between."""
    found: Optional[Instance] = None
    for task_id in all_.graph.indirect_setups[instance.task_id]:
        for setup in all_.looked_at(instance, task_id):
            if setup.state in ("failed", "upstream_failed"):
                return setup
            if setup.state not in ("success", "removed") and (found is None or setup.state == "skipped"):
                found = setup
    return found


def _setup_outcome(setup: Instance) -> str:
    if setup.state not in FINISHED:
        return "wait"
    return "skipped" if setup.state == "skipped" else "upstream_failed"


def _is_between_unfinished(all_: Instances, instance: Instance) -> bool:
    """A teardown waits for all work between its setups and it."""
    return any(not work.is_finished for task_id in all_.graph.between[instance.task_id] for work in all_.looked_at(instance, task_id))


def settle(all_: Instances) -> List[Instance]:
    """Decides all that is to be decided. Returns those that may run from now on."""
    ready: Dict[int, Instance] = {}
    while all_.dirty:
        instance = all_.dirty.popleft()
        if instance.state == "none" and id(instance) not in ready and _evaluate(all_, instance):
            ready[id(instance)] = instance
    return [instance for instance in ready.values() if instance.state == "none"]


def _evaluate(all_: Instances, instance: Instance) -> bool:
    mapping = all_.graph.mappings[instance.task_id]
    if mapping is not None:
        _expand_group_early(all_, instance, mapping)
    outcome, setup = decide_by_states(all_, instance)
    if outcome == "wait":
        return False
    if outcome != "run":
        if all_.graph.tasks[instance.task_id].wait_for_past_depends_before_skipping and not all_.past_allows(instance):
            return False
        rule = all_.graph.tasks[instance.task_id].trigger_rule
        all_.move(instance, outcome, f"setup {setup.name} is {setup.state}" if setup is not None else f"trigger rule {rule}")
        return False
    if not all_.past_allows(instance):
        return False
    return mapping is None or _may_run_mapped(all_, instance, mapping)


def add_instances(all_: Instances, is_excluded: Any) -> None:
    """Those that a run begins with: of a mapped task one without index, or all if their number is known."""
    for task_id in all_.graph.order:
        state = "removed" if is_excluded(all_.graph.tasks[task_id]) else "none"
        mapping = all_.graph.mappings[task_id]
        length = 0 if mapping is None or mapping.sources else mapping.length(lambda _: None) or 0
        indexes = range(length) if 0 < length <= MAX_INSTANCES else [-1]
        all_.dirty += [all_.add(task_id, map_index, state) for map_index in indexes]


def _length_of(all_: Instances, mapping: Mapping) -> "Tuple[bool, Optional[int]]":
    """(whether all sources have ended, the length)."""
    if any(not one.is_finished for source in mapping.sources for one in all_.by_task[source]):
        return False, None
    return True, mapping.length(lambda source: _pushed(all_, source))


def _pushed(all_: Instances, source: str) -> Optional[int]:
    """Of a mapped source the values that its instances left, one each; of another one its items."""
    pushed: Optional[int] = None if all_.graph.mappings[source] is None else 0
    for one in all_.by_task[source]:
        if one.state == "success" and one.map_length is not None:
            pushed = (pushed or 0) + one.map_length
    return pushed


def _expand_group_early(all_: Instances, instance: Instance, mapping: Mapping) -> None:
    """A mapped group has its instances as soon as its length is known."""
    if mapping.is_group and mapping not in all_.expanded:
        _, length = _length_of(all_, mapping)
        if length is not None and 0 < length <= MAX_INSTANCES:
            _expand(all_, mapping, length, instance)


def _may_run_mapped(all_: Instances, instance: Instance, mapping: Mapping) -> bool:
    if mapping not in all_.expanded:
        known, length = _length_of(all_, mapping)
        if not known or not _expand(all_, mapping, length, instance):
            return False
    return instance.state == "none" and instance.map_index >= 0


def _expand(all_: Instances, mapping: Mapping, length: Optional[int], by: Instance) -> bool:
    """False = there is nothing to run: the instance that asked has its final state."""
    if length is None:
        missing = [source for source in mapping.sources if _pushed(all_, source) is None]
        is_skipped = all(one.state == "skipped" for source in missing for one in all_.by_task[source])
        reason = f"what it is mapped over was not returned by {', '.join(missing)}"
        all_.move(by, "skipped" if is_skipped else "upstream_failed", reason)
        return False
    if length > MAX_INSTANCES:
        all_.move(by, "failed", f"it is mapped over {length:,} items; the limit is {MAX_INSTANCES:,}")
        return False
    if length == 0:
        for task_id in mapping.tasks:
            for one in all_.by_task[task_id]:
                if one is by or not one.is_finished:
                    all_.move(one, "skipped", "there is nothing to map over")
        return False
    all_.expanded[mapping] = length
    for task_id in mapping.tasks:
        _give_indexes(all_, task_id, length)
        for task in (task_id, *all_.graph.downstream[task_id]):
            all_.dirty += [one for one in all_.by_task[task] if one.state == "none"]
    return True


def _give_indexes(all_: Instances, task_id: str, length: int) -> None:
    instances = all_.by_task[task_id]
    if len(instances) == 1 and instances[0].map_index < 0:
        instances[0].map_index = 0
    for map_index in range(len(instances), length):
        all_.add(task_id, map_index)
