"""Setup and teardown tasks: flags, the teardown's trigger rule, and `with teardown:` around the work between them."""

from __future__ import annotations

from typing import Any, List

from vortex.definitions.rules import TriggerRule


class SetupTeardown:
    """The part of an operator that knows whether it sets up or tears down."""

    is_setup = False
    is_teardown = False
    # Whether the run fails if this teardown does.
    on_failure_fail_dagrun = False

    def as_setup(self) -> Any:
        """Marks a setup: what is between it and its teardown needs it."""
        self.is_setup = True
        return self

    def as_teardown(self, *, setups: Any = None, on_failure_fail_dagrun: bool = False) -> Any:
        """
        Marks a teardown: it runs once its upstreams are done and a setup of it succeeded, whatever became of the work. `setups`:
        tasks that become setups, directly upstream of it.
        """
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        self.on_failure_fail_dagrun = on_failure_fail_dagrun
        for setup in _listed(setups):
            operator = getattr(setup, "operator", setup)
            operator.is_setup = True
            operator.set_downstream(self)
        return self

    def __enter__(self) -> Any:
        dag = self.dag  # type: ignore[attr-defined]
        self.__dict__.setdefault("_known_before", []).append(set(dag.task_dict))
        return self

    def __exit__(self, *_error: Any) -> None:
        """Tasks made in the block run after this setup (or this teardown's setups) and before this teardown."""
        dag = self.dag  # type: ignore[attr-defined]
        before = self.__dict__["_known_before"].pop()
        made: List[Any] = [task for task_id, task in dag.task_dict.items() if task_id not in before and task is not self]
        ids = {task.task_id for task in made}
        setups = [self] if self.is_setup else [task for task in self.upstream_list if task.is_setup]  # type: ignore[attr-defined]
        for task in made:
            if not task.upstream_task_ids & ids:
                for setup in setups:
                    task.set_upstream(setup)
            if self.is_teardown and not (task.downstream_task_ids - {self.task_id}) & ids:  # type: ignore[attr-defined]
                task.set_downstream(self)


def _listed(value: Any) -> List[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]
