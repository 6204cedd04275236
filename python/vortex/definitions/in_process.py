"""What tests and `python my_dag.py` call on a DAG and on a task: handed on to vortex.testing, which is imported when it is called."""

from __future__ import annotations

from typing import Any, List


class InProcess:
    """The part of a DAG that runs it without server and worker."""

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """
        Runs the DAG once to its end in this process, and returns the run: `dag.test().state`. Arguments are those of Airflow 2.5 to 3.x:
        execution_date or logical_date (now; None in Airflow 3 = a run without a date), run_after, run_conf, conn_file_path and
        variable_file_path (JSON, YAML or .env), mark_success_pattern (regular expression of tasks that are not run); use_executor changes
        nothing. And one of VORTEX: sleep=False passes over the waits of sensors, retries and triggers.

        A failed task is no exception: `dag.test().check()` raises DagTestFailed. Source: Airflow core-concepts/debug.
        """
        from vortex.testing.dag_test import dag_test

        return dag_test(self, args, kwargs)

    def create_dagrun(self, *args: Any, **kwargs: Any) -> Any:
        """A run in this process, to take task instances from: `run.get_task_instance("a").run()`. See vortex.testing.dag_test."""
        from vortex.testing.dag_test import create_dagrun

        return create_dagrun(self, *args, **kwargs)

    def clear(self, **kwargs: Any) -> int:
        """Forgets the runs of this process; returns of how many task instances."""
        from vortex.testing.dag_test import clear

        return clear(self, **kwargs)

    def validate(self) -> None:
        """Raises AirflowDagCycleException. What else may be wrong was refused when it was made, or is when the file is loaded."""
        self.topological_sort()  # type: ignore[attr-defined]

    check_cycle = test_cycle = validate

    def infer_automated_data_interval(self, logical_date: Any) -> Any:
        from vortex.testing.intervals import manual_interval

        return manual_interval(self, logical_date)

    def following_schedule(self, dttm: Any) -> Any:
        """The point of the schedule after this one; None = there is none. Source: Airflow 1 and 2."""
        from vortex.testing.intervals import point_beside

        return point_beside(self, dttm, 1)

    def previous_schedule(self, dttm: Any) -> Any:
        """The point of the schedule before this one; None = there is none."""
        from vortex.testing.intervals import point_beside

        return point_beside(self, dttm, -1)

    # Airflow 1 and 2

    @property
    def normalized_schedule_interval(self) -> Any:
        """Presets written out; None for @once and no schedule."""
        from vortex.dates import cron_presets

        schedule = self.schedule  # type: ignore[attr-defined]
        return None if schedule == "@once" else cron_presets.get(schedule, schedule) if isinstance(schedule, str) else schedule

    is_subdag = False

    @property
    def subdags(self) -> List[Any]:
        """SubDAGs are task groups by now: none."""
        return []

    @property
    def safe_dag_id(self) -> str:
        return self.dag_id.replace(".", "__dot__")  # type: ignore[attr-defined, no-any-return]

    @property
    def relative_fileloc(self) -> Any:
        """Its file, relative to the folder that it was loaded from."""
        import os
        from pathlib import Path

        file, root = self.fileloc, getattr(self, "loaded_root", None)  # type: ignore[attr-defined]
        return Path(os.path.relpath(file, root)) if root is not None else Path(file)


class TaskInProcess:
    """The part of a task that runs it alone."""

    def run(self, start_date: Any = None, end_date: Any = None, **options: Any) -> None:
        """
        Runs this task alone in this process, for start_date (its own), whatever is above it; XComs are in `task.dag`'s run of that date.
        Raises what the task raised. Source: Airflow 2, BaseOperator.run.
        """
        from vortex.testing.dag_test import run_task

        run_task(self, start_date, end_date, **options)

    def clear(self, *_: Any, **__: Any) -> int:
        """Forgets the runs of its DAG in this process."""
        return int(self.dag.clear())  # type: ignore[attr-defined]
