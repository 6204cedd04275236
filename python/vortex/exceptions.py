"""
Exceptions that DAG files import, with Airflow's names and bases, so that `except AirflowException` means what it did there.

Two families are not `Exception`s on purpose: what ends a task from outside (timeout, termination) and what suspends it
(deferral) must pass through an author's `except Exception`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Dict, Optional


class AirflowException(Exception):
    """Base of nearly all exceptions here. Raised in a task it fails the try, and the task is retried while tries remain."""

    status_code = 500


class AirflowBadRequest(AirflowException):
    """A request that cannot be answered as it is."""

    status_code = 400


class AirflowNotFoundException(AirflowException):
    """A named thing does not exist, such as a Connection."""

    status_code = 404


class AirflowConfigException(AirflowException):
    """A setting is missing or cannot be read."""


class AirflowInternalRuntimeError(BaseException):
    """Airflow's own mistake; kept for imports."""


class InvalidArguments(AirflowException, TypeError):
    """An operator was given arguments that it does not have. Airflow 2 raises AirflowException for them, Airflow 3 TypeError."""


class AirflowFailException(AirflowException):
    """Raised in a task: it fails at once, whatever tries remain."""


class AirflowSkipException(AirflowException):
    """Raised in a task: it ends as skipped and is not retried."""


class AirflowSensorTimeout(AirflowException):
    """A sensor waited longer than its timeout: it fails without a retry."""


class AirflowTaskTimeout(BaseException):
    """A try took longer than the task's execution_timeout: it fails and may be retried."""


class AirflowTaskTerminated(BaseException):
    """The task was told to end."""


class AirflowRescheduleException(AirflowException):
    """A sensor in reschedule mode gives its worker slot back until `reschedule_date`."""

    def __init__(self, reschedule_date: dt.datetime) -> None:
        super().__init__(f"poke again at {reschedule_date}")
        self.reschedule_date = reschedule_date


class TaskDeferred(BaseException):
    """An operator waits for a trigger; `method_name(context, event, **kwargs)` goes on after the trigger's first event."""

    def __init__(self, *, trigger: Any, method_name: str, kwargs: Optional[Dict[str, Any]] = None, timeout: Any = None) -> None:
        super().__init__(method_name)
        if timeout is not None and not isinstance(timeout, dt.timedelta):
            timeout = dt.timedelta(seconds=timeout)
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout: Optional[dt.timedelta] = timeout


class TaskDeferralError(AirflowException):
    """A trigger failed."""


class TaskDeferralTimeout(AirflowException):
    """A trigger gave no event in time."""


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature needs a package that is not installed."""


class VortexProviderMissing(AirflowFailException):
    """A task or hook belongs to a provider package of Airflow that VORTEX does not run. Trying again would not help."""


# What is wrong with a DAG as it is written. `vortex.loading.import_error` turns these into kinds for the API.


class DagInvalid(AirflowException):
    """A DAG cannot be run as it is written."""


class AirflowDagCycleException(DagInvalid):
    """Tasks wait for each other in a circle."""


class AirflowDagInconsistent(DagInvalid):
    """Parts of a DAG contradict each other."""


class DuplicateTaskIdFound(DagInvalid):
    """Two tasks or task groups of one DAG share an id."""


class AirflowDagDuplicatedIdException(DagInvalid):
    """Two DAGs share an id."""


class AirflowTimetableInvalid(DagInvalid):
    """A schedule makes no sense."""


class AirflowClusterPolicyViolation(AirflowException):
    """A policy of the site refuses a DAG."""


class FailFastDagInvalidTriggerRule(DagInvalid):
    """A DAG with fail_fast has a task whose trigger rule is not the default one."""


class ParamValidationError(AirflowException):
    """A param's value does not fit its JSON Schema, or is missing."""


class SerializationError(AirflowException):
    """Something cannot be written as data."""


class TaskNotFound(AirflowNotFoundException):
    """A DAG has no task of this id."""


class DagNotFound(AirflowNotFoundException):
    """There is no DAG of this id."""


class DagRunNotFound(AirflowNotFoundException):
    """There is no such DAG run."""


class DagRunAlreadyExists(AirflowBadRequest):
    """A DAG run of this id or logical date exists."""


class TaskInstanceNotFound(AirflowNotFoundException):
    """There is no such task instance."""


class PoolNotFound(AirflowNotFoundException):
    """There is no pool of this name."""


class XComNotFound(AirflowException):
    """An XComArg names a key that its task did not push."""

    def __init__(self, dag_id: str, task_id: str, key: str) -> None:
        super().__init__(f"Task {task_id!r} of DAG {dag_id!r} has not pushed an XCom with key {key!r}.")
        self.dag_id = dag_id
        self.task_id = task_id
        self.key = key


class XComForMappingNotPushed(AirflowException):
    """A task that others are mapped over returned nothing."""


class UnmappableXComTypePushed(AirflowException):
    """A task that others are mapped over returned neither a list nor a dict."""


class UnmappableXComLengthPushed(AirflowException):
    """A task that others are mapped over returned too many items."""


class DownstreamTasksSkipped(AirflowException):
    """Names tasks to skip; kept for imports."""


class RemovedInAirflow3Warning(DeprecationWarning):
    """A feature that Airflow 3 lacks."""


class RemovedInAirflow4Warning(DeprecationWarning):
    """A feature that Airflow 4 will lack."""


class AirflowProviderDeprecationWarning(DeprecationWarning):
    """A feature that a provider package gives up."""


# Names of Airflow 2 for the same things.
FailStopDagInvalidTriggerRule = FailFastDagInvalidTriggerRule
