"""
XCom values as JSON text and back. Plain JSON stays plain, so that people and other programs can read it; every other value that
comes back as what it was is an object with the single tag `__vortex__` that names its kind.
"""
from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import importlib
import json
import math
import pathlib
import sys
import uuid
from typing import Any, Callable, Dict, List, Tuple

TAG = "__vortex__"
MAX_DEPTH = 100


class XComNotSerialisable(TypeError):
    """A value, or something inside it, has no form in JSON."""


class XComTooLarge(ValueError):
    """A value is longer than the cap. It is never cut: half a value is worse than none."""


def encode(value: Any, cap_bytes: int, key: str = "return_value") -> str:
    text = json.dumps(_plain(value, "value", 0), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > cap_bytes:
        raise XComTooLarge(
            f"XCom {key!r} takes {size:,} bytes as JSON; the limit is {cap_bytes:,}. Write the data to a file or a bucket and return its "
            f"path, or raise the server's limit (xcom_cap_bytes)."
        )
    # A lone surrogate is no text for a database.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def decode(text: str) -> Any:
    return _restore(json.loads(text))


# to JSON


def _plain(value: Any, path: str, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str or kind is int:
        return value
    if kind is float:
        return value if math.isfinite(value) else {TAG: "float", "value": repr(value)}
    if depth > MAX_DEPTH:
        raise XComNotSerialisable(f"{path} is nested more than {MAX_DEPTH} deep, or contains itself.")
    if kind is list:
        return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    if kind is dict:
        return _plain_dict(value, path, depth)
    for types, encoder in _ENCODERS:
        if isinstance(value, types):
            return encoder(value, path, depth)
    return _plain_other(value, path, depth)


def _plain_dict(value: Dict[Any, Any], path: str, depth: int) -> Any:
    if all(type(key) is str for key in value) and TAG not in value:
        return {key: _plain(item, f"{path}[{key!r}]", depth + 1) for key, item in value.items()}
    items = [[_plain(key, path, depth + 1), _plain(item, f"{path}[{key!r}]", depth + 1)] for key, item in value.items()]
    return {TAG: "dict", "items": items}


def _plain_datetime(value: dt.datetime, _path: str, _depth: int) -> Any:
    document = {TAG: "datetime", "value": value.isoformat()}
    zone = getattr(value.tzinfo, "name", None) or getattr(value.tzinfo, "key", None)
    if isinstance(zone, str) and "/" in zone:
        document["timezone"] = zone
    return document


def _sequence(tag: str) -> Callable[[Any, str, int], Any]:
    def encoder(value: Any, path: str, depth: int) -> Any:
        return {TAG: tag, "items": [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]}

    return encoder


def _plain_set(value: Any, path: str, depth: int) -> Any:
    items = [_plain(item, path, depth + 1) for item in value]
    # Sets have no order; a stable one keeps the text the same for the same value.
    items.sort(key=lambda item: json.dumps(item, sort_keys=True))
    return {TAG: "frozenset" if isinstance(value, frozenset) else "set", "items": items}


def _class_path(value: Any) -> str:
    return f"{type(value).__module__}:{type(value).__qualname__}"


def _plain_enum(value: enum.Enum, path: str, depth: int) -> Any:
    return {TAG: "enum", "class": _class_path(value), "value": _plain(value.value, path, depth + 1)}


# Order matters: datetime before date, Enum before str and int, and subclasses of plain types last.
_ENCODERS: List[Tuple[Any, Callable[[Any, str, int], Any]]] = [
    (enum.Enum, _plain_enum),
    (dt.datetime, _plain_datetime),
    (dt.date, lambda value, _path, _depth: {TAG: "date", "value": value.isoformat()}),
    (dt.time, lambda value, _path, _depth: {TAG: "time", "value": value.isoformat()}),
    (dt.timedelta, lambda value, _path, _depth: {TAG: "timedelta", "days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}),
    (decimal.Decimal, lambda value, _path, _depth: {TAG: "decimal", "value": str(value)}),
    (tuple, _sequence("tuple")),
    ((set, frozenset), _plain_set),
    ((bytes, bytearray, memoryview), lambda value, _path, _depth: {TAG: "bytes", "value": base64.b64encode(bytes(value)).decode("ascii")}),
    (uuid.UUID, lambda value, _path, _depth: {TAG: "uuid", "value": str(value)}),
    (pathlib.PurePath, lambda value, _path, _depth: {TAG: "path", "value": str(value)}),
    (str, lambda value, _path, _depth: str.__str__(value)),
    (int, lambda value, _path, _depth: int(value)),
    (float, lambda value, path, depth: _plain(float(value), path, depth)),
    (dict, _plain_dict),
    (list, lambda value, path, depth: _plain(list(value), path, depth)),
]


def _plain_other(value: Any, path: str, depth: int) -> Any:
    module = type(value).__module__.partition(".")[0]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name), f"{path}.{field.name}", depth + 1) for field in dataclasses.fields(value)}
        return {TAG: "object", "class": _class_path(value), "fields": fields}
    if module == "numpy":
        return _plain_numpy(value, path, depth)
    if module == "pandas":
        return _plain_pandas(value, path, depth)
    if hasattr(value, "model_dump") and hasattr(type(value), "model_fields"):
        return {TAG: "object", "class": _class_path(value), "fields": _plain(value.model_dump(), path, depth + 1)}
    if hasattr(type(value), "__attrs_attrs__"):
        fields = {item.name: _plain(getattr(value, item.name), f"{path}.{item.name}", depth + 1) for item in type(value).__attrs_attrs__}
        return {TAG: "object", "class": _class_path(value), "fields": fields}
    if hasattr(value, "__iter__") and hasattr(value, "__getitem__") and hasattr(value, "__len__"):
        # Lazy sequences, such as the values of a mapped task.
        return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    raise XComNotSerialisable(
        f"{path} is a {type(value).__module__}.{type(value).__qualname__}, which has no form in JSON. Return plain data, a dataclass, "
        f"or set do_xcom_push=False if nobody reads it."
    )


def _plain_numpy(value: Any, path: str, depth: int) -> Any:
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:
        return _plain(value.item(), path, depth + 1)
    if hasattr(value, "tolist"):
        return {TAG: "ndarray", "dtype": str(value.dtype), "items": _plain(value.tolist(), path, depth + 1)}
    raise XComNotSerialisable(f"{path} is a numpy {type(value).__qualname__}, which has no form in JSON.")


def _plain_pandas(value: Any, path: str, depth: int) -> Any:
    name = type(value).__name__
    if name in ("NaTType", "NAType"):
        return None
    if name == "DataFrame":
        columns = {str(index): {"dtype": str(value.dtypes.iloc[index]), "values": _plain(_column(value.iloc[:, index]), path, depth + 1)} for index in range(value.shape[1])}
        return {TAG: "dataframe", "columns": _plain(list(value.columns), path, depth + 1), "index": _plain(_column(value.index), path, depth + 1), "data": columns}
    if name == "Series":
        return {TAG: "series", "name": _plain(value.name, path, depth + 1), "dtype": str(value.dtype), "index": _plain(_column(value.index), path, depth + 1), "values": _plain(_column(value), path, depth + 1)}
    raise XComNotSerialisable(f"{path} is a pandas {name}, which has no form in JSON. Return a DataFrame, a Series or a list.")


def _column(values: Any) -> List[Any]:
    return [None if type(item).__name__ in ("NaTType", "NAType") else item for item in values.tolist()]


# from JSON


def _restore(value: Any) -> Any:
    if isinstance(value, list):
        return [_restore(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = value.get(TAG)
    if tag is None:
        return {key: _restore(item) for key, item in value.items()}
    decoder = _DECODERS.get(tag)
    # A value of a newer VORTEX: better the raw form than no value.
    return decoder(value) if decoder is not None else value


def _restore_datetime(document: Dict[str, Any]) -> dt.datetime:
    text = document["value"]
    moment = dt.datetime.fromisoformat(text)
    try:
        import pendulum
    except ImportError:
        return moment
    if moment.tzinfo is None:
        return pendulum.instance(moment, tz=None)
    found = pendulum.instance(moment)
    zone = document.get("timezone")
    return found.in_timezone(zone) if zone else found


def _restore_object(document: Dict[str, Any]) -> Any:
    fields = {name: _restore(item) for name, item in document["fields"].items()}
    found = _find_class(document["class"])
    if found is None:
        # The class lives in another DAG file or is gone: its data is still there.
        return fields
    if dataclasses.is_dataclass(found):
        made = object.__new__(found)
        for name, item in fields.items():
            object.__setattr__(made, name, item)
        return made
    if hasattr(found, "model_validate"):
        return found.model_validate(fields)
    return found(**{name.lstrip("_"): item for name, item in fields.items()})


def _restore_enum(document: Dict[str, Any]) -> Any:
    found = _find_class(document["class"])
    value = _restore(document["value"])
    return value if found is None else found(value)


def _find_class(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        found: Any = sys.modules.get(module) or importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    fits = isinstance(found, type) and (
        dataclasses.is_dataclass(found) or issubclass(found, enum.Enum) or hasattr(found, "model_validate") or hasattr(found, "__attrs_attrs__")
    )
    return found if fits else None


def _restore_ndarray(document: Dict[str, Any]) -> Any:
    items = _restore(document["items"])
    try:
        import numpy
    except ImportError:
        return items
    return numpy.array(items, dtype=document["dtype"])


def _restore_dataframe(document: Dict[str, Any]) -> Any:
    import pandas

    columns, index = _restore(document["columns"]), _restore(document["index"])
    series = [pandas.Series(_restore(column["values"]), index=index).astype(column["dtype"]) for _, column in sorted(document["data"].items(), key=lambda item: int(item[0]))]
    frame = pandas.concat(series, axis=1) if series else pandas.DataFrame(index=index)
    frame.columns = columns
    return frame


def _restore_series(document: Dict[str, Any]) -> Any:
    import pandas

    return pandas.Series(_restore(document["values"]), index=_restore(document["index"]), name=_restore(document["name"])).astype(document["dtype"])


_DECODERS: Dict[str, Callable[[Dict[str, Any]], Any]] = {
    "float": lambda document: float(document["value"]),
    "dict": lambda document: {_hashable(_restore(key)): _restore(item) for key, item in document["items"]},
    "datetime": _restore_datetime,
    "date": lambda document: dt.date.fromisoformat(document["value"]),
    "time": lambda document: dt.time.fromisoformat(document["value"]),
    "timedelta": lambda document: dt.timedelta(document["days"], document["seconds"], document["microseconds"]),
    "decimal": lambda document: decimal.Decimal(document["value"]),
    "tuple": lambda document: tuple(_restore(item) for item in document["items"]),
    "set": lambda document: {_hashable(_restore(item)) for item in document["items"]},
    "frozenset": lambda document: frozenset(_hashable(_restore(item)) for item in document["items"]),
    "bytes": lambda document: base64.b64decode(document["value"]),
    "uuid": lambda document: uuid.UUID(document["value"]),
    "path": lambda document: pathlib.Path(document["value"]),
    "enum": _restore_enum,
    "object": _restore_object,
    "ndarray": _restore_ndarray,
    "dataframe": _restore_dataframe,
    "series": _restore_series,
}


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
