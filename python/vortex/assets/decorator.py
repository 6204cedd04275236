"""`@asset`: a function that makes an asset, as a DAG of one task."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional

from vortex.assets.asset import Asset, AssetAll, AssetNameRef, BaseAsset, known_asset, named
from vortex.definitions.dag import DAG
from vortex.definitions.taskflow import TaskDecorator
from vortex.operators.python import PythonOperator

# Parameters of the function that are no inlets.
_NO_INLETS = ("self", "context", "outlet_events")


class AssetTask(PythonOperator):
    """
    What @asset makes of a plain function. Parameters without a default get: `self` the asset, `context` and `outlet_events` those of
    the task, any other name the asset of that name, which is an inlet.
    """

    custom_operator_name = "@asset"

    def __init__(self, *, definition: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._definition = definition

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        special = {"self": self._definition, "context": context, "outlet_events": context["outlet_events"]}
        parameters = inspect.signature(self.python_callable).parameters.items()
        return {
            name: special[name] if name in special else _asset_named(name, context)
            for name, parameter in parameters
            if parameter.default is inspect.Parameter.empty
        }


def _asset_named(name: str, context: Mapping[str, Any]) -> Asset:
    """As this file defines it, or as its newest event has it; otherwise by the name alone."""
    found = known_asset(name)
    if found is not None:
        return found
    events = context["inlet_events"][AssetNameRef(name)].limit(1)
    return events[-1].asset if len(events) else Asset(name=name)


class AssetDefinition(Asset):
    """The asset that a function under @asset makes. Usable wherever an asset is."""


class MultiAssetDefinition(AssetAll):
    """The assets that a function under @asset.multi makes: as a schedule, all of them."""

    def __init__(self, name: str, outlets: Collection[BaseAsset]) -> None:
        super().__init__(*outlets)
        self.name = name


class _DagArguments:
    """What @asset and @asset.multi share: arguments of the DAG. They are those of DAG; catchup is False, doc_md the function's text."""

    def __init__(
        self,
        *,
        schedule: Any,
        is_paused_upon_creation: Optional[bool] = None,
        dag_id: Optional[str] = None,
        dag_display_name: Optional[str] = None,
        description: Optional[str] = None,
        params: Optional[Mapping[str, Any]] = None,
        on_success_callback: Any = None,
        on_failure_callback: Any = None,
        access_control: Any = None,
        owner_links: Optional[Dict[str, str]] = None,
        tags: Collection[str] = (),
    ) -> None:
        self._dag_id = dag_id
        self._arguments: Dict[str, Any] = {
            "schedule": schedule,
            "is_paused_upon_creation": is_paused_upon_creation,
            "dag_display_name": dag_display_name,
            "description": description,
            "params": params,
            "on_success_callback": on_success_callback,
            "on_failure_callback": on_failure_callback,
            "access_control": access_control,
            "owner_links": owner_links,
            "tags": tags,
            "catchup": False,
        }

    def _make_dag(self, function: Any, default_dag_id: str, definition: Any, outlets: "List[BaseAsset]") -> None:
        with DAG(self._dag_id or default_dag_id, doc_md=function.__doc__, **self._arguments):
            if isinstance(function, TaskDecorator):
                if "outlets" in function.kwargs:
                    raise TypeError("@task under @asset takes no outlets: they are the asset itself")
                function.kwargs["outlets"] = outlets
                function()
                return
            inlets = _inlets(function)
            AssetTask(task_id=function.__name__, definition=definition, python_callable=function, inlets=inlets, outlets=outlets)


def _inlets(function: Callable[..., Any]) -> List[AssetNameRef]:
    """Raises TypeError for parameters that nobody could fill."""
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"@asset: {function.__name__}() must name its parameters; *{name} is not supported")
        if parameter.default is not inspect.Parameter.empty:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(f"@asset: the parameter {name!r} of {function.__name__}() is positional-only and has no default")
        if name not in _NO_INLETS:
            found.append(AssetNameRef(name))
    return found


def _check_function(function: Any) -> None:
    if not callable(function):
        raise TypeError(f"@asset goes on a function, not on {function!r}")
    if function.__name__ != function.__qualname__:
        raise ValueError(f"@asset: {function.__qualname__} is nested; it must be a function of the module")


class _Multi(_DagArguments):
    """`@asset.multi(schedule=..., outlets=[...])`: a DAG of one task that makes several assets."""

    def __init__(self, *, outlets: Collection[BaseAsset], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._outlets = list(outlets)

    def __call__(self, function: Callable[..., Any]) -> MultiAssetDefinition:
        _check_function(function)
        if not named(self._outlets):
            raise ValueError(f"@asset.multi: {function.__name__}() needs outlets, the assets that it makes")
        definition = MultiAssetDefinition(function.__name__, self._outlets)
        self._make_dag(function, function.__name__, definition, self._outlets)
        return definition


class asset(_DagArguments):  # noqa: N801 - Airflow's name
    """
    `@asset` on a function: an asset of the function's name, and a DAG of one task that makes it. A task decorator may stand between:
    `@asset(...)` above `@task.bash`. `@asset.multi(schedule=..., outlets=[...])` makes several assets.

    Parameters of the function without a default get: `self` the asset, `context` and `outlet_events` those of the task, any other name
    the asset of that name, which is an inlet.

    name: of the asset; the function's name unless given.
    uri: of the asset; its name unless given.
    group, extra: of the asset.
    watchers: accepted; nothing updates an asset from outside by itself.
    schedule: as of DAG; it must be given.
    dag_id: the asset's name unless given.

    The other arguments are those of DAG.

    Raises ValueError at load for a nested function, TypeError for parameters that cannot be filled.
    Source: Airflow, "Asset definitions".

    Example:

        from vortex import Asset, asset

        @asset(schedule="@daily", uri="s3://shop/orders")
        def example_orders_asset(self):
            print(f"makes {self.uri}")

        @asset(schedule=Asset("s3://shop/orders"))
        def example_report_asset(example_orders_asset):
            print(f"reads {example_orders_asset.uri}")
    """

    multi = _Multi

    def __init__(
        self,
        *,
        name: Optional[str] = None,
        uri: Any = None,
        group: Optional[str] = None,
        extra: Optional[Mapping[str, Any]] = None,
        watchers: Any = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._name = name
        self._asset = {"uri": uri, "group": group, "extra": extra, "watchers": watchers}

    def __call__(self, function: Callable[..., Any]) -> AssetDefinition:
        _check_function(function)
        name = self._name or function.__name__
        definition = AssetDefinition(name, **self._asset)
        self._make_dag(function, name, definition, [definition])
        return definition
