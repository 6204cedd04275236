"""`XCom` of airflow.models: reading XComs of any run from a running task."""
from __future__ import annotations

from typing import Any, Iterable, List, Optional, Union

from vortex.exceptions import AirflowException
from vortex.execution.model_columns import ColumnNames


class XCom(metaclass=ColumnNames):
    """
    Airflow's XCom, for the reading that DAG files do: get_one, get_many and get_value. XComs are written with `ti.xcom_push`. Source:
    Airflow, XCom.
    """

    @classmethod
    def get_one(
        cls,
        execution_date: Any = None,
        key: Optional[str] = None,
        task_id: Optional[str] = None,
        dag_id: Optional[str] = None,
        include_prior_dates: bool = False,
        session: Any = None,
        *,
        run_id: Optional[str] = None,
        map_index: Optional[int] = None,
    ) -> Any:
        """The value, or None. Without run_id or date of this task's own run."""
        ti = _running()["ti"]
        run = _run_id(dag_id or ti.dag_id, run_id, execution_date)
        where = {"dag_id": dag_id, "run_id": run, "include_prior_dates": include_prior_dates}
        found = ti.xcom_pull(task_ids=task_id or ti.task_id, key=key or "return_value", map_indexes=map_index, **where)
        return found

    @classmethod
    def get_many(
        cls,
        execution_date: Any = None,
        key: Optional[str] = None,
        task_ids: Union[None, str, Iterable[str]] = None,
        dag_ids: Optional[str] = None,
        include_prior_dates: bool = False,
        limit: Optional[int] = None,
        session: Any = None,
        *,
        run_id: Optional[str] = None,
        map_indexes: Any = None,
    ) -> List[Any]:
        """The values, in the order of the task ids. Airflow gives rows; here they are the values themselves."""
        ti = _running()["ti"]
        if not isinstance(dag_ids, (str, type(None))):
            raise AirflowException("XCom.get_many looks into one DAG: give dag_ids one id.")
        run = _run_id(dag_ids or ti.dag_id, run_id, execution_date)
        ids = [ti.task_id] if task_ids is None else [task_ids] if isinstance(task_ids, str) else list(task_ids)
        where = {"dag_id": dag_ids, "run_id": run, "include_prior_dates": include_prior_dates, "map_indexes": map_indexes}
        found = ti.xcom_pull(task_ids=ids, key=key or "return_value", **where)
        return found if limit is None else found[:limit]

    @classmethod
    def get_value(cls, *, ti_key: Any, key: Optional[str] = None, session: Any = None) -> Any:
        """`ti_key`: an object with dag_id, task_id, run_id and map_index."""
        map_index = getattr(ti_key, "map_index", -1)
        where = {"dag_id": ti_key.dag_id, "run_id": ti_key.run_id, "map_index": None if map_index < 0 else map_index}
        return cls.get_one(key=key, task_id=ti_key.task_id, **where)

    @classmethod
    def set(cls, *_: Any, **__: Any) -> None:
        raise AirflowException("XCom.set is not available here. Leave a value with ti.xcom_push(key, value), or return it.")

    @classmethod
    def clear(cls, *_: Any, **__: Any) -> None:
        raise AirflowException("XCom.clear is not available here: XComs go when their task starts anew.")


def _running() -> Any:
    from vortex.execution.current_context import get_current_context

    return get_current_context()


def _run_id(dag_id: str, run_id: Optional[str], date: Any) -> Optional[str]:
    if run_id is not None or date is None:
        return run_id
    from vortex.execution.found_runs import find_runs, instant_text

    found = find_runs(dag_id=dag_id, logical_dates=[instant_text(date)])
    if not found:
        raise AirflowException(f"DAG {dag_id!r} has no run for {date}.")
    return found[-1].run_id
