"""The config of one operator of a plugin: from constructor arguments to the JSON that the plugin gets."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import Any, Dict, Iterable, List, Mapping, Optional

from vortex.definitions.xcom_arg import XComArg
from vortex.exceptions import AirflowException, InvalidArguments
from vortex.json_values import exact_json
from vortex.plugins.config_schema import config_problems, fits_kind
from vortex.plugins.description import Registered
from vortex.plugins.kept_copy import KeptCopy
from vortex.plugins.places import Place

_TEMPLATE_SIGNS = ("{{", "{%", "{#")
_MAX_PROBLEMS = 5
_MAX_DEPTH = 50


class Config:
    """What a plugin says of one of its operators, and how values are checked by it."""

    def __init__(self, place: Place, plugin: str, registered: Registered) -> None:
        self.place = place
        # None where the plugin cannot change under a task: one of VORTEX's own, or while a DAG file is parsed.
        self.kept: Optional[KeptCopy] = None
        self.plugin = plugin
        self.kind = registered.kind
        self.name = registered.name
        self.schema = registered.config
        self.extensions = tuple(registered.template_extensions)
        self.properties: Dict[str, Any] = registered.config["properties"]
        self.required = [name for name in registered.config.get("required", ()) if "default" not in _as_dict(self.properties.get(name))]
        self.template_fields: List[str] = list(self.properties) if registered.template_fields is None else registered.template_fields

    def set_on(self, owner: Any, given: Mapping[str, Any]) -> None:
        """Arguments become attributes. Raises InvalidArguments for values that are wrong whatever templates in them may become."""
        who = f"Task {owner.task_id!r}" if hasattr(owner, "task_id") else self.name
        missing = [name for name in self.required if name not in given]
        if missing:
            raise AirflowException(f"{self.name} is missing the keyword argument{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}.")
        for name, form in self.properties.items():
            setattr(owner, name, given.get(name, _as_dict(form).get("default")))
        fixed = {name: value for name, value in given.items() if not (name in self.template_fields and self._is_open(value))}
        self._refuse(who, [problem for name in fixed for problem in self._problems_of(who, owner, name)])

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Operators have their own way for it. Raises InvalidArguments."""
        self._refuse(self.name, [f"there is no argument {name}; known are {', '.join(self.properties)}" for name in names])

    def _problems_of(self, who: str, owner: Any, name: str) -> List[str]:
        value = getattr(owner, name)
        if value is None and not self._takes_null(name):
            return []
        return list(config_problems(self._json(who, name, value), self.properties[name], name))

    def rendered(self, owner: Any, who: str) -> Dict[str, Any]:
        """The config after templates are rendered. Raises InvalidArguments."""
        found: Dict[str, Any] = {}
        for name in self.properties:
            value = getattr(owner, name)
            if value is None and not self._takes_null(name):
                continue
            value = self._json(who, name, value)
            found[name] = _read(value, self.properties[name]) if name in self.template_fields else value
        self._refuse(who, list(config_problems(found, self.schema)))
        return found

    def _refuse(self, who: str, problems: List[str]) -> None:
        if problems:
            more = f"; and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
            raise InvalidArguments(f"{who}: {self.name} of the plugin {self.plugin}: {'; '.join(problems[:_MAX_PROBLEMS])}{more}.")

    def _json(self, who: str, name: str, value: Any) -> Any:
        try:
            return exact_json(_plain(value))
        except (TypeError, ValueError) as error:
            raise InvalidArguments(f"{who}: {self.name} of the plugin {self.plugin}: {name} has no form in JSON: {error}.") from None

    def _takes_null(self, name: str) -> bool:
        return not any(config_problems(None, self.properties[name], name))

    def _is_open(self, value: Any, depth: int = 0) -> bool:
        """Whether its value shows only when the task runs."""
        if isinstance(value, str):
            return any(sign in value for sign in _TEMPLATE_SIGNS) or bool(self.extensions and value.endswith(self.extensions))
        if isinstance(value, XComArg) or hasattr(type(value), "resolve"):
            return True
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            return any(self._is_open(item, depth + 1) for item in value.values())
        if isinstance(value, (list, tuple, set, frozenset)) and depth < _MAX_DEPTH:
            return any(self._is_open(item, depth + 1) for item in value)
        return False


def _as_dict(form: Any) -> Dict[str, Any]:
    return form if isinstance(form, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _read(value: Any, form: Any) -> Any:
    """A template gives a text: where the schema asks for a number, true or false, a list or an object, the text is read as JSON."""
    if not isinstance(value, str) or fits_kind(value, form):
        return value
    text = value.strip()
    try:
        found = json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return value
    return found if fits_kind(found, form) else value
