"""Names that a plugin cannot use: those of arguments and attributes that every operator has, and of operators that there are already."""

from __future__ import annotations

from typing import Any, Iterable, Optional, Tuple


def base_of(kind: str) -> Any:
    """What an operator, sensor or notifier of a plugin is a subclass of."""
    if kind == "operator":
        from vortex.definitions.base_operator import BaseOperator

        return BaseOperator
    if kind == "sensor":
        from vortex.sensors.base import BaseSensorOperator

        return BaseSensorOperator
    from vortex.notifications.base import BaseNotifier

    return BaseNotifier


def reserved_field(kind: str, fields: Iterable[str], owner: str) -> Optional[str]:
    """Why one of these config properties cannot be an argument; None = all can."""
    from vortex.definitions.base_operator import argument_names

    base = base_of(kind)
    taken = set(argument_names(base)) | set(dir(base)) | {"context", "dag_id", "upstream_task_ids", "downstream_task_ids", "notices"}
    for name in fields:
        if not name.isidentifier() or name.startswith("_"):
            return f"the config of {owner} has the property {name!r}; a property is an argument in Python: letters, digits and _, a letter first."
        if name in taken:
            return f"the config of {owner} has the property {name!r}, and every {kind} has that already. Give it another name."
    return None


def home_of(name: str) -> Optional[str]:
    """Where VORTEX itself has an operator, sensor or notifier of this name: `vortex.operators.bash`."""
    import vortex
    from vortex.factory.operators import CATALOGUE, SHORT_OF

    home = vortex._HOME_OF.get(name)
    if home is None and name in SHORT_OF:
        home = CATALOGUE[SHORT_OF[name]][0]
    return home


def package_kind(home: str) -> Tuple[str, str]:
    """(kind, package) of VORTEX's own: `vortex.sensors.bash` is a sensor."""
    for kind, package in (("operator", "vortex.operators"), ("sensor", "vortex.sensors"), ("notifier", "vortex.notifications")):
        if home.startswith(package + "."):
            return kind, package
    return "operator", ""
