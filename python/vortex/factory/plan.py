"""The tasks and groups that a DAG of the document names, and what stands for what: ids are looked up from the inside out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

from vortex.factory.document import Node, Problems, nearest
from vortex.factory.older import current_task


@dataclass(eq=False)
class GroupPlan:
    id: str
    name: str
    node: Node
    key: Node
    parent: "Optional[GroupPlan]"
    made: Any = None

    @property
    def depth(self) -> int:
        return 1 + (self.parent.depth if self.parent is not None else 0)

    def child_id(self, name: str) -> str:
        prefix = self.node.get("prefix_group_id")
        return name if prefix is not None and prefix.value is False else f"{self.id}.{name}"


@dataclass(eq=False)
class TaskPlan:
    id: str
    name: str
    node: Node
    key: Node
    group: Optional[GroupPlan]
    made: Any = None
    is_being_made: bool = False
    # It could not be made; what needs it says nothing more.
    failed: bool = False


@dataclass
class DagPlan:
    problems: Problems
    tasks: Dict[str, TaskPlan] = field(default_factory=dict)
    groups: Dict[str, GroupPlan] = field(default_factory=dict)

    def read(self, dag: Node) -> None:
        self._read(dag, None)

    def _read(self, node: Node, group: Optional[GroupPlan]) -> None:
        for name, key, task in self._tasks_of(node.get("tasks")):
            own = task.get("task_group")
            drawn = self._old_group(own, group) if own is not None and own.kind == "text" else group
            full = drawn.child_id(name) if drawn is not None else name
            if self._is_free(full, key):
                self.tasks[full] = TaskPlan(full, name, task, key, drawn)
        groups = node.get("task_groups")
        for name, inner in groups.items() if groups is not None else ():
            key = groups.key(name)  # type: ignore[union-attr]
            full = group.child_id(name) if group is not None else name
            if self._is_free(full, key):
                self.groups[full] = plan = GroupPlan(full, name, inner, key, group)
                self._read(inner, plan)

    def _tasks_of(self, tasks: Optional[Node]) -> "Iterator[Tuple[str, Node, Node]]":
        if tasks is None:
            return
        if tasks.kind == "map":
            for name, node in tasks.items():
                task = current_task(node, self.problems)
                own = task.get("task_id")
                if own is not None and own.value != name:
                    self.problems.add(own, f"The task's id is its key, `{name}`. Remove `task_id`, or make it the same.")
                yield name, tasks.key(name), task
        elif tasks.kind == "list":
            for node in tasks.value:
                task = current_task(node, self.problems)
                own = task.get("task_id")
                if own is None:
                    self.problems.add(node, "A task in a list needs a `task_id`.")
                elif own.kind == "text":
                    yield own.value, own, task

    def _old_group(self, own: Node, around: Optional[GroupPlan]) -> GroupPlan:
        """`task_group: name` on a task: a group that leaves ids as they are."""
        found = self.groups.get(own.value)
        if found is None:
            no = Node("bool", False, own.line, own.column, "false")
            node = Node("map", {"prefix_group_id": no}, own.line, own.column)
            found = self.groups[own.value] = GroupPlan(own.value, own.value, node, own, around)
        return found

    def _is_free(self, full: str, key: Node) -> bool:
        taken: Union[TaskPlan, GroupPlan, None] = self.tasks.get(full) or self.groups.get(full)
        if taken is not None:
            kind = "task" if isinstance(taken, TaskPlan) else "group"
            self.problems.add(key, f"The id `{full}` is taken by the {kind} of line {taken.key.line}. Ids are unique within a DAG.", "duplicate")
        return taken is None

    def find(self, name: str, group: Optional[GroupPlan], at: Node, what: str) -> "Union[TaskPlan, GroupPlan, None]":
        """What a name stands for, seen from within a group; None after a problem was told."""
        around = group
        while True:
            full = around.child_id(name) if around is not None else name
            found = self.tasks.get(full) or self.groups.get(full)
            if found is not None:
                return found
            if around is None:
                break
            around = around.parent
        known: List[str] = [*self.tasks, *self.groups]
        short = [one.rpartition(".")[2] for one in known]
        self.problems.add(at, f"{what} `{name}` does not exist in this DAG.{nearest(name, [*known, *short])}")
        return None
