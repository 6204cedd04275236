"""TaskGroup: tasks that belong together on the graph, with ids that start with the group's."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from vortex.definitions.authoring_context import DagContext, TaskGroupContext
from vortex.definitions.dependencies import Node, link
from vortex.definitions.names import check_group_id
from vortex.exceptions import DuplicateTaskIdFound

_SUFFIX = re.compile(r"__\d+$")


class TaskGroup(Node):
    """
    A group of tasks, used as a `with` block.

    group_id: letters, digits, `_` and `-`; shares its namespace with task ids. prefix_group_id: whether ids in the group start with
        `group_id.` (True). parent_group: the group around it (the enclosing block). default_args: win over the DAG's.
    tooltip, ui_color, ui_fgcolor, group_display_name: for the graph. add_suffix_on_collision: a taken group_id gets `__1`, `__2`, ...

    `group >> task` connects the group's leaves (teardowns left out), `task >> group` its roots. An empty group passes on what is
    before it to what is after it. Raises DuplicateTaskIdFound for a taken group_id.
    Source: Airflow core-concepts/dags, "TaskGroups".
    """

    def __init__(
        self,
        group_id: Optional[str],
        prefix_group_id: bool = True,
        parent_group: Optional["TaskGroup"] = None,
        dag: Any = None,
        default_args: Optional[Dict[str, Any]] = None,
        tooltip: str = "",
        ui_color: str = "CornflowerBlue",
        ui_fgcolor: str = "#000",
        add_suffix_on_collision: bool = False,
        group_display_name: str = "",
    ) -> None:
        # What it is mapped over (mapping.py); None = it is not.
        self.expand_input: Any = None
        self.prefix_group_id = prefix_group_id
        self.default_args = dict(default_args or {})
        self.tooltip = tooltip or ""
        self.ui_color = ui_color
        self.ui_fgcolor = ui_fgcolor
        self.group_display_name = group_display_name
        self.children: Dict[str, Any] = {}
        self.dag: Any = dag
        self.parent_group = parent_group
        # Links that wait until the group has tasks, or is known to stay empty.
        self._postponed: List[Tuple[Any, Any, Optional[str]]] = []
        if group_id is None:
            self._group_id: Optional[str] = None
            return
        check_group_id(group_id)
        if self.parent_group is None:
            self.dag = dag if dag is not None else DagContext.get_current_dag()
            self.parent_group = TaskGroupContext.get_current(self.dag)
        if self.dag is None and self.parent_group is not None:
            self.dag = self.parent_group.dag
        self._group_id = self._free_id(group_id, add_suffix_on_collision)
        if self.parent_group is not None:
            self.parent_group.add(self)
        if self.dag is not None:
            self.dag.task_group_dict[self.group_id] = self

    @classmethod
    def create_root(cls, dag: Any) -> "TaskGroup":
        """The group of a DAG itself; it has no id and is not shown."""
        return cls(group_id=None, dag=dag)

    def _free_id(self, group_id: str, add_suffix: bool) -> str:
        taken = self._is_taken
        if not taken(group_id):
            return group_id
        if not add_suffix:
            raise DuplicateTaskIdFound(f"group_id {self._full_id(group_id)!r} has already been added to the DAG, as a task or as a group.")
        base, number = _SUFFIX.sub("", group_id), 1
        while taken(f"{base}__{number}"):
            number += 1
        return f"{base}__{number}"

    def _is_taken(self, group_id: str) -> bool:
        full = self._full_id(group_id)
        if self.dag is not None:
            return full in self.dag.task_dict or full in self.dag.task_group_dict
        return self.parent_group is not None and full in self.parent_group.children

    def _full_id(self, group_id: str) -> str:
        return self.parent_group.child_id(group_id) if self.parent_group is not None else group_id

    @property
    def is_root(self) -> bool:
        return self._group_id is None

    @property
    def group_id(self) -> Optional[str]:
        """The full id, such as `outer.inner`; None for a DAG's root group."""
        if self._group_id is None:
            return None
        return self._full_id(self._group_id)

    @property
    def node_id(self) -> str:
        return self.group_id or ""

    @property
    def label(self) -> str:
        return self.group_display_name or self._group_id or ""

    def child_id(self, label: str) -> str:
        """The id that a task or group called `label` has in this group."""
        return f"{self.group_id}.{label}" if self.group_id and self.prefix_group_id else label

    def add(self, child: Any) -> None:
        """Raises DuplicateTaskIdFound if the id is taken in this group."""
        if child.node_id in self.children:
            kind = "group" if isinstance(child, TaskGroup) else "task"
            raise DuplicateTaskIdFound(f"{kind} id {child.node_id!r} has already been added to the DAG.")
        self.children[child.node_id] = child

    def merged_default_args(self) -> Dict[str, Any]:
        """default_args of the groups around it and its own; inner wins."""
        outer = self.parent_group.merged_default_args() if self.parent_group is not None else {}
        return {**outer, **self.default_args}

    def __enter__(self) -> "TaskGroup":
        TaskGroupContext.push(self)
        return self

    def __exit__(self, *_error: Any) -> None:
        TaskGroupContext.pop()

    def __iter__(self) -> Iterator[Any]:
        """All tasks in it, nested groups included."""
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield from child
            else:
                yield child

    def iter_groups(self) -> Iterator["TaskGroup"]:
        """Groups in it, outer before inner."""
        for child in self.children.values():
            if isinstance(child, TaskGroup):
                yield child
                yield from child.iter_groups()

    def has_task(self, task: Any) -> bool:
        return any(found is task for found in self)

    def get_child_by_label(self, label: str) -> Any:
        return self.children[self.child_id(label)]

    @property
    def roots(self) -> Sequence[Any]:
        return list(self.get_roots())

    @property
    def leaves(self) -> Sequence[Any]:
        return list(self.get_leaves())

    def get_roots(self) -> Iterator[Any]:
        """Tasks without an upstream in the group."""
        tasks = list(self)
        ids = {task.task_id for task in tasks}
        for task in tasks:
            if task.upstream_task_ids.isdisjoint(ids):
                yield task

    def get_leaves(self) -> Iterator[Any]:
        """Tasks without a downstream in the group; a teardown leaf gives way to what is before it."""
        tasks = {task.task_id: task for task in self}
        found: Dict[str, Any] = {}
        waiting = [task for task in tasks.values() if task.downstream_task_ids.isdisjoint(tasks)]
        seen = set()
        while waiting:
            task = waiting.pop(0)
            if task.task_id in seen:
                continue
            seen.add(task.task_id)
            if not task.is_teardown:
                found[task.task_id] = task
                continue
            before = [tasks[task_id] for task_id in sorted(task.upstream_task_ids) if task_id in tasks]
            # A setup whose only work is the teardown would otherwise be a leaf beside the real ones.
            waiting.extend(up for up in before if not up.is_setup or all(t.is_teardown for t in up.downstream_list))
        yield from found.values()

    def postpone(self, upstream: Any, downstream: Any, label: Optional[str]) -> None:
        self._postponed.append((upstream, downstream, label))

    def settle(self) -> None:
        """The DAG is complete: postponed links are made now; a group that stayed empty connects its two sides."""
        waiting, self._postponed = self._postponed, []
        if any(True for _ in self):
            for up, down, label in waiting:
                link(up, down, label)
            return
        before = [(up, label) for up, down, label in waiting if down is self]
        after = [(down, label) for up, down, label in waiting if up is self]
        for up, label in before:
            for down, other in after:
                link(up, down, other or label)

    def __repr__(self) -> str:
        return f"<TaskGroup: {self.group_id}>"


def unique_task_id(task_id: str, dag: Any, group: Optional[TaskGroup]) -> str:
    """The id, or `id__1`, `id__2`, ... if it is taken: calling a @task function again makes another task."""
    if dag is None:
        return task_id

    def taken(name: str) -> bool:
        full = group.child_id(name) if group is not None else name
        return full in dag.task_dict or full in dag.task_group_dict

    if not taken(task_id):
        return task_id
    base, number = _SUFFIX.sub("", task_id), 1
    while taken(f"{base}__{number}"):
        number += 1
    return f"{base}__{number}"
