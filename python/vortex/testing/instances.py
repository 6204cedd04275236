"""The task instances of a run without a server, their states, and what is counted of them."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional

from vortex.testing.graph import Graph, Mapping
from vortex.testing.trigger_rules import FINISHED, UpstreamCounts


@dataclass(eq=False)
class Instance:
    """One task instance. `state` is changed by Instances.move alone."""

    task_id: str
    map_index: int
    max_tries: int
    state: str = "none"
    # Processes that it would have had on a server; and tries as authors count them.
    attempt: int = 0
    try_number: int = 0
    waiting_since: Any = None
    deferral: Optional[Dict[str, Any]] = None
    # When a retry or the next poke is due.
    due: Optional[float] = None
    start_date: Any = None
    end_date: Any = None
    map_length: Optional[int] = None
    rendered_map_index: Optional[str] = None
    rendered_fields: List[Dict[str, Any]] = field(default_factory=list)
    reason: str = ""
    log: str = ""
    error: Optional[BaseException] = None

    @property
    def name(self) -> str:
        """`task_id`, or `task_id[index]` of a mapped one."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class Instances:
    """All of a run."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.by_task: Dict[str, List[Instance]] = {task_id: [] for task_id in graph.tasks}
        self._states: Dict[str, "Counter[str]"] = {task_id: Counter() for task_id in graph.tasks}
        # Mappings whose tasks have their instances.
        self.expanded: Dict[Mapping, int] = {}
        # To be decided again, in this order.
        self.dirty: Deque[Instance] = deque()
        # Whether what the trigger rules let run may do so by its past (depends_on_past).
        self.past_allows: Callable[[Instance], bool] = lambda _: True

    def __iter__(self) -> Iterator[Instance]:
        for task_id in self.graph.order:
            yield from self.by_task[task_id]

    def add(self, task_id: str, map_index: int, state: str = "none") -> Instance:
        instance = Instance(task_id, map_index, max_tries=int(self.graph.tasks[task_id].retries or 0) + 1, state=state)
        self.by_task[task_id].append(instance)
        self._states[task_id][state] += 1
        return instance

    def at(self, task_id: str, map_index: int) -> Optional[Instance]:
        instances = self.by_task[task_id]
        likely = instances[max(0, map_index)] if max(0, map_index) < len(instances) else None
        if likely is not None and likely.map_index == map_index:
            return likely
        return next((one for one in instances if one.map_index == map_index), None)

    def move(self, instance: Instance, state: str, reason: str = "") -> None:
        """Gives it another state; what looks at it is decided again."""
        self._states[instance.task_id][instance.state] -= 1
        self._states[instance.task_id][state] += 1
        instance.state = state
        instance.reason = reason or instance.reason
        if state not in FINISHED:
            return
        for task_id in [*self.graph.downstream[instance.task_id], *self.graph.needed_by[instance.task_id]]:
            by_index = self.graph.is_by_index(instance.task_id, task_id)
            self.dirty += [one for one in self.by_task[task_id] if not by_index or one.map_index == instance.map_index]

    def looked_at(self, instance: Instance, above: str) -> List[Instance]:
        """Those of a task above that this one looks at: within a mapped group only that of its own index."""
        if not self.graph.is_by_index(above, instance.task_id):
            return self.by_task[above]
        neighbour = self.at(above, instance.map_index)
        return [] if neighbour is None else [neighbour]

    def counts_above(self, instance: Instance) -> UpstreamCounts:
        counts = UpstreamCounts()
        for above in self.graph.upstream[instance.task_id]:
            is_setup = self.graph.tasks[above].is_setup
            if self.graph.is_by_index(above, instance.task_id):
                for neighbour in self.looked_at(instance, above):
                    counts.add(neighbour.state, is_setup)
            else:
                for state, times in self._states[above].items():
                    counts.add(state, is_setup, times)
        return counts
