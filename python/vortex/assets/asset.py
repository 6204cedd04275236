"""Assets, aliases, references, and conditions over them: what DAG files name in `schedule=`, `outlets=` and `inlets=`."""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass, field
from typing import Any, ClassVar, Dict, Iterator, List, Mapping, MutableMapping, Optional, Tuple

from vortex.assets.uri import check_text, normalize_uri

# Parameters of an @asset function that mean something else.
RESERVED_NAMES = ("self", "context")


class BaseAsset:
    """What a schedule may be made of. `a & b`: both were updated; `a | b`: one was."""

    def __and__(self, other: Any) -> "AssetAll":
        return AssetAll(self, other) if isinstance(other, BaseAsset) else NotImplemented

    def __or__(self, other: Any) -> "AssetAny":
        return AssetAny(self, other) if isinstance(other, BaseAsset) else NotImplemented

    def iter_leaves(self) -> "Iterator[BaseAsset]":
        """The assets, aliases and references in it, in order."""
        yield self


class AssetWatcher:
    """`Asset(watchers=[AssetWatcher(name=..., trigger=...)])`: accepted, and not run; the DAG's page says so."""

    def __init__(self, name: str, trigger: Any) -> None:
        self.name = name
        self.trigger = trigger

    def __repr__(self) -> str:
        return f"AssetWatcher(name={self.name!r})"


@dataclass(init=False, eq=False)
class Asset(os.PathLike, BaseAsset):  # type: ignore[type-arg]
    """
    Data that tasks make and use, known by its URI.

    name: for people and references; by default the URI. uri: where it is; by default the name. One of the two must be given.
    group: a word for what kind of data it is ("asset"). extra: what else people should know, JSON. watchers: accepted and not run.

    Raises TypeError without name and URI; ValueError for a text that is empty or longer than 1,500 characters, for the names `self`
    and `context`, and for URIs of the scheme `airflow`.
    """

    name: str
    uri: str
    group: str
    extra: Dict[str, Any] = field(default_factory=dict)

    asset_type: ClassVar[str] = "asset"
    watchers: ClassVar[Any] = ()

    def __init__(
        self,
        name: Optional[str] = None,
        uri: Any = None,
        *,
        group: Optional[str] = None,
        extra: Optional[Mapping[str, Any]] = None,
        watchers: Any = None,
        access_control: Any = None,
    ) -> None:
        kind = type(self).__name__
        if name is None and uri is None:
            raise TypeError(f"{kind}() needs a name or a uri")
        name = str(uri) if name is None else name
        if name in RESERVED_NAMES:
            raise ValueError(f"{kind}: the name {name!r} is reserved, since functions of @asset have a parameter of that name.")
        self.name = check_text(name, f"The name of the {kind}")
        self.uri = check_text(normalize_uri(name if uri is None else uri), f"The URI of the {kind} {name!r}")
        self.group = check_text(self.asset_type if group is None else group, f"The group of the {kind} {name!r}", may_be_empty=True)
        if extra is not None and not isinstance(extra, Mapping):
            raise TypeError(f"{kind} {name!r}: extra must be a dict, not {type(extra).__name__}")
        self.extra = dict(extra or {})
        if watchers:
            self.watchers = list(watchers)  # type: ignore[misc]
        _by_name.setdefault(self.name, self)

    @staticmethod
    def ref(*, name: str = "", uri: str = "") -> "AssetRef":
        """An asset that another file defines, by name or by URI."""
        if bool(name) == bool(uri):
            raise TypeError("Asset.ref() takes one keyword argument: name or uri")
        return AssetNameRef(name) if name else AssetUriRef(uri)

    @property
    def normalized_uri(self) -> str:
        return self.uri

    def __fspath__(self) -> str:
        return self.uri

    def __eq__(self, other: object) -> bool:
        return self.uri == other.uri if isinstance(other, Asset) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.uri)


class Dataset(Asset):
    """Airflow 2's word for an asset: `Dataset("s3://bucket/key", extra={})`."""

    asset_type = "dataset"

    def __init__(self, name: Optional[str] = None, uri: Any = None, *, extra: Optional[Mapping[str, Any]] = None, **kwargs: Any) -> None:
        # In Airflow 2 the second one was extra.
        if isinstance(uri, Mapping) and extra is None:
            uri, extra = None, uri
        super().__init__(name, uri, extra=extra, **kwargs)


class Model(Asset):
    """An asset that is a model."""

    asset_type = "model"


# While somebody holds them: functions of @asset and aliases name assets that this file defines elsewhere.
_by_name: "MutableMapping[str, Asset]" = weakref.WeakValueDictionary()


def known_asset(name: str) -> Optional[Asset]:
    """The asset of that name which this file defines, or None."""
    return _by_name.get(name)


class AssetRef(BaseAsset):
    """An asset that another file defines. Made by `Asset.ref`."""


@dataclass(frozen=True)
class AssetNameRef(AssetRef):
    """By its name."""

    name: str


@dataclass(frozen=True)
class AssetUriRef(AssetRef):
    """By its URI."""

    uri: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "uri", normalize_uri(self.uri))


@dataclass(eq=False)
class AssetAlias(BaseAsset):
    """Stands for assets that are known only when a task runs: `outlet_events[alias].add(Asset(...))`."""

    name: str
    group: str = "asset"

    def __post_init__(self) -> None:
        check_text(self.name, "The name of the AssetAlias")

    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, AssetAlias) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)


class AssetCondition(BaseAsset):
    """Several of them, joined."""

    def __init__(self, *objects: BaseAsset) -> None:
        for item in objects:
            if not isinstance(item, BaseAsset):
                raise TypeError(f"{type(self).__name__} takes assets, aliases and conditions of them, not {item!r}")
        self.objects: Tuple[BaseAsset, ...] = objects

    def iter_leaves(self) -> Iterator[BaseAsset]:
        for item in self.objects:
            yield from item.iter_leaves()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetCondition) and type(self) is type(other) and self.objects == other.objects

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.objects))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.objects))})"


class AssetAny(AssetCondition):
    """Holds when one of them was updated."""

    def __or__(self, other: Any) -> "AssetAny":
        return AssetAny(*self.objects, other) if isinstance(other, BaseAsset) else NotImplemented


class AssetAll(AssetCondition):
    """Holds when each of them was updated."""

    def __and__(self, other: Any) -> "AssetAll":
        return AssetAll(*self.objects, other) if isinstance(other, BaseAsset) else NotImplemented


# Airflow 2's names.
DatasetAlias = AssetAlias
DatasetAll = AssetAll
DatasetAny = AssetAny


def named(values: Any) -> "List[BaseAsset]":
    """The assets, aliases and references among inlets or outlets, which may hold other things too (lineage of Airflow 2)."""
    return [value for value in values if isinstance(value, (Asset, AssetAlias, AssetRef))]
