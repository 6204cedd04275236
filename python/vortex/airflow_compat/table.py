"""
Where Airflow 1.10 to 3.x keeps the names that VORTEX has. One entry per name: its home here, and every module that it is imported
from.
"""

from __future__ import annotations

from typing import Dict, Set, Tuple

from vortex.airflow_compat.provider_names import PROVIDER_NAMES

from vortex.airflow_compat.asset_names import ASSET_NAMES
from vortex.airflow_compat.standard_names import STANDARD_NAMES

_NAMES: Tuple[Tuple[str, str], ...] = (
    # DAGs
    ("vortex.definitions.dag:DAG", "airflow airflow.models airflow.models.dag airflow.sdk airflow.sdk.definitions.dag"),
    ("vortex.definitions.dag_decorator:dag", "airflow.decorators airflow.models.dag airflow.sdk airflow.sdk.definitions.dag"),
    ("vortex.definitions.authoring_context:DagContext", "airflow.models.dag"),
    ("vortex.definitions.taskflow:task", "airflow.decorators airflow.operators.python airflow.sdk"),
    ("vortex.definitions.taskflow:setup", "airflow.decorators airflow.sdk"),
    ("vortex.definitions.taskflow:teardown", "airflow.decorators airflow.sdk"),
    ("vortex.definitions.task_group_decorator:task_group", "airflow.decorators airflow.decorators.task_group airflow.sdk"),
    ("vortex.definitions.task_group:TaskGroup", "airflow.utils.task_group airflow.sdk airflow.sdk.definitions.taskgroup"),
    ("vortex.definitions.dependencies:EdgeModifier", "airflow.sdk airflow.utils.edgemodifier"),
    ("vortex.definitions.dependencies:Label", "airflow.utils.edgemodifier airflow.sdk airflow.sdk.definitions.edges"),
    ("vortex.definitions.dependencies:DependencyMixin", "airflow.models.taskmixin airflow.sdk.definitions._internal.mixins"),
    ("vortex.definitions.edges:chain", "airflow.models.baseoperator airflow.utils.helpers airflow.sdk airflow.sdk.bases.operator"),
    ("vortex.definitions.edges:chain_linear", "airflow.models.baseoperator airflow.sdk airflow.sdk.bases.operator"),
    (
        "vortex.definitions.edges:cross_downstream",
        "airflow.models.baseoperator airflow.utils.helpers airflow.sdk airflow.sdk.bases.operator",
    ),
    (
        "vortex.definitions.rules:TriggerRule",
        "airflow.utils.trigger_rule airflow.sdk airflow.task.trigger_rule airflow.providers.common.compat.sdk",
    ),
    ("vortex.definitions.rules:WeightRule", "airflow.utils.weight_rule airflow.sdk airflow.task.weight_rule"),
    ("vortex.definitions.params:Param", "airflow.models airflow.models.param airflow.sdk airflow.sdk.definitions.param"),
    ("vortex.definitions.params:ParamsDict", "airflow.models.param airflow.sdk airflow.sdk.definitions.param"),
    ("vortex.definitions.params:DagParam", "airflow.models.param airflow.sdk.definitions.param"),
    ("vortex.definitions.xcom_arg:XComArg", "airflow airflow.models airflow.models.xcom_arg airflow.sdk airflow.sdk.definitions.xcom_arg"),
    ("vortex.definitions.xcom_arg:PlainXComArg", "airflow.models.xcom_arg airflow.sdk.definitions.xcom_arg"),
    ("vortex.definitions.xcom_arg:XCOM_RETURN_KEY", "airflow.utils.xcom airflow.models.xcom"),
    # Operators
    (
        "vortex.definitions.base_operator:BaseOperator",
        "airflow.models airflow.models.baseoperator airflow.sdk airflow.sdk.bases.operator airflow.sdk.definitions.baseoperator",
    ),
    (
        "vortex.definitions.base_operator:BaseOperatorLink",
        "airflow.models airflow.models.baseoperator airflow.models.baseoperatorlink airflow.sdk",
    ),
    (
        "vortex.operators.bash:BashOperator",
        "airflow.operators.bash airflow.operators.bash_operator airflow.providers.standard.operators.bash",
    ),
    (
        "vortex.operators.python:PythonOperator",
        "airflow.operators.python airflow.operators.python_operator airflow.providers.standard.operators.python",
    ),
    (
        "vortex.operators.python:BranchPythonOperator",
        "airflow.operators.python airflow.operators.python_operator airflow.providers.standard.operators.python",
    ),
    (
        "vortex.operators.python:ShortCircuitOperator",
        "airflow.operators.python airflow.operators.python_operator airflow.providers.standard.operators.python",
    ),
    (
        "vortex.operators.python:BaseBranchOperator",
        "airflow.operators.branch airflow.operators.branch_operator airflow.providers.standard.operators.branch airflow.sdk",
    ),
    ("vortex.operators.python:BranchMixIn", "airflow.operators.branch airflow.providers.standard.operators.branch airflow.sdk"),
    ("vortex.operators.python:SkipMixin", "airflow.models airflow.models.skipmixin airflow.sdk airflow.providers.standard.utils.skipmixin"),
    ("vortex.operators.python:get_current_context", "airflow.operators.python airflow.sdk airflow.providers.standard.operators.python"),
    ("vortex.operators.empty:EmptyOperator", "airflow.operators.empty airflow.providers.standard.operators.empty airflow.operators.dummy"),
    ("vortex.operators.empty:DummyOperator", "airflow.operators.dummy airflow.operators.dummy_operator airflow.operators.empty"),
    *ASSET_NAMES,
    *STANDARD_NAMES,
    # While a task runs
    ("vortex.execution.variables:Variable", "airflow.models airflow.models.variable airflow.sdk airflow.sdk.definitions.variable"),
    ("vortex.execution.connections:Connection", "airflow.models airflow.models.connection airflow.sdk airflow.sdk.definitions.connection"),
    ("vortex.execution.task_instance:TaskInstance", "airflow.models airflow.models.taskinstance airflow.sdk"),
    ("vortex.execution.dag_run:DagRun", "airflow.models airflow.models.dagrun"),
    ("vortex.execution:macros", "airflow airflow.sdk"),
    (
        "vortex.airflow_compat.names:Context",
        "airflow.utils.context airflow.sdk airflow.sdk.definitions.context airflow.models.taskinstance",
    ),
    ("vortex.airflow_compat.names:literal", "airflow.sdk airflow.utils.template airflow.sdk.definitions.template"),
    ("vortex.airflow_compat.names:BaseHook", "airflow.hooks.base airflow.hooks.base_hook airflow.sdk airflow.sdk.bases.hook"),
    ("vortex.notifications.base:BaseNotifier", "airflow.notifications.basenotifier airflow.sdk airflow.sdk.bases.notifier"),
    ("vortex.triggers.base:BaseTrigger", "airflow.triggers.base"),
    ("vortex.triggers.base:BaseEventTrigger", "airflow.triggers.base"),
    ("vortex.triggers.base:StartTriggerArgs", "airflow.triggers.base"),
    ("vortex.triggers.base:TriggerEvent", "airflow.triggers.base"),
    ("vortex.triggers.base:TaskSuccessEvent", "airflow.triggers.base"),
    ("vortex.triggers.base:TaskFailedEvent", "airflow.triggers.base"),
    ("vortex.triggers.base:TaskSkippedEvent", "airflow.triggers.base"),
    ("vortex.triggers.temporal:DateTimeTrigger", "airflow.triggers.temporal airflow.providers.standard.triggers.temporal"),
    ("vortex.triggers.temporal:TimeDeltaTrigger", "airflow.triggers.temporal airflow.providers.standard.triggers.temporal"),
    ("vortex.triggers.file:FileTrigger", "airflow.triggers.file airflow.providers.standard.triggers.file"),
    ("vortex.triggers.file:FileDeleteTrigger", "airflow.triggers.file airflow.providers.standard.triggers.file"),
    ("vortex.airflow_compat.names:AirflowPlugin", "airflow.plugins_manager"),
    ("vortex.airflow_compat.names:LoggingMixin", "airflow.utils.log.logging_mixin"),
    ("vortex.airflow_compat.names:apply_defaults", "airflow.utils.decorators"),
    ("vortex.airflow_compat.names:provide_session", "airflow.utils.db airflow.utils.session"),
    ("vortex.airflow_compat.names:get_parsing_context", "airflow.utils.dag_parsing_context airflow.sdk"),
    (
        "vortex.execution.masking:mask_secret",
        "airflow.utils.log.secrets_masker airflow.sdk.execution_time.secrets_masker airflow.sdk.log",
    ),
    # Test suites
    ("vortex.testing.dag_bag:DagBag", "airflow.models airflow.models.dagbag airflow.dag_processing.dagbag"),
    ("vortex.testing.dag_bag:check_cycle", "airflow.utils.dag_cycle_tester"),
    ("vortex.testing.dag_bag:test_cycle", "airflow.utils.dag_cycle_tester"),
    ("vortex.testing.database:resetdb", "airflow.utils.db"),
    ("vortex.testing.database:initdb", "airflow.utils.db"),
    ("vortex.testing.database:upgradedb", "airflow.utils.db"),
    # Values
    ("vortex.configuration:conf", "airflow.configuration airflow.sdk"),
    ("vortex:timezone", "airflow.utils airflow.sdk airflow.providers.common.compat.sdk"),
    ("vortex.exceptions:AirflowException", "airflow airflow.sdk airflow.providers.common.compat.sdk"),
    ("vortex.states:DagRunState", "airflow.sdk"),
    ("vortex.states:TaskInstanceState", "airflow.sdk"),
    ("vortex.states:DagRunType", "airflow.utils.types"),
    ("vortex.definitions.not_given:NOTSET", "airflow.utils.types"),
    ("vortex.definitions.timetables:CronDataIntervalTimetable", "airflow.timetables.interval airflow.sdk"),
    ("vortex.definitions.timetables:DeltaDataIntervalTimetable", "airflow.timetables.interval airflow.sdk"),
    ("vortex.definitions.timetables:CronTriggerTimetable", "airflow.timetables.trigger airflow.sdk"),
    ("vortex.definitions.timetables:MultipleCronTriggerTimetable", "airflow.timetables.trigger airflow.sdk"),
    ("vortex.definitions.timetables:DeltaTriggerTimetable", "airflow.timetables.trigger airflow.sdk"),
    ("vortex.definitions.timetables:EventsTimetable", "airflow.timetables.events airflow.sdk"),
    ("vortex.definitions.timetables:Timetable", "airflow.timetables.base"),
    ("vortex.definitions.timetables:DataInterval", "airflow.timetables.base"),
    ("vortex.definitions.timetables:DagRunInfo", "airflow.timetables.base"),
    ("vortex.definitions.timetables:TimeRestriction", "airflow.timetables.base"),
    ("vortex.definitions.timetables:NullTimetable", "airflow.timetables.simple"),
    ("vortex.definitions.timetables:OnceTimetable", "airflow.timetables.simple"),
    ("vortex.definitions.timetables:ContinuousTimetable", "airflow.timetables.simple"),
)

# Modules that are a module of VORTEX as a whole.
WHOLE_MODULES: Dict[str, str] = {
    "airflow.configuration": "vortex.configuration",
    "airflow.contrib.hooks.gcp_transfer_hook": "vortex.airflow_compat.transfer_fields",
    "airflow.exceptions": "vortex.exceptions",
    "airflow.macros": "vortex.execution.macros",
    "airflow.providers.google.cloud.hooks.cloud_storage_transfer_service": "vortex.airflow_compat.transfer_fields",
    "airflow.sdk.exceptions": "vortex.exceptions",
    "airflow.sdk.execution_time.macros": "vortex.execution.macros",
    "airflow.sdk.timezone": "vortex.timezone",
    "airflow.settings": "vortex.airflow_compat.settings",
    "airflow.utils.dates": "vortex.dates",
    "airflow.utils.state": "vortex.states",
    "airflow.utils.timezone": "vortex.timezone",
}


def _exports() -> Dict[str, Dict[str, str]]:
    found: Dict[str, Dict[str, str]] = {}
    for target, modules in _NAMES + PROVIDER_NAMES:
        name = target.partition(":")[2]
        for module in modules.split():
            found.setdefault(module, {})[name] = target
    return found


# Module -> name -> home.
EXPORTS: Dict[str, Dict[str, str]] = _exports()
MODULES: Set[str] = set(EXPORTS) | set(WHOLE_MODULES)
# Packages above them, so that `airflow.utils.dates` is reached from `import airflow`.
PACKAGES: Set[str] = {".".join(module.split(".")[:size]) for module in MODULES for size in range(1, module.count(".") + 1)}
