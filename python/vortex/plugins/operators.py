"""Operator classes of plugins: for the engine they are Python operators like any other, whose work is done by a plugin host."""

from __future__ import annotations

import inspect
from typing import Any, Dict, List, Optional

from vortex.definitions.base_operator import BaseOperator
from vortex.notifications.base import BaseNotifier
from vortex.plugins.config import Config
from vortex.plugins.description import Description, Registered
from vortex.plugins.places import Place
from vortex.plugins.running import RunningPlugin
from vortex.sensors.base import BaseSensorOperator, PokeReturnValue

_ANNOTATIONS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "List[Any]", "object": "Dict[str, Any]"}


class PluginOperator(BaseOperator):
    """Base of the operators of plugins. The arguments are the properties of the config schema."""

    plugin_config: Config
    _running: Optional[RunningPlugin] = None

    def execute(self, context: Any) -> Any:
        with RunningPlugin(self.plugin_config, self.log) as self._running:
            return self._running.start(self.plugin_config.rendered(self, f"Task {self.task_id!r}"), context)

    def on_kill(self) -> None:
        if self._running is not None:
            self._running.terminate()


class PluginSensor(BaseSensorOperator):
    """Base of the sensors of plugins. In mode "poke" one process does all pokes of a try."""

    plugin_config: Config
    _running: Optional[RunningPlugin] = None

    def execute(self, context: Any) -> Any:
        with RunningPlugin(self.plugin_config, self.log) as self._running:
            return super().execute(context)

    def poke(self, context: Any) -> Any:
        running = self._running
        if running is None:
            # Called by code of the DAG's author.
            with RunningPlugin(self.plugin_config, self.log) as running:
                return self._answer(running, context)
        return self._answer(running, context)

    def _answer(self, running: RunningPlugin, context: Any) -> PokeReturnValue:
        if running.is_started:
            found = running.again()
        else:
            found = running.start(self.plugin_config.rendered(self, f"Task {self.task_id!r}"), context)
        return PokeReturnValue(found["done"], found["value"])

    def on_kill(self) -> None:
        if self._running is not None:
            self._running.terminate()


class PluginNotifier(BaseNotifier):
    """Base of the notifiers of plugins."""

    plugin_config: Config

    def notify(self, context: Any) -> None:
        with RunningPlugin(self.plugin_config, self.log) as running:
            running.start(self.plugin_config.rendered(self, type(self).__name__), context)


_BASES = {"operator": PluginOperator, "sensor": PluginSensor, "notifier": PluginNotifier}


def make_class(place: Place, description: Description, registered: Registered) -> type:
    """The class, as if it were written in Python: signature, docstring, template fields."""
    config = Config(place, description.name, registered)
    namespace: Dict[str, Any] = {
        "__module__": "vortex.plugins",
        "__qualname__": registered.name,
        "__doc__": _documentation(registered),
        "__init__": _constructor(config),
        "plugin_config": config,
        "template_fields": tuple(config.template_fields),
        "template_ext": tuple(registered.template_extensions),
    }
    return type(registered.name, (_BASES[registered.kind],), namespace)


def _constructor(config: Config) -> Any:
    def __init__(self: Any, **given: Any) -> None:
        own = {name: given.pop(name) for name in config.properties if name in given}
        if config.kind == "notifier":
            config.refuse_unknown(name for name in given if name != "context")
        super(_class_with(type(self), config), self).__init__(**given)
        config.set_on(self, own)

    __init__.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(_parameter(config, name) for name in config.properties),
            inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
        ]
    )
    return __init__


def _class_with(kind: type, config: Config) -> type:
    """The class that this constructor belongs to, of which authors may have made subclasses."""
    return next(one for one in kind.__mro__ if vars(one).get("plugin_config") is config)


def _parameter(config: Config, name: str) -> inspect.Parameter:
    form = config.properties[name]
    default = inspect.Parameter.empty if name in config.required else form.get("default") if isinstance(form, dict) else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_annotation(form, default))


def _annotation(form: Any, default: Any) -> str:
    kind = form.get("type") if isinstance(form, dict) else None
    word = _ANNOTATIONS.get(kind, "Any") if isinstance(kind, str) else "Any"
    return word if word == "Any" or default is not None else f"Optional[{word}]"


def _documentation(registered: Registered) -> str:
    lines: List[str] = [registered.description, ""]
    for name, form in registered.config["properties"].items():
        words = form.get("description") if isinstance(form, dict) else None
        if words:
            lines.append(f"{name}: {words}")
    return "\n".join(lines).strip()
