"""Variables: the environment first, then whatever the process is connected to (the parse host while loading, the controller in a task)."""
from __future__ import annotations

import json
import os
from typing import Any, Callable, Dict, Optional

from vortex.exceptions import AirflowException
from vortex.execution import masking

_ENVIRONMENT_PREFIXES = ("AIRFLOW_VAR_", "VORTEX_VAR_")
_NOT_GIVEN: Any = object()


class VariableNotFound(AirflowException, KeyError):
    """Airflow 2 raises KeyError, Airflow 3 an AirflowException: this is both."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return (
            f"Variable {self.key} does not exist. Create it with `vortex variables set {self.key} VALUE`, set AIRFLOW_VAR_{self.key.upper()} in the "
            f"environment, or give a default: Variable.get({self.key!r}, default_var=None)."
        )


class VariableSource:
    """Where Variables come from beside the environment. The base knows none: a DAG file run by hand, `python my_dag.py`."""

    def asked(self, key: str) -> None:
        """Called for every key, found or not."""

    def get(self, key: str) -> Optional[str]:
        return None

    def set(self, key: str, value: str, description: Optional[str]) -> None:
        raise RuntimeError(f"Variable {key!r} cannot be set here: this process is not connected to a VORTEX server.")

    def delete(self, key: str) -> bool:
        raise RuntimeError(f"Variable {key!r} cannot be deleted here: this process is not connected to a VORTEX server.")


class LoadingSource(VariableSource):
    """While a DAG file is imported: reading only, each key recorded, since its change must parse the file again."""

    def __init__(self, ask: Optional[Callable[[str, Dict[str, Any]], Any]], note: Callable[[str], None]) -> None:
        self._ask = ask
        self._note = note

    def asked(self, key: str) -> None:
        self._note(key)

    def get(self, key: str) -> Optional[str]:
        found = self._ask("variable.get", {"key": key}) if self._ask is not None else None
        return None if found is None else str(found["value"])

    def set(self, key: str, value: str, description: Optional[str]) -> None:
        raise RuntimeError(f"Variable.set({key!r}) ran while the DAG file was imported, which happens often and anywhere. Call it in a task.")

    def delete(self, key: str) -> bool:
        raise RuntimeError(f"Variable.delete({key!r}) ran while the DAG file was imported, which happens often and anywhere. Call it in a task.")


class ControllerSource(VariableSource):
    """In a task: the controller answers."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def get(self, key: str) -> Optional[str]:
        found = self._channel.request("variable.get", {"key": key})
        return None if found is None else found["value"]

    def set(self, key: str, value: str, description: Optional[str]) -> None:
        self._channel.request("variable.set", {"key": key, "value": value, "description": description})

    def delete(self, key: str) -> bool:
        return bool(self._channel.request("variable.delete", {"key": key}))


_source = VariableSource()


def use_source(source: VariableSource) -> None:
    global _source
    _source = source


def environment_value(key: str) -> Optional[str]:
    for prefix in _ENVIRONMENT_PREFIXES:
        value = os.environ.get(prefix + key.upper())
        if value is not None:
            masking.hide([value] if masking.is_sensitive_name(key) else ())
            return value
    return None


class Variable:
    """Airflow's Variable, 2.x and 3.x spellings of the default alike."""

    def __init__(self, key: Optional[str] = None, val: Any = None, description: Optional[str] = None) -> None:
        self.key = key
        self.val = val
        self.description = description

    @classmethod
    def get(cls, key: str, default_var: Any = _NOT_GIVEN, deserialize_json: bool = False, *, default: Any = _NOT_GIVEN) -> Any:
        fallback = default if default is not _NOT_GIVEN else default_var
        _source.asked(key)
        text = environment_value(key)
        if text is None:
            text = _source.get(key)
        if text is None:
            if fallback is _NOT_GIVEN:
                raise VariableNotFound(key)
            return fallback
        if not deserialize_json:
            return text
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"Variable {key!r} does not hold JSON: {error}") from None

    @classmethod
    def set(cls, key: str, value: Any, description: Optional[str] = None, serialize_json: bool = False, session: Any = None) -> None:
        _source.set(key, json.dumps(value, indent=2) if serialize_json else str(value), description)

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False, session: Any = None) -> None:
        if cls.get(key, default=None) is None:
            raise VariableNotFound(key)
        cls.set(key, value, serialize_json=serialize_json)

    @classmethod
    def delete(cls, key: str, session: Any = None) -> int:
        return int(_source.delete(key))

    @classmethod
    def setdefault(cls, key: str, default: Any, description: Optional[str] = None, deserialize_json: bool = False) -> Any:
        found = cls.get(key, default=None, deserialize_json=deserialize_json)
        if found is not None:
            return found
        cls.set(key, default, description, serialize_json=deserialize_json)
        return default


class VariableAccessor:
    """`var.value.KEY`, `var.json.KEY.part` and `var.value.get('KEY', 'fallback')` of templates."""

    def __init__(self, deserialize_json: bool) -> None:
        self._json = deserialize_json

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return Variable.get(key, deserialize_json=self._json)

    def __getitem__(self, key: str) -> Any:
        return Variable.get(key, deserialize_json=self._json)

    def get(self, key: str, default: Any = _NOT_GIVEN) -> Any:
        return Variable.get(key, default=default, deserialize_json=self._json)

    def __repr__(self) -> str:
        return "<Variables as JSON>" if self._json else "<Variables>"
