"""What a task says of its outlets: `outlet_events[asset].extra = {...}`, `outlet_events[alias].add(Asset(...))`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Dict, Iterator, List, Optional

from vortex.assets.asset import Asset, AssetAlias, AssetNameRef, AssetUriRef, known_asset, named
from vortex.assets.keys import Key, asset_or_ref, fits, key_of
from vortex.exceptions import AirflowException
from vortex.json_values import exact_json
from vortex.task_log import say

# The server's limits (server/swarm/assetEvents.ts), told here before the task counts as a success.
MAX_EXTRA_CHARS = 64 * 1024
MAX_EVENTS = 10_000


class OutletEvent:
    """Of one outlet. `extra`: goes with its event. `add`: of an alias, an asset that was updated."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.extra: Dict[str, Any] = {}
        self.added: List[Any] = []

    def add(self, asset: Any, extra: Optional[Mapping[str, Any]] = None) -> None:
        if not isinstance(self.key, AssetAlias):
            say(f"outlet_events[{self.key!r}].add() has no effect: assets are added to an alias\n")
            return
        asset = Asset(asset) if isinstance(asset, str) else asset
        if not isinstance(asset, (Asset, AssetNameRef, AssetUriRef)):
            raise TypeError(f"outlet_events[{self.key!r}].add() takes an asset, not {asset!r}")
        self.added.append((asset, dict(extra or {})))

    def __repr__(self) -> str:
        return f"OutletEvent({self.key!r}, extra={self.extra!r}, added={self.added!r})"


class OutletEvents(Mapping):  # type: ignore[type-arg]
    """Asset or alias -> OutletEvent; it appears when it is asked for. A text is the URI of an asset, or the name of an alias."""

    def __init__(self, outlets: "List[Any]") -> None:
        self._entries: Dict[Key, OutletEvent] = {}
        self._declared = list(outlets)

    def __getitem__(self, wanted: Any) -> OutletEvent:
        if isinstance(wanted, str) and AssetAlias(wanted) in self._declared:
            wanted = AssetAlias(wanted)
        if isinstance(wanted, AssetNameRef):
            # By name or by URI it is one asset, if it is known here.
            wanted = next((outlet for outlet in self._declared if fits(outlet, wanted)), known_asset(wanted.name) or wanted)
        key = key_of(wanted)
        return self._entries.setdefault(key, OutletEvent(AssetUriRef(wanted) if isinstance(wanted, str) else wanted))

    def for_asset(self, *, name: Optional[str] = None, uri: Optional[str] = None) -> OutletEvent:
        return self[asset_or_ref(name, uri)]

    def for_asset_alias(self, *, name: str) -> OutletEvent:
        return self[AssetAlias(name)]

    def take(self, metadata: Any) -> None:
        """Of a Metadata that the task yielded."""
        alias = AssetAlias(metadata.alias) if isinstance(metadata.alias, str) else metadata.alias
        if alias is not None:
            self[alias].add(metadata.asset, metadata.extra)
        if alias is None or any(fits(outlet, metadata.asset) for outlet in named(self._declared)):
            self[metadata.asset].extra.update(metadata.extra)

    def __iter__(self) -> Iterator[Any]:
        return iter([entry.key for entry in self._entries.values()])

    def __len__(self) -> int:
        return len(self._entries)

    def documents(self, outlets: "List[Any]") -> List[Dict[str, Any]]:
        """
        Events for the result document: outlets with an extra, those that came while the task ran, and assets added through aliases.
        Every other outlet gets its event from the engine. What is no outlet is left out, as in Airflow, with a word in the log.
        Raises AirflowException for an extra that is no JSON, or beyond the limits.
        """
        found: List[Dict[str, Any]] = []
        for entry in self._entries.values():
            outlet = next((outlet for outlet in named(outlets) if fits(outlet, entry.key)), None)
            if outlet is None and (entry.extra or entry.added):
                say(f"What the task said of {entry.key!r} is left out: it is no outlet of the task\n")
            elif isinstance(outlet, AssetAlias):
                found += _added(outlet, entry)
            elif outlet is not None and entry.extra:
                # A reference by name alone is the asset by which the task knew it.
                found.append(_document(entry.key if isinstance(outlet, AssetNameRef) else outlet, entry.extra, None))
        said = {document["uri"] for document in found if document["alias"] is None}
        declared = [key_of(outlet) for outlet in named(self._declared)]
        for outlet in named(outlets):
            if not isinstance(outlet, AssetAlias) and key_of(outlet) not in declared and _whole(outlet).uri not in said:
                found.append(_document(outlet, {}, None))
        if len(found) > MAX_EVENTS:
            raise AirflowException(f"The task has {len(found):,} events of assets; the limit is {MAX_EVENTS:,}.")
        return found


def _added(alias: AssetAlias, entry: OutletEvent) -> List[Dict[str, Any]]:
    """The same asset with the same extra is one event."""
    found: Dict[str, Dict[str, Any]] = {}
    for asset, extra in entry.added:
        document = _document(asset, extra, alias.name)
        found.setdefault(json.dumps([document["uri"], document["extra"]], sort_keys=True), document)
    return list(found.values())


def _document(outlet: Any, extra: Mapping[str, Any], alias: Optional[str]) -> Dict[str, Any]:
    asset = _whole(outlet)
    try:
        plain = exact_json(extra)
    except (TypeError, ValueError) as error:
        raise AirflowException(f"The extra of the event of asset {asset.name!r} cannot be written as JSON: {error}.") from None
    if not isinstance(plain, dict):
        raise AirflowException(f"The extra of the event of asset {asset.name!r} must be a dict, not {type(extra).__name__}.")
    size = len(json.dumps(plain, ensure_ascii=False, separators=(",", ":")))
    if size > MAX_EXTRA_CHARS:
        raise AirflowException(
            f"The extra of the event of asset {asset.name!r} has {size:,} characters as JSON; the limit is {MAX_EXTRA_CHARS:,}. "
            "Keep large data where the asset is."
        )
    return {"name": asset.name, "uri": asset.uri, "group": asset.group, "extra": plain, "alias": alias}


def _whole(outlet: Any) -> Asset:
    if isinstance(outlet, AssetNameRef):
        return known_asset(outlet.name) or Asset(outlet.name)
    return outlet if isinstance(outlet, Asset) else Asset(uri=outlet.uri)
