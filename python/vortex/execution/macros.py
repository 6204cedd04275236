"""Airflow's `macros`: the namespace of templates, also importable as functions."""
from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta
from random import random
from typing import Any, Optional, Union

__all__ = ["datetime", "datetime_diff_for_humans", "ds_add", "ds_format", "ds_format_locale", "json", "random", "time", "timedelta", "uuid"]


def ds_add(ds: str, days: int) -> str:
    """`YYYY-MM-DD` plus days."""
    if not days:
        return str(ds)
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Optional[Any] = None) -> str:
    """Output format of the babel library, which the interpreter must have."""
    try:
        from babel.dates import format_datetime
    except ImportError:
        raise ImportError("macros.ds_format_locale needs the package babel: `python -m pip install babel`") from None
    return format_datetime(datetime.strptime(str(ds), input_format), format=output_format, locale=locale)


def datetime_diff_for_humans(dt: datetime, since: Optional[Union[datetime, str]] = None) -> str:
    """`5 minutes ago`."""
    import pendulum

    return pendulum.instance(dt).diff_for_humans(pendulum.parse(since) if isinstance(since, str) else since and pendulum.instance(since))


def __getattr__(name: str) -> Any:
    # Third-party modules only when a template asks for them.
    if name in ("dateutil", "yaml"):
        import importlib

        if name == "dateutil":
            importlib.import_module("dateutil.relativedelta")
            importlib.import_module("dateutil.parser")
        return importlib.import_module(name)
    from vortex.execution.plugin_macros import namespace

    plugin = namespace("macros", name)
    if plugin is None:
        raise AttributeError(f"macros has no {name!r}, and no AirflowPlugin of this name with macros lies in plugins/")
    return plugin
