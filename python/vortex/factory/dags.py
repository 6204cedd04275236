"""Makes the DAGs of a document: each with its groups, tasks and dependencies."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from vortex.definitions.authoring_context import DagContext, TaskGroupContext
from vortex.factory import facts
from vortex.factory.arguments import known_annotations, read_argument, read_by_form
from vortex.factory.document import MAX_DEPTH, Node, Problems, nearest
from vortex.factory.expressions import NoExpression, is_expression, read_expression
from vortex.factory.plan import DagPlan, GroupPlan, TaskPlan
from vortex.factory.tasks import TaskMaker
from vortex.factory.values import Bad, ValueReader

# Read apart from the other keys.
_STRUCTURE = ("tasks", "task_groups", "dependencies", "default_args", "timezone", "id", "dag_id", "sla_seconds")


class DagMaker:
    """`file_args`: the file's default_args; `is_strict`: all operators are known, so that a misspelt default can be told."""

    def __init__(self, path: str, problems: Problems, file_args: Optional[Node], is_strict: bool) -> None:
        self._path = path
        self._problems = problems
        self._file_args = file_args
        self._is_strict = is_strict
        # (upstream, downstream) -> where it is written
        self._links: Dict[Tuple[str, str], Node] = {}

    def make(self, dag_id: str, key: Node, node: Node) -> Any:
        """The DAG; None if something is wrong with it."""
        before = len(self._problems.found)
        plan = DagPlan(self._problems)
        plan.read(node)
        zone = self._zone(node)
        values = ValueReader(self._problems, self._no_xcom, zone)
        try:
            dag = self._dag(dag_id, node, values, zone)
        except Bad:
            dag = self._stand_in()
        except Exception as error:  # noqa: BLE001 - said at the DAG
            # Unless it follows from a value of a wrong form, which has been told at its place.
            if not self._problems:
                self._problems.add(key, f"The DAG `{dag_id}`: {error}")
            dag = self._stand_in()
        self._check_links(node, plan)
        self._fill(dag, plan, zone)
        if len(self._problems.found) > before:
            return None
        self._link(node, plan)
        dag.settle()
        self._refuse_cycle(dag, key)
        return dag

    def _stand_in(self) -> Any:
        """For a DAG that cannot be made: its tasks are looked at all the same, so that everything is told at once."""
        from vortex.definitions.dag import DAG

        return DAG("stand_in", full_filepath=self._path, schedule=None)

    def _no_xcom(self, node: Node) -> Any:
        self._problems.add(node, "`$xcom` stands in arguments of tasks only: elsewhere there is no result yet.")
        raise Bad

    def _zone(self, node: Node) -> Any:
        name = node.get("timezone")
        if name is None or name.kind != "text":
            return None
        from vortex import timezone

        try:
            return timezone.parse_timezone(name.value)
        except Exception:  # noqa: BLE001 - pendulum's own kinds
            self._problems.add(name, f"`{name.value}` is no time zone. Write an IANA name such as Europe/Berlin or UTC.")
            return None

    def _dag(self, dag_id: str, node: Node, values: ValueReader, zone: Any) -> Any:
        from vortex.definitions.dag import DAG

        forms = {**facts.DAG_KEYS, **facts.OLD_DAG_KEYS}
        given: Dict[str, Any] = {}
        is_bad = False
        for name, value in node.items():
            if name in _STRUCTURE or name not in forms:
                continue
            try:
                given[name] = read_by_form(forms[name][0], value, values)
            except Bad:
                is_bad = True
        defaults = self._default_args(node.get("default_args"), values)
        if is_bad:
            raise Bad
        if zone is not None and given.get("start_date") is not None:
            given["start_date"] = given["start_date"].in_timezone(zone)
        dag = DAG(dag_id, full_filepath=self._path, default_args=defaults, **{"schedule": None, **given})
        if zone is not None:
            dag.timezone = zone
        if "sla_seconds" in node:
            dag.notices.add("sla_seconds is accepted and ignored: use dagrun_timeout and on_failure_callback")
        return dag

    def _default_args(self, own: Optional[Node], values: ValueReader) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        for node in (self._file_args, own):
            found.update(self._arguments(node, values))
        return found

    def _arguments(self, node: Optional[Node], values: ValueReader) -> Dict[str, Any]:
        annotations = known_annotations()
        found: Dict[str, Any] = {}
        for name, value in node.items() if node is not None else ():
            if name not in facts.TASK_KEYS and name not in annotations and self._is_strict:
                meant = nearest(name, facts.TASK_KEYS) or nearest(name, annotations)
                self._problems.add(node.key(name), f"No task has an argument `{name}`.{meant}")  # type: ignore[union-attr]
                continue
            try:
                found[name] = read_argument(name, annotations.get(name, ""), value, values)
            except Bad:
                continue
        return found

    def _fill(self, dag: Any, plan: DagPlan, zone: Any) -> None:
        values = ValueReader(self._problems, self._no_xcom, zone)
        DagContext.push(dag)
        try:
            for group in plan.groups.values():
                self._group(group, dag, values)
            TaskMaker(plan, self._problems, zone, dag.default_args).make_all()
        finally:
            DagContext.pop()

    def _group(self, group: GroupPlan, dag: Any, values: ValueReader) -> None:
        from vortex.definitions.task_group import TaskGroup

        around = group.parent.made if group.parent is not None else dag.task_group
        given = {name: value.value for name, value in group.node.items() if name not in ("tasks", "task_groups", "dependencies", "default_args")}
        defaults = self._arguments(group.node.get("default_args"), values)
        TaskGroupContext.push(around)
        try:
            group.made = TaskGroup(group.name, dag=dag, default_args=defaults, **given)
        except Exception as error:  # noqa: BLE001 - said at the group
            if not self._problems:
                self._problems.add(group.key, f"The group `{group.name}`: {error}")
        finally:
            TaskGroupContext.pop()

    # Dependencies

    def _check_links(self, node: Node, plan: DagPlan) -> None:
        """Every name, before anything is linked: what does not exist is told beside all other problems."""
        for place, up, down, _ in self._named_links(node, plan, self._problems):
            if up is down and up is not None:
                self._problems.add(place, f"`{up.id}` cannot run before itself.", "cycle")

    def _link(self, node: Node, plan: DagPlan) -> None:
        from vortex.definitions.dependencies import link

        # What a group begins and ends with is known once everything within it is linked: from the inside out.
        for place, up, down, label in sorted(self._named_links(node, plan, Problems()), key=lambda one: -_inwardness(one[1], one[2])):
            if up is None or down is None:
                continue
            self._links.setdefault((up.id, down.id), place)
            try:
                link(up.made, down.made, label)
            except Exception as error:  # noqa: BLE001 - said at the place
                self._problems.add(place, str(error))
        for task in plan.tasks.values():
            for name in _texts(task.node.get("setups")):
                setup = plan.find(name.value, task.group, name, "The setup")
                if isinstance(setup, TaskPlan):
                    setup.made.as_setup()
                    link(setup.made, task.made)

    def _named_links(self, node: Node, plan: DagPlan, problems: Problems) -> "List[Tuple[Node, Any, Any, Optional[str]]]":
        plan = DagPlan(problems, plan.tasks, plan.groups)
        found: List[Tuple[Node, Any, Any, Optional[str]]] = []
        for task in plan.tasks.values():
            for name in _texts(task.node.get("dependencies")):
                if is_expression(name.value):
                    problems.add(name, "Dependencies of a task are names. Expressions stand in the `dependencies` of the DAG, or of a group.")
                    continue
                found.append((name, plan.find(name.value, task.group, name, "The upstream"), task, None))
            for name in _texts(task.node.get("setups")):
                setup = plan.find(name.value, task.group, name, "The setup")
                if isinstance(setup, GroupPlan):
                    problems.add(name, f"`{name.value}` is a group; a setup is a task.")
        for place in _texts(node.get("dependencies")):
            found += self._expression(place, plan, None)
        for group in plan.groups.values():
            for place in _texts(group.node.get("dependencies")):
                if is_expression(place.value):
                    found += self._expression(place, plan, group)
                else:
                    found.append((place, plan.find(place.value, group.parent, place, "The upstream"), group, None))
        return found

    def _expression(self, place: Node, plan: DagPlan, group: Optional[GroupPlan]) -> "List[Tuple[Node, Any, Any, Optional[str]]]":
        try:
            links = read_expression(place.value)
        except NoExpression as error:
            plan.problems.add(place, f"`{place.value}` is no expression of dependencies: {error}. Write them as `a >> [b, c] >> d`.")
            return []
        ends = {name: plan.find(name, group, place, "The task") for one in links for name in (one.upstream, one.downstream)}
        return [(place, ends[one.upstream], ends[one.downstream], one.label) for one in links]

    def _refuse_cycle(self, dag: Any, key: Node) -> None:
        from vortex.definitions.graph import topological_order
        from vortex.exceptions import AirflowDagCycleException

        try:
            topological_order(dag)
        except AirflowDagCycleException as error:
            names = str(error).split(" has a cycle: ")[-1].split(". Each")[0].split(" -> ")
            pairs = set(zip(names, names[1:]))
            place = next((where for pair, where in self._links.items() if pair in pairs), key)
            self._problems.add(place, str(error), "cycle")


def _inwardness(*ends: Any) -> int:
    """How deep the outermost group lies that a link ends at; links of tasks come first."""
    return min([end.depth for end in ends if isinstance(end, GroupPlan)], default=MAX_DEPTH)


def _texts(node: Optional[Node]) -> List[Node]:
    if node is None:
        return []
    return [one for one in (node.value if node.kind == "list" else [node]) if one.kind == "text"]
