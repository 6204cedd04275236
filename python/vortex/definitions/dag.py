"""DAG: a named graph of tasks with a schedule."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Union

from vortex import registry
from vortex.configuration import conf
from vortex.definitions.authoring_context import DagContext
from vortex.definitions.dag_arguments import IGNORED, as_list, default_dates, read_schedule_arguments, refuse_unknown
from vortex.definitions.in_process import InProcess
from vortex.definitions.names import check_id
from vortex.definitions.not_given import NOTSET
from vortex.definitions.notices import Notices
from vortex.definitions.operator_arguments import read_date, read_seconds
from vortex.definitions.params import DagParam, ParamsDict
from vortex.definitions.task_group import TaskGroup
from vortex.exceptions import DuplicateTaskIdFound, TaskNotFound

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class DAG(InProcess):
    """
    A DAG, used as a `with` block, as the `dag=` of its tasks, or made by `@dag`. Arguments are Airflow's, 1.10 to 3.x.

    dag_id: letters, digits, `_ - .`, at most 250 characters.
    schedule: cron text, preset (`@daily`, `@once`, `@continuous`, ...), timedelta, relativedelta, timetable, or None = only people
        and other DAGs start runs. Older names: schedule_interval, timetable. Left out: None, for Airflow 2 files one day.
    start_date, end_date: first and last moment that runs are for. Without a zone they are in the site's default zone (UTC); the
        zone of start_date is the zone of the schedule.
    catchup: True = runs missed in the past are made up; left out, VORTEX makes none up and says so.
    default_args: arguments of all its tasks that do not say otherwise.
    params: values of the trigger dialog, plain or Param. max_active_runs (16), max_active_tasks (16; also concurrency).
    dagrun_timeout: timedelta or seconds; a run that takes longer fails. max_consecutive_failed_dag_runs (0 = off): pauses the DAG.
    fail_fast (also fail_stop): the first failure fails the run's other tasks.
    on_success_callback, on_failure_callback: a callable or several, called with the context on a worker once the run has ended by itself,
        at least once.
    template_searchpath, template_undefined, user_defined_macros, user_defined_filters, jinja_environment_kwargs,
    render_template_as_native_obj: how templates are rendered.
    is_paused_upon_creation, tags, doc_md (a text, or the path of a `.md` file), dag_display_name, owner_links, access_control,
    auto_register.
    concurrency, fail_stop, full_filepath, default_view, orientation, sla_miss_callback, ...: older arguments, accepted.

    Raises AirflowException for a malformed id, date or schedule; TypeError for an argument that no Airflow knows.
    """

    def __init__(
        self,
        dag_id: str,
        description: Optional[str] = None,
        schedule: Any = NOTSET,
        start_date: Any = None,
        end_date: Any = None,
        full_filepath: Optional[str] = None,
        template_searchpath: Union[None, str, Iterable[str]] = None,
        template_undefined: Any = None,
        user_defined_macros: Optional[Dict[str, Any]] = None,
        user_defined_filters: Optional[Dict[str, Callable[..., Any]]] = None,
        default_args: Optional[Dict[str, Any]] = None,
        concurrency: Optional[int] = None,
        max_active_tasks: Optional[int] = None,
        max_active_runs: Optional[int] = None,
        max_consecutive_failed_dag_runs: Optional[int] = None,
        dagrun_timeout: Any = None,
        catchup: Optional[bool] = None,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        doc_md: Optional[str] = None,
        params: Optional[Mapping[str, Any]] = None,
        is_paused_upon_creation: Optional[bool] = None,
        jinja_environment_kwargs: Optional[Dict[str, Any]] = None,
        render_template_as_native_obj: bool = False,
        tags: Optional[Collection[str]] = None,
        owner_links: Optional[Dict[str, str]] = None,
        auto_register: bool = True,
        fail_fast: bool = False,
        fail_stop: bool = False,
        dag_display_name: Optional[str] = None,
        schedule_interval: Any = NOTSET,
        timetable: Any = None,
        access_control: Any = None,
        **older: Any,
    ) -> None:
        check_id(dag_id, "dag_id")
        refuse_unknown(dag_id, older)
        self.dag_id = dag_id
        self.dialect = registry.current_dialect()
        self.notices = Notices()
        for name in older:
            if older[name] is not None and name in IGNORED:
                self.notices.add(IGNORED[name])
        self.description = description
        self.fileloc = full_filepath or _author_file()
        if default_args is not None and not isinstance(default_args, dict):
            raise TypeError(f"DAG {dag_id!r}: default_args must be a dict, not {type(default_args).__name__}")
        self.default_args: Dict[str, Any] = dict(default_args or {})
        start, self.timezone = default_dates(dag_id, start_date, self.default_args)
        self.start_date = start
        self.end_date = read_date(end_date, "end_date", f"DAG {dag_id!r}", self.timezone)
        self.schedule = read_schedule_arguments(dag_id, schedule, schedule_interval, timetable, self.dialect)
        self.catchup = catchup
        self._active_runs_given = max_active_runs is not None
        self.max_active_runs = max_active_runs if max_active_runs is not None else conf.getint("core", "max_active_runs_per_dag")
        limit = max_active_tasks if max_active_tasks is not None else concurrency
        self.max_active_tasks = limit if limit is not None else conf.getint("core", "max_active_tasks_per_dag")
        self.max_consecutive_failed_dag_runs = max_consecutive_failed_dag_runs or 0
        self.dagrun_timeout = None if dagrun_timeout is None else read_seconds(dagrun_timeout, "dagrun_timeout", dag_id)
        self.on_success_callback = on_success_callback
        self.on_failure_callback = on_failure_callback
        self.has_on_success_callback = on_success_callback is not None
        self.has_on_failure_callback = on_failure_callback is not None
        self.template_searchpath: List[str] = as_list(template_searchpath)
        self.template_undefined = template_undefined
        self.user_defined_macros = user_defined_macros
        self.user_defined_filters = user_defined_filters
        self.jinja_environment_kwargs = jinja_environment_kwargs
        self.render_template_as_native_obj = render_template_as_native_obj
        self.params = ParamsDict({**(self.default_args.pop("params", None) or {}), **_own_params(params)})
        self.is_paused_upon_creation = is_paused_upon_creation
        self.tags: List[str] = sorted(tags) if isinstance(tags, (set, frozenset)) else as_list(tags)
        self.doc_md = doc_md
        self.dag_display_name = dag_display_name or dag_id
        self.fail_fast = bool(fail_fast or fail_stop)
        self.owner_links = owner_links or {}
        self.access_control = access_control
        self.auto_register = auto_register
        self.task_dict: Dict[str, Any] = {}
        self._mapping_sources: Set[str] = set()
        self.task_group_dict: Dict[str, TaskGroup] = {}
        self.edge_info: Dict[str, Dict[str, Dict[str, Any]]] = {}
        self.task_group = TaskGroup.create_root(self)

    # with DAG(...) as dag

    def __enter__(self) -> "DAG":
        DagContext.push(self)
        return self

    def __exit__(self, *_error: Any) -> None:
        DagContext.pop()
        registry.register(self)

    # Tasks

    def add_task(self, task: Any) -> None:
        """Takes a task in. Raises DuplicateTaskIdFound if its id, or a group's, is the same."""
        task_id = task.task_id
        if self.task_dict.get(task_id) is task:
            return
        if task_id in self.task_dict or task_id in self.task_group_dict:
            kind = "task" if task_id in self.task_dict else "task group"
            raise DuplicateTaskIdFound(
                f"Task id {task_id!r} has already been added to the DAG {self.dag_id!r}, as a {kind}. Ids are unique within a DAG."
            )
        self.task_dict[task_id] = task
        task.__dict__["_dag"] = self
        if self.start_date is not None:
            task.start_date = self.start_date if task.start_date is None else max(task.start_date, self.start_date)
        if self.end_date is not None:
            task.end_date = self.end_date if task.end_date is None else min(task.end_date, self.end_date)
        if task.task_group is None:
            task.task_group = self.task_group
            self.task_group.add(task)

    def add_tasks(self, tasks: Iterable[Any]) -> None:
        for task in tasks:
            self.add_task(task)

    def settle(self) -> None:
        """
        The file has been loaded: what could only be known now is done. Links with groups that were empty, and XComArgs put into
        template fields after construction.
        """
        groups = list(self.task_group_dict.values())
        for _ in range(len(groups) + 1):
            if not any(group._postponed for group in groups):
                break
            for group in groups:
                group.settle()
        for task in self.task_dict.values():
            task.depend_on_arguments()
        # Asked by every attempt, so it is found once, before any of them is forked.
        self._mapping_sources = {operator.task_id for given in self._expand_inputs() for operator, _ in given.iter_references()}

    def _expand_inputs(self) -> Iterable[Any]:
        for owner in (*self.task_dict.values(), *self.task_group.iter_groups()):
            if owner.expand_input is not None:
                yield owner.expand_input

    def mapping_sources(self) -> "Set[str]":
        """Ids of the tasks over whose results others are mapped."""
        return self._mapping_sources

    @property
    def tasks(self) -> List[Any]:
        return list(self.task_dict.values())

    @property
    def task_ids(self) -> List[str]:
        return list(self.task_dict)

    @property
    def task_count(self) -> int:
        return len(self.task_dict)

    def has_task(self, task_id: str) -> bool:
        return task_id in self.task_dict

    def get_task(self, task_id: str, include_subdags: bool = False) -> Any:
        """Raises TaskNotFound."""
        task = self.task_dict.get(task_id)
        if task is None:
            raise TaskNotFound(f"The DAG {self.dag_id!r} has no task {task_id!r}.")
        return task

    @property
    def roots(self) -> Sequence[Any]:
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> Sequence[Any]:
        return [task for task in self.tasks if not task.downstream_task_ids]

    def topological_sort(self, include_subdag_tasks: bool = False) -> Sequence[Any]:
        """Each task after its upstreams. Raises AirflowDagCycleException."""
        from vortex.definitions.graph import topological_order

        return topological_order(self)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id: str, downstream_task_id: str) -> Dict[str, Any]:
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def set_edge_info(self, upstream_task_id: str, downstream_task_id: str, info: Dict[str, Any]) -> None:
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    # What authors read

    def param(self, name: str, default: Any = NOTSET) -> DagParam:
        """A value of the run, for arguments of tasks."""
        return DagParam(current_dag=self, name=name, default=default)

    @property
    def owner(self) -> str:
        """Owners of its tasks, each once."""
        return ", ".join(dict.fromkeys(task.owner for task in self.tasks)) or self.default_args.get("owner") or "airflow"

    @property
    def schedule_interval(self) -> Any:
        return self.schedule

    @property
    def timetable(self) -> Any:
        from vortex.definitions.timetables import read_schedule

        return read_schedule(self.schedule, self.timezone, self.dialect, self.dag_id)

    @property
    def concurrency(self) -> int:
        return self.max_active_tasks

    @property
    def active_runs_given(self) -> bool:
        return self._active_runs_given

    @property
    def folder(self) -> str:
        return os.path.dirname(self.fileloc) if self.fileloc else ""

    @property
    def filepath(self) -> str:
        return self.fileloc

    # By hand

    def cli(self) -> None:
        """`python my_dag.py`: says how to run it with VORTEX."""
        raise SystemExit(f"Run this DAG with:  vortex run {self.fileloc}\nMore commands:      vortex dags --help")

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"


def _own_params(params: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    if params is None:
        return {}
    if isinstance(params, ParamsDict):
        return {name: params.get_param(name) for name in params}
    if not isinstance(params, Mapping):
        raise TypeError(f"params must be a dict, not {type(params).__name__}")
    return dict(params)


def _author_file() -> str:
    """The file of the first caller outside this package."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename if frame is not None else ""
