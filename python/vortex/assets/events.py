"""Events of assets as a running task sees them: those that triggered its run, and those of its inlets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Dict, Iterator, List, Optional, Tuple

from vortex.assets.asset import Asset, AssetAlias
from vortex.assets.keys import Key, asset_or_ref, fits, key_of
from vortex.execution.instants import to_datetime


class AssetEvent:
    """One update of an asset. source_* are None for an event that a person made."""

    def __init__(self, document: Dict[str, Any]) -> None:
        # As it was recorded: rules of new assets are no reason not to read an old one.
        asset = self.asset = Asset.__new__(Asset)
        asset.name, asset.uri, asset.group, asset.extra = document["name"], document["uri"], document["group"], {}
        self.extra: Dict[str, Any] = document["extra"]
        self.alias: Optional[str] = document["alias"]
        self.timestamp = to_datetime(document["timestamp"])
        self.source_dag_id: Optional[str] = document["source_dag_id"]
        self.source_run_id: Optional[str] = document["source_run_id"]
        self.source_task_id: Optional[str] = document["source_task_id"]
        self.source_map_index: Optional[int] = document["source_map_index"]

    @property
    def name(self) -> str:
        return self.asset.name

    @property
    def uri(self) -> str:
        return self.asset.uri

    @property
    def dataset(self) -> Asset:
        """Airflow 2's word."""
        return self.asset

    @property
    def source_aliases(self) -> List[AssetAlias]:
        return [AssetAlias(self.alias)] if self.alias is not None else []

    @property
    def source_dag_run(self) -> Any:
        """The run that updated it, asked of the controller; None if there is none, or none any more."""
        if self.source_run_id is None:
            return None
        from vortex.execution.dag_run import DagRun

        found = DagRun.find(dag_id=self.source_dag_id, run_id=self.source_run_id)
        return found[0] if found else None

    @property
    def source_task_instance(self) -> "Optional[SourceTaskInstance]":
        return SourceTaskInstance(self) if self.source_task_id is not None else None

    def __repr__(self) -> str:
        return f"AssetEvent({self.uri!r}, extra={self.extra!r}, timestamp={self.timestamp}, source_dag_id={self.source_dag_id!r})"


class SourceTaskInstance:
    """The task instance that updated an asset, and its XComs."""

    def __init__(self, event: AssetEvent) -> None:
        self._event = event
        self.dag_id = event.source_dag_id
        self.run_id = event.source_run_id
        self.task_id = event.source_task_id
        self.map_index = -1 if event.source_map_index is None else event.source_map_index

    @property
    def dag_run(self) -> Any:
        return self._event.source_dag_run

    def xcom_pull(self, *, key: str = "return_value", default: Any = None) -> Any:
        from vortex.execution.current_context import get_current_context

        pull = get_current_context()["ti"].xcom_pull
        return pull(task_ids=self.task_id, dag_id=self.dag_id, run_id=self.run_id, key=key, map_indexes=self.map_index, default=default)


class _ByAsset(Mapping):  # type: ignore[type-arg]
    def for_asset(self, *, name: Optional[str] = None, uri: Optional[str] = None) -> Any:
        return self[asset_or_ref(name, uri)]

    def for_asset_alias(self, *, name: str) -> Any:
        return self[AssetAlias(name)]


class TriggeringEvents(_ByAsset):
    """
    Asset -> the events of it that triggered the run, oldest first; an alias -> those that came through it. For Airflow 2
    (`by_uri`) the keys are URIs. Looked up by asset, alias, reference or URI; raises KeyError for what did not trigger the run.
    """

    def __init__(self, events: "List[AssetEvent]", *, by_uri: bool = False) -> None:
        self._events: Dict[Any, List[AssetEvent]] = {}
        for event in events:
            self._events.setdefault(event.uri if by_uri else event.asset, []).append(event)
            for alias in event.source_aliases if not by_uri else ():
                self._events.setdefault(alias, []).append(event)

    def __getitem__(self, wanted: Any) -> "List[AssetEvent]":
        key_of(wanted)
        for known, events in self._events.items():
            if fits(events[0].asset if isinstance(known, str) else known, wanted):
                return events
        raise KeyError(wanted)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"TriggeringEvents({self._events!r})"


class InletEvents(_ByAsset):
    """An inlet, or its index -> its events (AssetEvents). Raises KeyError for what is no inlet of the task."""

    def __init__(self, inlets: "List[Any]", channel: Any) -> None:
        self._inlets = inlets
        self._channel = channel

    def __getitem__(self, wanted: Any) -> "AssetEvents":
        if isinstance(wanted, int):
            inlet = self._inlets[wanted]
            return AssetEvents(self._channel, key_of(inlet))
        key_of(wanted)
        for inlet in self._inlets:
            if fits(inlet, wanted):
                return AssetEvents(self._channel, key_of(inlet))
        if isinstance(wanted, str) and AssetAlias(wanted) in self._inlets:
            return AssetEvents(self._channel, ("alias", wanted))
        raise KeyError(wanted)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class AssetEvents(Sequence):  # type: ignore[type-arg]
    """
    The events of an asset or alias, oldest first, asked of the controller when they are first looked at: at most the 1,000 newest.
    `after`, `before` (ISO texts or datetimes, inclusive), `ascending(False)` and `limit` narrow it, and give it back.
    """

    def __init__(self, channel: Any, key: Key) -> None:
        self._channel = channel
        self._key = key
        self._after: Any = None
        self._before: Any = None
        self._ascending = True
        self._limit: Optional[int] = None
        self._found: "Optional[Tuple[AssetEvent, ...]]" = None

    def after(self, after: Any) -> "AssetEvents":
        self._after, self._found = _moment(after), None
        return self

    def before(self, before: Any) -> "AssetEvents":
        self._before, self._found = _moment(before), None
        return self

    def ascending(self, ascending: bool = True) -> "AssetEvents":
        self._ascending, self._found = ascending, None
        return self

    def limit(self, limit: int) -> "AssetEvents":
        self._limit, self._found = limit, None
        return self

    def _load(self) -> "Tuple[AssetEvent, ...]":
        if self._found is None:
            question: Dict[str, Any] = {"name": None, "uri": None, "alias": None, "limit": 1_000, self._key[0]: self._key[1]}
            if self._limit is not None and not self._ascending and self._after is None and self._before is None:
                question["limit"] = max(1, self._limit)
            events = [AssetEvent(document) for document in self._channel.request("asset.events", question)]
            events = [event for event in events if self._is_within(event)]
            self._found = tuple((events if self._ascending else events[::-1])[: self._limit])
        return self._found

    def _is_within(self, event: AssetEvent) -> bool:
        is_late = self._after is None or event.timestamp >= self._after
        return is_late and (self._before is None or event.timestamp <= self._before)

    def __getitem__(self, index: Any) -> Any:
        return self._load()[index]

    def __len__(self) -> int:
        return len(self._load())

    def __repr__(self) -> str:
        return f"AssetEvents({self._key[1]!r})"


def _moment(value: Any) -> Any:
    from vortex import timezone

    return timezone.parse(value) if isinstance(value, str) else timezone.coerce_datetime(value)
