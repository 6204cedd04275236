"""Params: values that a run may be triggered with, each with a default and a JSON Schema (Airflow core-concepts/params)."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Dict, Iterator, Mapping, Optional

from vortex.definitions.not_given import NOTSET
from vortex.exceptions import ParamValidationError


class Param:
    """
    One param.

    default: its value unless the run brings another; left out = the run must bring one.
    description: shown in the trigger dialog.
    schema: JSON Schema; further keywords (type, enum, format, minimum, title, ...) are added to it. A `type` without "null"
        makes the field required in the dialog.
    """

    def __init__(
        self, default: Any = NOTSET, description: Optional[str] = None, schema: Optional[Mapping[str, Any]] = None, **keywords: Any
    ) -> None:
        self.value = default
        self.description = description
        self.schema: Dict[str, Any] = {**(schema or {}), **keywords}
        # Airflow 2 took these two beside the schema.
        for gone in ("const", "source"):
            if gone in self.schema and self.schema[gone] is NOTSET:
                del self.schema[gone]

    @property
    def has_value(self) -> bool:
        return self.value is not NOTSET

    def resolve(self, value: Any = NOTSET, suppress_exception: bool = False) -> Any:
        """The given value, or the default, if it fits the schema. Raises ParamValidationError (or returns None if suppressed)."""
        from vortex.execution.params import check

        found = self.value if value is NOTSET else value
        problems = ["No value passed and Param has no default value"] if found is NOTSET else check(found, self.schema)
        if not problems:
            return found
        if suppress_exception:
            return None
        raise ParamValidationError("; ".join(problems))

    def dump(self) -> Dict[str, Any]:
        return {"value": self.value if self.has_value else None, "description": self.description, "schema": dict(self.schema)}

    def __repr__(self) -> str:
        return f"Param({self.value!r})"


class ParamsDict(MutableMapping):  # type: ignore[type-arg]
    """Params by name. Reading a name gives its default; writing a plain value keeps the schema of the param that was there."""

    def __init__(self, params: Optional[Mapping[str, Any]] = None, suppress_exception: bool = False) -> None:
        self._params: Dict[str, Param] = {}
        self.suppress_exception = suppress_exception
        inner = params._params if isinstance(params, ParamsDict) else (params or {})
        for name, value in inner.items():
            self._params[name] = value if isinstance(value, Param) else Param(value)

    def __getitem__(self, name: str) -> Any:
        return self._params[name].resolve(suppress_exception=self.suppress_exception)

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Param):
            self._params[name] = value
        elif name in self._params:
            known = self._params[name]
            known.resolve(value)
            self._params[name] = Param(value, known.description, known.schema)
        else:
            self._params[name] = Param(value)

    def __delitem__(self, name: str) -> None:
        del self._params[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def get_param(self, name: str) -> Param:
        return self._params[name]

    def dump(self) -> Dict[str, Any]:
        """Values by name."""
        return {name: param.resolve(suppress_exception=self.suppress_exception) for name, param in self._params.items()}

    def validate(self) -> Dict[str, Any]:
        """Values by name. Raises ParamValidationError for the first that does not fit."""
        return {name: param.resolve() for name, param in self._params.items()}

    def __or__(self, other: Mapping[str, Any]) -> "ParamsDict":
        found = ParamsDict(self)
        for name, value in (other._params if isinstance(other, ParamsDict) else other).items():
            found[name] = value
        return found

    def __repr__(self) -> str:
        return f"ParamsDict({self._params!r})"


class DagParam:
    """A param of a DAG that is read when a task runs: `dag.param("n", 3)`, or a parameter of an @dag function."""

    def __init__(self, current_dag: Any, name: str, default: Any = NOTSET) -> None:
        if default is not NOTSET:
            current_dag.params[name] = default
        self._name = name
        self._default = default

    def iter_references(self) -> Iterator[Any]:
        return iter(())

    def resolve(self, context: Mapping[str, Any]) -> Any:
        """The run's value: from its conf, else the param's default. Raises ParamValidationError if there is none."""
        found = context["params"].get(self._name, NOTSET)
        if found is NOTSET:
            found = self._default
        if found is NOTSET:
            raise ParamValidationError(f"No value could be resolved for parameter {self._name}")
        return found

    def __repr__(self) -> str:
        return f"DagParam({self._name!r})"


def is_static(param: Param) -> bool:
    """Whether a run that nobody gives a conf has a value that fits."""
    try:
        param.resolve()
    except ParamValidationError:
        return False
    return True


__all__ = ["DagParam", "Param", "ParamValidationError", "ParamsDict", "is_static"]
