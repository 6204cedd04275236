"""Trigger rules and weight rules: string enums (`TriggerRule.ALL_DONE == "all_done"`), with the names that Airflow gave up mapped."""

from __future__ import annotations

import difflib
from enum import Enum
from typing import Any, Set

from vortex.exceptions import AirflowException


class _Rule(str, Enum):
    def __str__(self) -> str:
        return self.value

    @classmethod
    def is_valid(cls, rule: Any) -> bool:
        try:
            cls(rule)
        except ValueError:
            return False
        return True


class TriggerRule(_Rule):
    """When a task may run, given the states of its direct upstream tasks (Airflow core-concepts/dags, "Trigger Rules")."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ALL_SKIPPED = "all_skipped"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"
    # Airflow 2 spelt two rules twice.
    DUMMY = "always"
    NONE_FAILED_OR_SKIPPED = "none_failed_min_one_success"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return {"dummy": cls.ALWAYS, "none_failed_or_skipped": cls.NONE_FAILED_MIN_ONE_SUCCESS}.get(str(value))

    @classmethod
    def all_triggers(cls) -> Set[str]:
        return {rule.value for rule in cls}


class WeightRule(_Rule):
    """How a task's priority weight grows: with its descendants, with its ancestors, or not at all."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"


def read_trigger_rule(value: Any, task_id: str) -> TriggerRule:
    """Raises AirflowException for a rule that does not exist."""
    try:
        return TriggerRule(value)
    except ValueError:
        raise AirflowException(_unknown("trigger rule", value, task_id, sorted(TriggerRule.all_triggers()))) from None


def is_weight_strategy(value: Any) -> bool:
    """A PriorityWeightStrategy of the author's (Airflow 2.9) or its dotted name, which is code of theirs that no scheduler of ours runs."""
    return "." in value if isinstance(value, str) else value is not None


def read_weight_rule(value: Any, task_id: str) -> WeightRule:
    """Raises AirflowException for a rule that does not exist. A strategy class becomes `absolute`: the task's own priority_weight."""
    if is_weight_strategy(value):
        return WeightRule.ABSOLUTE
    try:
        return WeightRule(value)
    except ValueError:
        raise AirflowException(_unknown("weight rule", value, task_id, [rule.value for rule in WeightRule])) from None


def _unknown(kind: str, value: Any, task_id: str, known: "list[str]") -> str:
    near = difflib.get_close_matches(str(value), known, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Task {task_id!r} has the {kind} {value!r}, which does not exist.{hint} Known are: {', '.join(known)}."
