"""Which parts of the context a callable gets: what its parameters name, or everything if it has `**kwargs`."""

from __future__ import annotations

import inspect
import itertools
import types
from typing import Any, Callable, Collection, Dict, Mapping

# Keys of the context that Airflow 2 and 3 share. A parameter of an @task function with such a name is filled in.
CONTEXT_KEYS = frozenset(
    """
    conf conn dag dag_run data_interval_end data_interval_start ds ds_nodash execution_date expanded_ti_count inlet_events inlets
    logical_date macros map_index_template next_ds next_ds_nodash next_execution_date outlet_events outlets params
    prev_data_interval_end_success prev_data_interval_start_success prev_ds prev_ds_nodash prev_end_date_success prev_execution_date
    prev_execution_date_success prev_start_date_success run_id task task_instance task_instance_key_str templates_dict test_mode ti
    tomorrow_ds tomorrow_ds_nodash triggering_asset_events triggering_dataset_events ts ts_nodash ts_nodash_with_tz var yesterday_ds
    yesterday_ds_nodash
    """.split()
)
# Keys that came later and are ordinary words. A parameter of such a name that has a default keeps it: it meant something else before.
LATER_KEYS = frozenset({"exception", "reason", "run_after", "start_date", "task_reschedule_count", "try_number"})


def check_arguments(function: Callable[..., Any], names: Collection[str]) -> None:
    """Raises TypeError if the function does not take one of these arguments."""
    try:
        inspect.signature(function).bind_partial(**dict.fromkeys(names))
    except ValueError:
        # A built-in function without a signature.
        return
    except TypeError as error:
        raise TypeError(f"{getattr(function, '__name__', function)}(): {error}") from None


def keyword_arguments(
    function: Callable[..., Any], args: Collection[Any], context: Mapping[str, Any], given: Mapping[str, Any]
) -> Dict[str, Any]:
    """
    The keyword arguments that `function` gets beside `args`: those `given`, and the context's that it names. What `args` fills is left
    alone; Airflow refuses such a call. Raises ValueError if `args` and `given` fill the same parameter.
    """
    if not args and _takes_nothing(function):
        return {}
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        # Some built-in functions have no signature; they know nothing of a context.
        return dict(given)
    filled = {name for name, p in itertools.islice(parameters.items(), len(args)) if p.kind is not p.VAR_POSITIONAL}
    for name in sorted(filled & set(given)):
        raise ValueError(f"The key {name!r} in args is a part of kwargs and therefore reserved.")
    candidates = {**context, **given}
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        names = set(candidates)
    else:
        names = {name for name, p in parameters.items() if p.kind is not p.POSITIONAL_ONLY}
    own = {name for name in LATER_KEYS & set(parameters) if parameters[name].default is not inspect.Parameter.empty and name not in given}
    return {name: value for name, value in candidates.items() if name in names and name not in filled and name not in own}


def _takes_nothing(function: Callable[..., Any]) -> bool:
    """Seen without inspect.signature, which costs a fresh process more than the rest of the call. False = not known."""
    if type(function) is not types.FunctionType or function.__dict__:
        return False
    code = function.__code__
    return not code.co_argcount and not code.co_kwonlyargcount and not code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)


def with_context_defaults(function: Callable[..., Any]) -> inspect.Signature:
    """Parameters named like context keys are filled in when the task runs, so a call may leave them out."""
    signature = inspect.signature(function)
    found = []
    for parameter in signature.parameters.values():
        if parameter.name in CONTEXT_KEYS and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            if parameter.default not in (None, inspect.Parameter.empty):
                raise ValueError(
                    f"{function.__name__}(): the parameter {parameter.name!r} is filled in from the context "
                    f"and can have no default other than None, not {parameter.default!r}"
                )
            parameter = parameter.replace(default=None)
        found.append(parameter)
    try:
        return signature.replace(parameters=found)
    except ValueError:
        # A required parameter after a context key: only the latter's default stands in the way.
        return signature.replace(parameters=[p if p.kind is not p.POSITIONAL_OR_KEYWORD else p.replace(default=None) for p in found])
