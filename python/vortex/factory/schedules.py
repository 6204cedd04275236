"""`schedule`, and assets."""

from __future__ import annotations

from typing import Any

from vortex.factory.document import Node
from vortex.factory.durations import read_duration
from vortex.factory.forms import TIMETABLES

# Arguments of timetables that are durations.
_DURATIONS = ("interval", "delta", "run_immediately")


def read_schedule(node: Node, values: Any) -> Any:
    """What `schedule=` of a DAG takes."""
    if node.kind == "null":
        return None
    if node.kind == "text":
        return _timed(node, values)
    time = next((name for name in ("cron", "every", "timetable") if name in node), None)
    given = [name for name in ("cron", "every", "timetable") if name in node]
    if len(given) > 1:
        raise values.fail(node.key(given[1]), f"`{given[0]}` and `{given[1]}` exclude each other.")
    if "arguments" in node and time != "timetable":
        raise values.fail(node.key("arguments"), "`arguments` goes with `timetable`.")
    timed = None
    if time == "cron":
        timed = _checked(node.value["cron"], values)
    elif time == "every":
        timed = read_duration(node.value["every"].value)
    elif time == "timetable":
        timed = _timetable(node, values)
    if "assets" not in node:
        if time is None:
            raise values.fail(node, "A schedule has one of `cron`, `every`, `timetable`, or `assets`.")
        return timed
    condition = read_condition(node.value["assets"], values)
    if time is None:
        from vortex.assets.schedule import condition_of

        return condition_of(condition)
    return _either(node, timed, condition, values)


def _timed(node: Node, values: Any) -> Any:
    """A duration, or a cron text; these have no form in common."""
    duration = read_duration(node.value)
    return duration if duration is not None else _checked(node, values)


def _checked(node: Node, values: Any) -> str:
    from vortex.definitions.time_steps import check_cron

    if node.value.lower() in ("@once", "@continuous"):
        return node.value.lower()
    try:
        check_cron(node.value)
    except Exception as error:  # noqa: BLE001 - said in the author's words
        raise values.fail(node, f"`schedule`: {error}".replace("For no schedule write None, without quotes.", "For no schedule write null.")) from None
    return node.value


def _timetable(node: Node, values: Any) -> Any:
    import vortex

    name = node.value["timetable"]
    kind = getattr(vortex, name.value) if name.value in TIMETABLES else values.class_named(name)
    given = node.get("arguments")
    arguments = {} if given is None else {key: _argument(key, one, values) for key, one in given.items() if key != "args"}
    positional = values.read(given.value["args"]) if given is not None and "args" in given else []
    if name.value in ("CronDataIntervalTimetable", "CronTriggerTimetable", "MultipleCronTriggerTimetable"):
        arguments.setdefault("timezone", values.timezone or "UTC")
    if not isinstance(positional, list):
        raise values.fail(given.value["args"], "`args` must be a list.")
    return values.calling(name, name.value, lambda: kind(*positional, **arguments))


def _argument(name: str, node: Node, values: Any) -> Any:
    found = values.read(node)
    duration = read_duration(found) if name in _DURATIONS and isinstance(found, str) else None
    return found if duration is None else duration


def _either(node: Node, timed: Any, condition: Any, values: Any) -> Any:
    from vortex import registry
    from vortex.assets.schedule import AssetOrTimeSchedule
    from vortex.definitions.timetables import Timetable, read_schedule as timetable_of

    def make() -> Any:
        zone = values.timezone
        if zone is None:
            from vortex import timezone

            zone = timezone.default_timezone()
        table = timed if isinstance(timed, Timetable) else timetable_of(timed, zone, registry.current_dialect(), "")
        return AssetOrTimeSchedule(timetable=table, assets=condition)

    return values.calling(node, "The schedule", make)


def read_condition(node: Node, values: Any) -> Any:
    """An asset, several of them, or `all` and `any` within each other."""
    from vortex.assets.asset import AssetAll, AssetAny

    if node.kind == "list":
        return AssetAll(*[read_condition(item, values) for item in node.value])
    if node.kind == "map":
        for word, kind in (("all", AssetAll), ("any", AssetAny)):
            if word in node:
                return kind(*[read_condition(item, values) for item in node.value[word].value])
    return read_asset(node, values)


def read_asset(node: Node, values: Any) -> Any:
    from vortex.assets.asset import Asset, AssetAlias

    if node.kind == "text":
        return values.calling(node, "The asset", lambda: Asset(node.value))
    if node.kind != "map":
        raise values.fail(node, f"An asset is its name or URI, or a mapping, not {node.shown()}.")
    given = {name: values.read(value) for name, value in node.items()}
    if "alias" in given:
        if set(given) - {"alias", "group"}:
            raise values.fail(node, "An alias has a `group` beside its name, and nothing else.")
        return values.calling(node, "The alias", lambda: AssetAlias(given["alias"], given.get("group", "asset")))
    return values.calling(node, "The asset", lambda: Asset(**given))


def read_assets(node: Node, values: Any) -> Any:
    return [read_asset(item, values) for item in (node.value if node.kind == "list" else [node])]
