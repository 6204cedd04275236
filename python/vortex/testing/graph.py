"""
A DAG as a run without a server needs it: neighbours, which work belongs to which setups, what is mapped together, and the tasks that decide
the run. Twin of server/domain/graph.ts and mapping.ts.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Set


class Mapping:
    """A mapped task, or a mapped group with all its tasks."""

    def __init__(self, program: List[Dict[str, Any]], is_group: bool) -> None:
        self.tasks: List[str] = []
        self.is_group = is_group
        self._program = program
        # Ids of the tasks whose results the length is made of.
        self.sources: List[str] = list(dict.fromkeys(step["task_id"] for step in program if step["step"] == "xcom"))

    def length(self, length_of: Callable[[str], Optional[int]]) -> Optional[int]:
        """How many instances; None = a source left no value."""
        stack: List[int] = []
        for step in self._program:
            kind = step["step"]
            if kind == "literal":
                stack.append(step["length"])
            elif kind == "xcom":
                found = length_of(step["task_id"])
                if found is None:
                    return None
                stack.append(found)
            else:
                stack, lengths = stack[: -step["of"]], stack[-step["of"] :]
                stack.append(_COMBINED[kind](lengths))
        return stack[-1] if stack else 0


def _product(lengths: List[int]) -> int:
    product = 1
    for length in lengths:
        product *= length
    return product


_COMBINED: Dict[str, Callable[[List[int]], int]] = {"product": _product, "shortest": min, "longest": max, "sum": sum}


class Graph:
    """Of a settled DAG. Raises AirflowDagCycleException."""

    def __init__(self, dag: Any) -> None:
        self.order: List[str] = [task.task_id for task in dag.topological_sort()]
        self.tasks: Dict[str, Any] = dict(dag.task_dict)
        self.upstream: Dict[str, List[str]] = {task_id: sorted(task.upstream_task_ids) for task_id, task in self.tasks.items()}
        self.downstream: Dict[str, List[str]] = {task_id: sorted(task.downstream_task_ids) for task_id, task in self.tasks.items()}
        self.mappings: Dict[str, Optional[Mapping]] = self._mappings()
        # Of each task the setups above it, not directly, whose teardown is below it: they must have succeeded.
        self.indirect_setups: Dict[str, List[str]] = {task_id: [] for task_id in self.tasks}
        # Of each teardown what is between its setups and it, not directly above it: it waits for that, too.
        self.between: Dict[str, Set[str]] = {task_id: set() for task_id in self.tasks}
        # Of each task those that look at it though it is not directly above them.
        self.needed_by: Dict[str, Set[str]] = {task_id: set() for task_id in self.tasks}
        for task_id, task in self.tasks.items():
            if task.is_setup:
                self._scope(task_id)
        for teardown, scope in self.between.items():
            for task_id in scope:
                self.needed_by[task_id].add(teardown)
        self.deciders: List[str] = self._deciders()

    def _mappings(self) -> Dict[str, Optional[Mapping]]:
        groups: Dict[int, Mapping] = {}
        found: Dict[str, Optional[Mapping]] = {}
        for task_id, task in self.tasks.items():
            group, mapping = task.mapped_group, None
            if group is not None:
                mapping = groups.setdefault(id(group), Mapping(group.expand_input.length_program(), True))
            elif task.expand_input is not None:
                mapping = Mapping(task.expand_input.length_program(), False)
            if mapping is not None:
                mapping.tasks.append(task_id)
            found[task_id] = mapping
        return found

    def _scope(self, setup: str) -> None:
        direct = self.downstream[setup]
        own = [task_id for task_id in direct if self.tasks[task_id].is_teardown]
        above = reachable(self.upstream, own) if own else None
        below = reachable(self.downstream, [setup])
        for teardown in own:
            within = reachable(self.upstream, [teardown]) & below
            self.between[teardown] |= within - set(self.upstream[teardown])
        for task_id in below:
            if self.tasks[task_id].is_teardown or (above is not None and task_id not in above) or task_id in direct:
                continue
            self.indirect_setups[task_id].append(setup)
            self.needed_by[setup].add(task_id)

    def _deciders(self) -> List[str]:
        """Without downstreams, not counting teardowns that may not fail the run; one that may decides for the work above it (Airflow)."""

        def counts(task_id: str) -> bool:
            task = self.tasks[task_id]
            return not task.is_teardown or task.on_failure_fail_dagrun

        found = [task_id for task_id in self.tasks if counts(task_id) and not any(counts(below) for below in self.downstream[task_id])]
        return found or [task_id for task_id in self.tasks if not self.downstream[task_id]]

    def is_by_index(self, above: str, task_id: str) -> bool:
        """Whether both are in one mapped group: then only the same index looks at each other."""
        mapping = self.mappings[task_id]
        return mapping is not None and mapping.is_group and self.mappings[above] is mapping


def reachable(edges: Dict[str, List[str]], start: Iterable[str]) -> Set[str]:
    """All that is reached along the edges, without the start."""
    found: Set[str] = set()
    waiting = list(start)
    while waiting:
        for following in edges[waiting.pop()]:
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found
