"""Order and cycles of a DAG's tasks."""

from __future__ import annotations

from typing import Any, Dict, List, Set

from vortex.exceptions import AirflowDagCycleException


def topological_order(dag: Any) -> List[Any]:
    """Each task after its upstreams, otherwise in order of definition. Raises AirflowDagCycleException, which names the cycle."""
    missing: Dict[str, int] = {task_id: len(task.upstream_task_ids) for task_id, task in dag.task_dict.items()}
    position = {task_id: index for index, task_id in enumerate(dag.task_dict)}
    ready = [task_id for task_id, count in missing.items() if count == 0]
    order: List[Any] = []
    while ready:
        following: List[str] = []
        for task_id in ready:
            task = dag.task_dict[task_id]
            order.append(task)
            for down in task.downstream_task_ids:
                missing[down] -= 1
                if missing[down] == 0:
                    following.append(down)
        ready = sorted(following, key=position.__getitem__)
    if len(order) < len(missing):
        raise AirflowDagCycleException(_describe(dag, {task_id for task_id, count in missing.items() if count > 0}))
    return order


def _describe(dag: Any, waiting: Set[str]) -> str:
    """Walks upstream among the tasks that can never start until one comes back."""
    task_id = min(waiting, key=list(dag.task_dict).index)
    path: List[str] = []
    while task_id not in path:
        path.append(task_id)
        task_id = min(dag.task_dict[task_id].upstream_task_ids & waiting)
    cycle = path[path.index(task_id) :] + [task_id]
    words = " -> ".join(reversed(cycle))
    return f"The DAG {dag.dag_id!r} has a cycle: {words}. Each of these tasks waits for the one before it, so none could ever start."
