"""By what an asset is found among events: its URI, its name where it is referred to by name alone, or the alias."""

from __future__ import annotations

from typing import Any, Tuple

from vortex.assets.asset import Asset, AssetAlias, AssetNameRef, AssetUriRef
from vortex.assets.uri import normalize_uri

Key = Tuple[str, str]


def key_of(value: Any) -> Key:
    """A text is a URI (Airflow 2). Raises TypeError for what is no asset, alias or reference."""
    if isinstance(value, (Asset, AssetUriRef)):
        return "uri", value.uri
    if isinstance(value, AssetNameRef):
        return "name", value.name
    if isinstance(value, AssetAlias):
        return "alias", value.name
    if isinstance(value, str):
        return "uri", normalize_uri(value)
    raise TypeError(f"events are asked for by asset, alias or reference, not by {type(value).__name__}: {value!r}")


def asset_or_ref(name: Any, uri: Any) -> Any:
    """What `for_asset(name=..., uri=...)` means."""
    return Asset(name, uri) if name and uri else Asset.ref(name=name or "", uri=uri or "")


def fits(value: Any, wanted: Any) -> bool:
    """Whether this inlet, outlet or asset is what was asked for. What is known by name alone is the asset of that name."""
    if isinstance(value, AssetAlias) or isinstance(wanted, AssetAlias):
        return bool(value == wanted)
    if isinstance(value, AssetNameRef) or isinstance(wanted, AssetNameRef):
        name = getattr(value, "name", None)
        return name is not None and name == getattr(wanted, "name", None)
    return isinstance(value, (Asset, AssetUriRef)) and key_of(value) == key_of(wanted)
