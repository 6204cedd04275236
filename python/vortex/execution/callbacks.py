"""Calls what an author registered on a task or a DAG. A failing callback is printed and changes nothing."""
from __future__ import annotations

from typing import Any, Dict, List

from vortex.loading.author_traceback import format_author_traceback
from vortex.task_log import say


def registered(owner: Any, kind: str) -> List[Any]:
    """The callbacks of `on_<kind>_callback`: one callable, a list, or nothing."""
    found = getattr(owner, f"on_{kind}_callback", None)
    if found is None:
        return []
    return list(found) if isinstance(found, (list, tuple, set)) else [found]


def run_callbacks(owner: Any, kind: str, context: Dict[str, Any]) -> None:
    """Each with the context as its only argument."""
    # sys.exit() before the work ends the task; after it, the work is done all the same.
    passed_over = (Exception,) if kind == "execute" else (Exception, SystemExit)
    for callback in registered(owner, kind):
        try:
            callback(context)
        except passed_over as error:  # the state of the task is decided already
            name = getattr(callback, "__name__", type(callback).__name__)
            say(f"on_{kind}_callback {name} failed; this does not change the state of the task:\n{format_author_traceback(error)}")
