"""Metadata: what a task yields to say more about the event of an asset."""

from __future__ import annotations

from typing import Any, Generator, Mapping, Optional

from vortex.task_log import say


class Metadata:
    """
    `yield Metadata(asset, {"rows": 5})` in a function of a task: the extra of the asset's event. With `alias` the asset is added
    through that alias. `target` is the first argument's name in Airflow 2.
    """

    def __init__(self, asset: Any = None, extra: Optional[Mapping[str, Any]] = None, alias: Any = None, *, target: Any = None) -> None:
        self.asset = target if asset is None else asset
        if self.asset is None:
            raise TypeError("Metadata() needs an asset")
        self.extra = dict(extra or {})
        self.alias = alias

    def __repr__(self) -> str:
        return f"Metadata({self.asset!r}, {self.extra!r}{f', alias={self.alias!r}' if self.alias is not None else ''})"


def take_yielded(generator: "Generator[Any, None, Any]", context: Mapping[str, Any]) -> Any:
    """Runs a generator of a task to its end and returns its result. What it yields beside Metadata is left out, with a word in the log."""
    events = context.get("outlet_events")
    while True:
        try:
            item = next(generator)
        except StopIteration as ended:
            return ended.value
        if isinstance(item, Metadata):
            events.take(item)  # type: ignore[union-attr]
        else:
            say(f"The task yielded a {type(item).__name__}, which nobody reads: only Metadata has a meaning there\n")
