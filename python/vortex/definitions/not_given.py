"""A default that no author can mean: tells `argument left out` from `argument is None`."""

from __future__ import annotations

from typing import Any


class NotGiven:
    _instance: Any = None

    def __new__(cls) -> "NotGiven":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOTSET"

    def __copy__(self) -> "NotGiven":
        return self

    def __deepcopy__(self, _memo: Any) -> "NotGiven":
        return self

    def __reduce__(self) -> str:
        return "NOTSET"


NOTSET: Any = NotGiven()
