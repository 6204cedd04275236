"""Makes the tasks of one DAG: operator, arguments, mapping, setup and teardown."""

from __future__ import annotations

import functools
import re
from typing import Any, Dict, Optional, Tuple

from vortex.definitions.authoring_context import TaskGroupContext
from vortex.factory import facts
from vortex.factory.arguments import annotation_of, read_argument
from vortex.factory.check import check
from vortex.factory.document import Node, Problems, listed, mapping_of, nearest
from vortex.factory.imports import NotFound
from vortex.factory.operators import CATALOGUE, SHORT_OF, Argument, arguments_of, load_operator
from vortex.factory.plan import DagPlan, TaskPlan
from vortex.factory.schema import definition
from vortex.factory.values import Bad, ValueReader

# `expand` may map over parameters of the function of these, as @task does.
_OF_FUNCTIONS = ("op_args", "op_kwargs")


class TaskMaker:
    """Makes tasks in the order in which they need one another's results."""

    def __init__(self, plan: DagPlan, problems: Problems, timezone: Any, default_args: "Dict[str, Any]") -> None:
        self._plan = plan
        self._problems = problems
        self._timezone = timezone
        self._defaults = default_args

    def make_all(self) -> None:
        for task in list(self._plan.tasks.values()):
            self.make(task)

    def make(self, task: TaskPlan) -> Any:
        """The operator, None if it could not be made."""
        if task.made is None and not task.failed:
            task.is_being_made = True
            before = len(self._problems.found)
            try:
                task.made = self._make(task)
            except Bad:
                pass
            task.is_being_made = False
            task.failed = task.made is None or len(self._problems.found) > before
        return task.made

    def _values(self, task: TaskPlan) -> ValueReader:
        def xcom(node: Node) -> Any:
            from vortex.definitions.xcom_arg import XComArg

            name = node.value["$xcom"]
            key = node.get("key")
            if name.kind != "text" or (key is not None and key.kind != "text"):
                raise values.fail(name, "`$xcom` is the id of a task, and `key` the name of one of its XComs.")
            found = self._plan.find(name.value, task.group, name, "The task")
            if found is None:
                raise Bad
            if not isinstance(found, TaskPlan):
                raise values.fail(name, f"`{name.value}` is a task group; only tasks have results.")
            if found.is_being_made:
                self._problems.add(name, f"The tasks `{task.id}` and `{found.id}` need each other's results: a cycle.", "cycle")
                raise Bad
            made = self.make(found)
            if made is None:
                raise Bad
            return XComArg(made, key.value) if key is not None else XComArg(made)

        values = ValueReader(self._problems, xcom, self._timezone)
        return values

    def _make(self, task: TaskPlan) -> Any:
        node = task.node
        if node.kind != "map":
            return None
        operator = node.get("operator")
        if operator is None:
            self._problems.add(task.key, f"The task `{task.name}` lacks the key `operator`, such as `operator: bash`.")
            return None
        if operator.value == "sensor" and "sensor_config" in node:
            # Its type has been refused.
            return None
        short, kind = self._operator(operator)
        if kind is None:
            return None
        arguments = arguments_of(kind)
        given = self._given(node)
        mapped = node.get("expand")
        is_known = self._check_names(task, short, kind, given, mapped)
        if not is_known or not self._check_required(task, kind, arguments, given):
            return None
        values = self._values(task)
        read: Dict[str, Any] = {}
        for name, value in given.items():
            try:
                read[name] = read_argument(name, annotation_of(arguments, name), value, values)
            except Bad:
                task.failed = True
        if task.failed:
            return None
        return self._construct(task, kind, {**read, "task_id": task.name}, values)

    def _operator(self, node: Node) -> "tuple[Optional[str], Any]":
        if node.kind != "text":
            return None, None
        values = ValueReader(self._problems, lambda _: None)
        try:
            short, kind = load_operator(node.value)
        except NotFound as error:
            raise values.fail(node, f"{error}{nearest(error.name, error.known)}") from None
        except Exception as error:
            if isinstance(error, ModuleNotFoundError):
                values.imported(node)
            values.note_traceback(error)
            raise values.fail(node, f"Importing `{node.value}` failed: {type(error).__name__}: {error}") from None
        from vortex.definitions.base_operator import BaseOperator

        if kind is None:
            # Unless the form of the key has been refused already.
            known = [*CATALOGUE, *SHORT_OF]
            raise values.fail(node, f"There is no operator `{node.value}`.{nearest(node.value, known)} Known are {listed(CATALOGUE)}, and others by import path.")
        if not (isinstance(kind, type) and issubclass(kind, BaseOperator)):
            raise values.fail(node, f"`{node.value}` is no operator class.")
        return short, kind

    def _given(self, node: Node) -> Dict[str, Node]:
        own = {name: value for name, value in node.items() if name not in facts.TASK_OWN_KEYS and name not in ("task_id", "task_group")}
        partial = node.get("partial")
        for name, value in partial.items() if partial is not None else ():
            if name in own:
                self._problems.add(partial.key(name), f"`{name}` is given twice: on the task, and in `partial`.")  # type: ignore[union-attr]
            own[name] = value
        return own

    def _check_names(self, task: TaskPlan, short: Optional[str], kind: Any, given: Dict[str, Node], mapped: Optional[Node]) -> bool:
        from vortex.definitions.base_operator import argument_names

        node = mapping_of(given, task.node)
        partial = task.node.get("partial")
        node.keys = {**task.node.keys, **(partial.keys if partial is not None else {})}
        if short is not None:
            return check(node, _form_of(short), self._problems, f"the task `{task.name}` ({kind.__name__})")
        if getattr(kind, "stub_package", None) is not None:
            return True
        known = argument_names(kind)
        unknown = [name for name in given if name not in known]
        for name in unknown:
            self._problems.add(node.key(name), f"{kind.__name__} has no argument `{name}`.{nearest(name, known)}")
        return not unknown

    def _check_required(self, task: TaskPlan, kind: Any, arguments: Tuple[Argument, ...], given: Dict[str, Node]) -> bool:
        if "expand_kwargs" in task.node or getattr(kind, "stub_package", None) is not None:
            return True
        mapped = task.node.get("expand")
        there = {*given, *self._defaults, "task_id", *(name for name, _ in (mapped.items() if mapped is not None else ()))}
        group = task.group
        while group is not None:
            there.update(name for name, _ in (group.node.get("default_args") or Node("map", {}, 0, 0)).items())
            group = group.parent
        missing = [one.name for one in arguments if one.required and one.name not in there]
        if missing:
            words = "argument" if len(missing) == 1 else "arguments"
            self._problems.add(task.key, f"The task `{task.name}` ({kind.__name__}) lacks the {words} {listed(missing)}.")
        return not missing

    def _construct(self, task: TaskPlan, kind: Any, arguments: Dict[str, Any], values: ValueReader) -> Any:
        group = task.group.made if task.group is not None else None
        if group is not None:
            TaskGroupContext.push(group)
        try:
            made = self._mapped(task, kind, arguments, values)
            if made is None:
                made = kind(**arguments)
            self._flag(task.node, made)
            return made
        except Bad:
            return None
        except Exception as error:  # noqa: BLE001 - constructors of authors raise anything
            values.note_traceback(error)
            text = re.sub(rf"^Task '{re.escape(task.id)}': ", "", str(error)) or type(error).__name__
            self._problems.add(self._place(task, text), f"The task `{task.name}` ({kind.__name__}): {text}")
            return None
        finally:
            if group is not None:
                TaskGroupContext.pop()

    def _place(self, task: TaskPlan, text: str) -> Node:
        """The argument that a message speaks of, else the task."""
        named = [name for name in task.node.value if name not in facts.TASK_OWN_KEYS and re.search(rf"\b{re.escape(name)}\b", text)]
        return task.node.value[named[0]] if named else task.key

    def _mapped(self, task: TaskPlan, kind: Any, arguments: Dict[str, Any], values: ValueReader) -> Any:
        one_by_one, expand = task.node.get("expand_kwargs"), task.node.get("expand")
        if one_by_one is not None and expand is not None:
            raise values.fail(task.node.key("expand_kwargs"), "`expand` and `expand_kwargs` exclude each other.")
        if one_by_one is not None:
            return kind.partial(**arguments).expand_kwargs(values.read(one_by_one))
        if expand is None:
            return None
        mapped = {name: values.read(value) for name, value in expand.items()}
        if hasattr(kind, "template_fields") and "python_callable" in arguments and not set(mapped) & set(_OF_FUNCTIONS):
            return self._mapped_function(kind, arguments, mapped)
        return kind.partial(**arguments).expand(**mapped)

    def _mapped_function(self, kind: Any, arguments: Dict[str, Any], mapped: Dict[str, Any]) -> Any:
        """Over parameters of the function, as `@task` functions are mapped."""
        import inspect

        from vortex.definitions.expand_input import DictOfLists
        from vortex.definitions.mapping import MappedTask, split_arguments

        common, own = split_arguments(arguments)
        fixed = dict(own.pop("op_kwargs", None) or {})
        inspect.signature(own["python_callable"]).bind_partial(**fixed, **mapped)
        return MappedTask(operator=kind, expand_input=DictOfLists(mapped), partial_kwargs=own, function_kwargs=fixed, **common)

    def _flag(self, node: Node, made: Any) -> None:
        teardown = node.get("teardown")
        fails = node.get("on_failure_fail_dagrun")
        if (teardown is not None and teardown.value) or "setups" in node:
            made.as_teardown(on_failure_fail_dagrun=bool(fails is not None and fails.value))
        setup = node.get("setup")
        if setup is not None and setup.value:
            made.as_setup()


@functools.lru_cache(maxsize=None)
def _form_of(short: str) -> Dict[str, Any]:
    """What a task of an operator may hold: the operator's own arguments first, then what all take. Once for each operator."""
    own = definition(f"operator.{short}")["properties"]
    common = {name: one for name, one in definition("task_keys")["properties"].items() if name not in facts.OLD_TASK_KEYS}
    return {"type": "object", "properties": {**own, **common, **own}, "additionalProperties": False}
