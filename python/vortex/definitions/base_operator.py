"""BaseOperator: what every task has. An operator is a subclass with `execute(context)`."""

from __future__ import annotations

import logging
from typing import Any, Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Set

from vortex.configuration import conf
from vortex.definitions import operator_arguments as arguments
from vortex.definitions.construction import OperatorMeta
from vortex.definitions.dependencies import Node
from vortex.definitions.edges import chain, chain_linear, cross_downstream
from vortex.definitions.in_process import TaskInProcess
from vortex.definitions.lineage import Lineage
from vortex.definitions.names import check_id
from vortex.definitions.params import ParamsDict
from vortex.definitions.rendering import Rendering
from vortex.definitions.rules import TriggerRule, WeightRule, is_weight_strategy, read_trigger_rule, read_weight_rule
from vortex.definitions.setup_teardown import SetupTeardown
from vortex.definitions.xcom_arg import XComArg, depend_on_references
from vortex.exceptions import AirflowException

__all__ = ["BaseOperator", "BaseOperatorLink", "chain", "chain_linear", "cross_downstream"]


class BaseOperatorLink:
    """A link on a task's page in Airflow; accepted and not shown."""

    name = ""


class BaseOperator(SetupTeardown, Rendering, Lineage, TaskInProcess, Node, metaclass=OperatorMeta):
    """
    A task. The common arguments are Airflow's (1.10 to 3.x) and one of VORTEX, `secrets`.

    task_id: letters, digits, `_ - .`, at most 250 characters, unique in its DAG. Inside a task group the group's id and a dot come first.
    owner, email, email_on_failure, email_on_retry: shown; mail is sent where a mail server is configured.
    retries: tries after the first (0). retry_delay: timedelta or seconds (300). retry_exponential_backoff: False, True (factor 2) or a
        factor. max_retry_delay: cap of a growing delay.
    execution_timeout: timedelta; a try that takes longer is killed with all its processes and may be retried.
    start_date, end_date: runs with a logical date outside leave the task out.
    depends_on_past, wait_for_downstream, ignore_first_depends_on_past, wait_for_past_depends_before_skipping: look at the previous run.
    priority_weight (1), weight_rule ("downstream"), pool ("default_pool"), pool_slots (1), queue ("default").
    max_active_tis_per_dag (also task_concurrency), max_active_tis_per_dagrun: limits over all runs, and within one.
    trigger_rule: when it may run, given its upstreams ("all_success").
    on_execute_callback, on_success_callback, on_failure_callback, on_retry_callback, on_skipped_callback: a callable or several, called
        with the context. pre_execute(context), post_execute(context, result): called around execute.
    do_xcom_push: whether the result is kept as XCom `return_value` (True); multiple_outputs: each key of a returned dict as well.
    params: values for templates; they win over the DAG's. secrets: {"ENV_NAME": "secret_name"} or a list of names; the task, and no
        other, finds these vault secrets in its environment.
    doc, doc_md, doc_json, doc_yaml, doc_rst, task_display_name: for people.
    sla, resources, run_as_user, executor, executor_config: accepted and ignored with a remark on the DAG page.

    Raises AirflowException for a missing, malformed or unknown argument (the last is a TypeError as well: Airflow 2 raises the one,
    Airflow 3 the other) and for a task_id that is taken.
    Source of the rules: Airflow core-concepts/tasks and operators; BaseOperator of 1.10 to 3.2.
    """

    template_fields: Collection[str] = ()
    template_ext: Sequence[str] = ()
    template_fields_renderers: Dict[str, str] = {}
    operator_extra_links: Collection[Any] = ()
    ui_color = "#fff"
    ui_fgcolor = "#000"
    # Package that would be needed to run it, if this class only stands in for an operator that VORTEX does not have.
    stub_package: Optional[str] = None
    # What it is mapped over (mapping.py); None = it is not.
    expand_input: Any = None
    # What people read instead of the class name, such as `@task`.
    custom_operator_name: Optional[str] = None

    def __init__(
        self,
        task_id: str,
        owner: Optional[str] = None,
        email: Any = None,
        email_on_retry: bool = True,
        email_on_failure: bool = True,
        retries: Optional[int] = None,
        retry_delay: Any = None,
        retry_exponential_backoff: Any = False,
        max_retry_delay: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        depends_on_past: bool = False,
        ignore_first_depends_on_past: bool = True,
        wait_for_past_depends_before_skipping: bool = False,
        wait_for_downstream: bool = False,
        dag: Any = None,
        params: Optional[Mapping[str, Any]] = None,
        default_args: Optional[Dict[str, Any]] = None,
        priority_weight: int = 1,
        weight_rule: Any = WeightRule.DOWNSTREAM,
        queue: Optional[str] = None,
        pool: Optional[str] = None,
        pool_slots: int = 1,
        sla: Any = None,
        execution_timeout: Any = None,
        on_execute_callback: Any = None,
        on_failure_callback: Any = None,
        on_success_callback: Any = None,
        on_retry_callback: Any = None,
        on_skipped_callback: Any = None,
        pre_execute: Any = None,
        post_execute: Any = None,
        trigger_rule: Any = TriggerRule.ALL_SUCCESS,
        resources: Any = None,
        run_as_user: Optional[str] = None,
        map_index_template: Optional[str] = None,
        task_concurrency: Optional[int] = None,
        max_active_tis_per_dag: Optional[int] = None,
        max_active_tis_per_dagrun: Optional[int] = None,
        executor: Optional[str] = None,
        executor_config: Optional[Dict[str, Any]] = None,
        do_xcom_push: bool = True,
        multiple_outputs: bool = False,
        inlets: Any = None,
        outlets: Any = None,
        task_group: Any = None,
        doc: Optional[str] = None,
        doc_md: Optional[str] = None,
        doc_json: Optional[str] = None,
        doc_yaml: Optional[str] = None,
        doc_rst: Optional[str] = None,
        task_display_name: Optional[str] = None,
        logger_name: Optional[str] = None,
        allow_nested_operators: bool = True,
        secrets: Any = None,
        **kwargs: Any,
    ) -> None:
        found = self.__dict__
        group = found.pop("_found_group", None)
        dag = found.pop("_found_dag", None)
        check_id(task_id, "task_id")
        arguments.refuse_unknown(type(self).__name__, task_id, kwargs, lambda: argument_names(type(self)))
        self.task_id: str = group.child_id(task_id) if group is not None else task_id
        task_id = self.task_id
        self.task_group = group
        self._dag: Any = None
        self.upstream_task_ids: Set[str] = set()
        self.downstream_task_ids: Set[str] = set()
        self.notices: List[str] = []

        self.owner = owner or conf.get("operators", "default_owner")
        self.email = email
        self.email_on_retry = email_on_retry
        self.email_on_failure = email_on_failure
        self.retries = arguments.read_retries(retries, task_id)
        self.retry_delay = (
            arguments.default_retry_delay() if retry_delay is None else arguments.read_seconds(retry_delay, "retry_delay", task_id)
        )
        self.retry_exponential_backoff = arguments.read_backoff(retry_exponential_backoff, task_id)
        self.max_retry_delay = None if max_retry_delay is None else arguments.read_seconds(max_retry_delay, "max_retry_delay", task_id)
        self.execution_timeout = arguments.read_timeout(execution_timeout, task_id)
        tz = dag.timezone if dag is not None else None
        self.start_date = arguments.read_date(start_date, "start_date", f"Task {task_id!r}", tz)
        self.end_date = arguments.read_date(end_date, "end_date", f"Task {task_id!r}", tz)
        self.wait_for_downstream = bool(wait_for_downstream)
        self.depends_on_past = bool(depends_on_past) or self.wait_for_downstream
        self.ignore_first_depends_on_past = bool(ignore_first_depends_on_past)
        self.wait_for_past_depends_before_skipping = bool(wait_for_past_depends_before_skipping)
        self.priority_weight = arguments.read_count(priority_weight, "priority_weight", task_id, -(2**31))
        self.weight_rule = read_weight_rule(weight_rule, task_id)
        self.queue = queue or conf.get("operators", "default_queue")
        self.pool = pool or "default_pool"
        self.pool_slots = arguments.read_count(pool_slots, "pool_slots", task_id, 1)
        self.max_active_tis_per_dag = arguments.read_limit(
            task_concurrency if max_active_tis_per_dag is None else max_active_tis_per_dag, "max_active_tis_per_dag", task_id
        )
        self.max_active_tis_per_dagrun = arguments.read_limit(max_active_tis_per_dagrun, "max_active_tis_per_dagrun", task_id)
        self.trigger_rule = read_trigger_rule(trigger_rule, task_id)
        self.on_execute_callback = on_execute_callback
        self.on_failure_callback = on_failure_callback
        self.on_success_callback = on_success_callback
        self.on_retry_callback = on_retry_callback
        self.on_skipped_callback = on_skipped_callback
        self._pre_execute_hook = pre_execute
        self._post_execute_hook = post_execute
        self.params = ParamsDict(params)
        self.do_xcom_push = bool(do_xcom_push)
        self.multiple_outputs = bool(multiple_outputs)
        self.map_index_template = map_index_template
        self.inlets = _listed(inlets)
        self.outlets = _listed(outlets)
        self.secrets = arguments.read_secrets(secrets, task_id)
        self.doc, self.doc_md, self.doc_json, self.doc_yaml, self.doc_rst = doc, doc_md, doc_json, doc_yaml, doc_rst
        self.task_display_name = task_display_name or task_id
        self.sla, self.resources, self.run_as_user = sla, resources, run_as_user
        self.executor, self.executor_config = executor, executor_config or {}
        self._logger_name = logger_name
        self._note_ignored(weight_rule)

        if group is not None:
            group.add(self)
        if dag is not None:
            self.dag = dag

    def _note_ignored(self, weight_rule: Any) -> None:
        for name, words in arguments.IGNORED.items():
            if getattr(self, name):
                self.notices.append(words)
        if is_weight_strategy(weight_rule):
            self.notices.append("a weight_rule that is a class is not run by VORTEX; the task has its own priority_weight")

    def on_constructed(self) -> None:
        """After the whole constructor chain: arguments that are other tasks' results become dependencies."""
        self.depend_on_arguments()

    def depend_on_arguments(self) -> None:
        """XComArgs in template fields become dependencies. Called again when the DAG is complete, for fields that were set later."""
        if self.dag_or_none is not None:
            for name in self.template_fields:
                depend_on_references(self, getattr(self, name, None))

    # What an author overrides

    def pre_execute(self, context: Mapping[str, Any]) -> Any:
        """Runs after templates are rendered, before execute."""
        return self._pre_execute_hook(context) if self._pre_execute_hook is not None else None

    def execute(self, context: Any) -> Any:
        """The work. What it returns becomes XCom `return_value`."""
        raise NotImplementedError(f"{type(self).__name__} has no execute(self, context)")

    def post_execute(self, context: Mapping[str, Any], result: Any = None) -> Any:
        """Runs after execute, with its result."""
        return self._post_execute_hook(context, result) if self._post_execute_hook is not None else None

    def on_kill(self) -> None:
        """Ends what the task has started elsewhere. Called once, on timeout or when the task is told to end."""

    def defer(self, *, trigger: Any, method_name: str, kwargs: Optional[Dict[str, Any]] = None, timeout: Any = None) -> None:
        """Waits for a trigger's event, then goes on with `method_name(context, event, **kwargs)`. Never returns."""
        from vortex.exceptions import TaskDeferred

        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: Optional[Mapping[str, Any]], context: Any) -> Any:
        """Instead of `execute`, once the trigger has its event. Raises TaskDeferralError or TaskDeferralTimeout for a trigger that failed."""
        from vortex.execution.deferral import go_on

        return go_on(self, next_method, next_kwargs, context)

    # Where it belongs

    @property
    def dag(self) -> Any:
        if self._dag is None:
            raise AirflowException(f"Task {self.task_id!r} has not been assigned to a DAG yet")
        return self._dag

    @dag.setter
    def dag(self, dag: Any) -> None:
        if dag is self._dag:
            return
        if self._dag is not None:
            raise AirflowException(f"Task {self.task_id!r} belongs to DAG {self._dag.dag_id!r} already.")
        if dag is None:
            return
        dag.add_task(self)

    @property
    def dag_or_none(self) -> Any:
        return self._dag

    def has_dag(self) -> bool:
        return self._dag is not None

    @property
    def dag_id(self) -> str:
        return self._dag.dag_id if self._dag is not None else f"adhoc_{self.owner}"

    @property
    def node_id(self) -> str:
        return self.task_id

    @property
    def label(self) -> str:
        """The task_id without its group's prefix."""
        group = self.task_group
        prefix = f"{group.node_id}." if group is not None and group.prefix_group_id and group.node_id else ""
        return self.task_id[len(prefix) :] if prefix and self.task_id.startswith(prefix) else self.task_id

    @property
    def task_type(self) -> str:
        return type(self).__name__

    @property
    def operator_name(self) -> str:
        return self.custom_operator_name or type(self).__name__

    @property
    def operator_class(self) -> type:
        return type(self)

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(self._logger_name or f"{type(self).__module__}.{type(self).__name__}")

    @property
    def output(self) -> XComArg:
        """What the task will return, as an argument for other tasks."""
        return XComArg(self)

    @property
    def mapped_group(self) -> Any:
        """The mapped task group that it is in, or None."""
        group = self.task_group
        while group is not None and group.expand_input is None:
            group = group.parent_group
        return group

    @property
    def is_mapped(self) -> bool:
        """Whether it has an instance for each of several map indexes."""
        return self.expand_input is not None or self.mapped_group is not None

    # Relatives

    @property
    def roots(self) -> Sequence["BaseOperator"]:
        return (self,)

    @property
    def leaves(self) -> Sequence["BaseOperator"]:
        return (self,)

    def postpone(self, *_: Any) -> None:
        """A task is never empty."""

    @property
    def upstream_list(self) -> List["BaseOperator"]:
        return [self.dag.get_task(task_id) for task_id in sorted(self.upstream_task_ids)]

    @property
    def downstream_list(self) -> List["BaseOperator"]:
        return [self.dag.get_task(task_id) for task_id in sorted(self.downstream_task_ids)]

    def get_direct_relative_ids(self, upstream: bool = False) -> Set[str]:
        return self.upstream_task_ids if upstream else self.downstream_task_ids

    def get_direct_relatives(self, upstream: bool = False) -> Iterable["BaseOperator"]:
        return self.upstream_list if upstream else self.downstream_list

    def get_flat_relative_ids(self, *, upstream: bool = False) -> Set[str]:
        """Ids of all ancestors, or of all descendants."""
        found: Set[str] = set()
        waiting = list(self.get_direct_relative_ids(upstream))
        while waiting:
            task_id = waiting.pop()
            if task_id not in found:
                found.add(task_id)
                waiting.extend(self.dag.get_task(task_id).get_direct_relative_ids(upstream))
        return found

    def get_flat_relatives(self, upstream: bool = False) -> List["BaseOperator"]:
        return [self.dag.get_task(task_id) for task_id in sorted(self.get_flat_relative_ids(upstream=upstream))]

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Fixes some arguments of a mapped task; `.expand(...)` brings the others."""
        from vortex.definitions.mapping import OperatorPartial

        return OperatorPartial(cls, kwargs)

    def __repr__(self) -> str:
        return f"<Task({type(self).__name__}): {self.task_id}>"


def argument_names(operator: type) -> List[str]:
    """All arguments that the constructors of a class name."""
    import inspect

    names: Dict[str, None] = {}
    for kind in operator.__mro__:
        init = vars(kind).get("__init__")
        if init is not None and kind is not object:
            names.update(
                dict.fromkeys(
                    p.name for p in inspect.signature(init).parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
                )
            )
    names.pop("self", None)
    return list(names)


def _listed(value: Any) -> List[Any]:
    if value is None:
        return []
    if isinstance(value, (set, frozenset)):
        # Without an order of its own it would make each load another DAG version.
        return sorted(value, key=repr)
    return list(value) if isinstance(value, (list, tuple)) else [value]
