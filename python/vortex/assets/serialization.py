"""Assets as data: AssetRef and AssetStep of server/contract/dagSpec.ts."""

from __future__ import annotations

from typing import Any, Dict, List

from vortex.assets.asset import Asset, AssetAlias, AssetAll, AssetCondition, AssetNameRef, AssetUriRef, BaseAsset, known_asset, named
from vortex.definitions.notices import Notices
from vortex.exceptions import DagInvalid
from vortex.json_values import exact_json


def outlet_refs(values: Any, where: str, notices: Notices) -> List[Dict[str, Any]]:
    """As asset_refs. What is named by a name alone has the URI that this file gives it, so that those who wait for the URI hear of it."""
    whole = [known_asset(value.name) or value if isinstance(value, AssetNameRef) else value for value in named(values)]
    return asset_refs(whole, where, notices)


def asset_refs(values: Any, where: str, notices: Notices) -> List[Dict[str, Any]]:
    """Of inlets or outlets, each once. `where`: the DAG or task, for errors."""
    found: Dict[Any, Dict[str, Any]] = {}
    for value in named(values):
        ref = asset_ref(value, where, notices)
        found.setdefault((ref["type"], ref["uri"] or ref["name"]), ref)
    return list(found.values())


def asset_ref(value: BaseAsset, where: str, notices: Notices) -> Dict[str, Any]:
    if isinstance(value, AssetAlias):
        return {"type": "alias", "name": value.name, "uri": None, "group": value.group, "extra": {}}
    if isinstance(value, AssetNameRef):
        return {"type": "asset", "name": value.name, "uri": None, "group": "", "extra": {}}
    if isinstance(value, AssetUriRef):
        return {"type": "asset", "name": value.uri, "uri": value.uri, "group": "", "extra": {}}
    assert isinstance(value, Asset)
    if value.watchers:
        notices.add(f"the watchers of asset {value.name} are accepted and not run: nothing updates it by itself")
    try:
        extra = exact_json(value.extra)
    except (TypeError, ValueError) as error:
        raise DagInvalid(f"{where}: the extra of asset {value.name!r} cannot be written as JSON: {error}.") from None
    return {"type": "asset", "name": value.name, "uri": value.uri, "group": value.group, "extra": extra}


def condition_steps(condition: BaseAsset, where: str, notices: Notices) -> List[Dict[str, Any]]:
    """The condition as a program for a stack machine. Conditions of nothing are left out of it."""
    if not isinstance(condition, AssetCondition):
        return [{"step": "asset", "asset": asset_ref(condition, where, notices)}]
    parts = [steps for steps in (condition_steps(item, where, notices) for item in condition.objects) if steps]
    if len(parts) < 2:
        return parts[0] if parts else []
    joined = [step for steps in parts for step in steps]
    return [*joined, {"step": "all" if isinstance(condition, AssetAll) else "any", "of": len(parts)}]
