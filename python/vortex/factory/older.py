"""
Names of an earlier form of YAML DAGs, which stay valid: `id`, `name`, `type`, `command`, `code`, `sensor_config`, `schedule_interval`.
Here they become the names of today; what they say stays at its place in the file.
"""

from __future__ import annotations

from typing import Dict, Optional

from vortex.factory.document import Node, Problems, mapping_of

_DAG_NAMES = {"name": "dag_display_name", "schedule_interval": "schedule"}
_TASK_NAMES = {"id": "task_id", "name": "task_display_name", "type": "operator", "command": "bash_command"}
_SENSORS = {"file": "file_sensor", "http": "http_sensor", "external_task": "external_task_sensor", "sql": "sql_sensor"}
# sensor_type -> name in config -> argument of the sensor
_CONFIG = {
    "file": {"filepath": "filepath", "path": "filepath"},
    "http": {"endpoint": "endpoint", "url": "endpoint", "http_conn_id": "http_conn_id", "expected_status": "expected_status"},
    "external_task": {"external_dag_id": "external_dag_id", "external_task_id": "external_task_id"},
    "sql": {"conn_id": "conn_id", "sql": "sql", "query": "sql"},
}
_INTERVALS = {"poke_interval_secs": "poke_interval", "timeout_secs": "timeout", "mode": "mode"}
_DEFAULTS = {"poke_interval": 30, "timeout": 3600}


def current_dag(node: Node, problems: Problems) -> Node:
    """The DAG with today's names."""
    return _renamed(node, _DAG_NAMES, problems)


def current_task(node: Node, problems: Problems) -> Node:
    """The task with today's names, or the node itself if it is no mapping."""
    if node.kind != "map":
        return node
    node = _renamed(node, _TASK_NAMES, problems)
    operator = node.get("operator")
    if "sensor_config" in node or (operator is not None and operator.value == "sensor"):
        return _sensor(node, problems)
    if "code" in node and operator is not None and operator.value == "python":
        return _with(node, "operator", _text("python_code", operator))
    if operator is not None and operator.value == "python" and "bash_command" in node and "python_callable" not in node:
        # Without `code` the command held it.
        found = _with(node, "operator", _text("python_code", operator))
        found.value["code"], found.keys["code"] = found.value.pop("bash_command"), found.keys.pop("bash_command")
        return found
    return node


def _renamed(node: Node, names: Dict[str, str], problems: Problems) -> Node:
    if node.kind != "map" or not any(name in node for name in names):
        return node
    found = mapping_of({}, node)
    found.keys = {}
    for name, value in node.items():
        new = names.get(name, name)
        if new in found.value or (new != name and new in node):
            problems.add(node.key(name), f"`{name}` is an earlier name of `{new}`, which is there as well. Remove one of them.")
            continue
        found.value[new] = value
        found.keys[new] = node.key(name)
    return found


def _sensor(node: Node, problems: Problems) -> Node:
    config = node.get("sensor_config")
    operator = node.get("operator")
    if config is None:
        problems.add(operator or node, "A task of type `sensor` has a `sensor_config`. Or name the sensor itself, such as `operator: file_sensor`.")
        return node
    if operator is not None and operator.value != "sensor":
        problems.add(node.key("sensor_config"), f"`sensor_config` goes with `type: sensor`, not with {operator.shown()}.")
        return node
    kind = config.get("sensor_type")
    if kind is None or kind.kind != "text" or kind.value not in _SENSORS:
        # The schema says what is allowed.
        return node
    found = mapping_of({name: value for name, value in node.items() if name not in ("sensor_config", "operator")}, node)
    _put(found, "operator", _text(_SENSORS[kind.value], operator or kind), kind)
    for old, new in _INTERVALS.items():
        value = config.get(old)
        if value is not None:
            _put(found, new, value, config.key(old))
    for name, number in _DEFAULTS.items():
        if name not in found:
            _put(found, name, Node("int", number, config.line, config.column, str(number)), config)
    given: Optional[Node] = config.get("config")
    for name, value in given.items() if given is not None else ():
        new_name = _CONFIG[kind.value].get(name)
        if new_name is not None:
            _put(found, new_name, value, given.key(name))  # type: ignore[union-attr]
        else:
            known = ", ".join(f"`{word}`" for word in _CONFIG[kind.value])
            hint = " Make a Connection of it, and name that with `conn_id`." if name == "connection_string" else ""
            problems.add(given.key(name), f"A sensor of the type {kind.value} has no `{name}`. Known are {known}.{hint}")  # type: ignore[union-attr]
    return found


def _put(found: Node, name: str, value: Node, key: Node) -> None:
    found.value[name] = value
    found.keys[name] = Node("text", name, key.line, key.column, name)


def _with(node: Node, name: str, value: Node) -> Node:
    found = mapping_of(node.value, node)
    found.value[name] = value
    return found


def _text(text: str, at: Node) -> Node:
    return Node("text", text, at.line, at.column, text)
