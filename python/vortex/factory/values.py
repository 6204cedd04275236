"""Values of a document as Python values: names of functions, results of tasks, objects, durations."""

from __future__ import annotations

import datetime as dt
import re
import traceback
from typing import Any, Callable, Optional

from vortex.factory.document import Node, Problems, nearest
from vortex.factory.durations import read_duration
from vortex.factory.imports import NotFound, import_name

# Keys that say what a mapping stands for.
MARKS = ("$xcom", "$import", "$object", "$duration", "$datetime", "$date", "$time", "$asset", "$literal")


class Bad(Exception):
    """A value that cannot be used; the problem has been told."""


class ValueReader:
    """Reads the values of one DAG. `xcom(node)` gives the result of a task, or raises Bad."""

    def __init__(self, problems: Problems, xcom: Callable[[Node], Any], timezone: Any = None) -> None:
        self.problems = problems
        self._xcom = xcom
        self.timezone = timezone

    def fail(self, node: Node, message: str) -> Bad:
        self.problems.add(node, message)
        return Bad(message)

    def read(self, node: Node) -> Any:
        """As it stands, with what its `$` mappings stand for."""
        if node.kind == "list":
            return [self.read(item) for item in node.value]
        if node.kind != "map":
            return node.value
        marks = [name for name in node.value if name.startswith("$")]
        if not marks:
            return {name: self.read(value) for name, value in node.items()}
        return self._marked(node, marks)

    def _marked(self, node: Node, marks: "list[str]") -> Any:
        mark = marks[0]
        if mark not in MARKS or len(marks) > 1:
            known = ", ".join(f"`{name}`" for name in MARKS)
            raise self.fail(node.key(mark), f"`{mark}` stands for nothing.{nearest(mark, MARKS)} Known are {known}; `{{$literal: ...}}` keeps a mapping as it is.")
        others = [name for name in node.value if name != mark and not (mark == "$object" or (mark == "$xcom" and name == "key"))]
        if others:
            raise self.fail(node.key(others[0]), f"Beside `{mark}` there is no key `{others[0]}`.")
        value = node.value[mark]
        if mark == "$xcom":
            return self._xcom(node)
        if mark == "$literal":
            return value.plain()
        if mark == "$asset":
            from vortex.factory.schedules import read_asset

            return read_asset(value, self)
        if mark == "$object":
            return self._object(node, value)
        if value.kind == "text" and mark == "$import":
            return self.imported(value)
        return self._moment(mark, value)

    def _moment(self, mark: str, node: Node) -> Any:
        found: Any = None
        try:
            if mark == "$duration":
                found = read_duration(node.value)
            elif node.kind == "text" and mark == "$date":
                found = dt.date.fromisoformat(node.value)
            elif node.kind == "text" and mark == "$time":
                found = dt.time.fromisoformat(node.value)
            elif node.kind == "text" and mark == "$datetime":
                from vortex import timezone

                found = timezone.parse(node.value, self.timezone)
        except Exception:  # noqa: BLE001 - parsers of dates raise many kinds
            found = None
        if found is None:
            allowed = {"$duration": "a duration such as 5m", "$date": "2026-01-31", "$time": '"09:30"', "$datetime": "2026-01-31T03:00", "$import": "module:name"}
            raise self.fail(node, f"`{mark}` must be {allowed[mark]}, not {node.shown()}.")
        return found

    def _object(self, node: Node, name: Node) -> Any:
        if name.kind != "text":
            raise self.fail(name, f"`$object` must be the import path of a class, not {name.shown()}.")
        kind = self.class_named(name)
        arguments = {key: self.read(value) for key, value in node.items() if key != "$object"}
        return self.calling(node, name.value, lambda: kind(**arguments))

    def class_named(self, node: Node) -> Any:
        """
        A class of the author's, of VORTEX or of an installed package. None of Python's own: some of those run what they are given, and
        nothing that a file contains is run when it is read.
        """
        from vortex.scan.imports import is_standard

        found = self.imported(node)
        home = str(getattr(found, "__module__", "")).partition(".")[0]
        if not isinstance(found, type) or is_standard(home) or is_standard(re.split("[.:]", node.value)[0]):
            raise self.fail(node, f"`{node.value}` is no class of yours, of VORTEX or of an installed package; others are not made from a file.")
        return found

    def calling(self, node: Node, name: str, make: Callable[[], Any]) -> Any:
        """What the author's constructor gives; what it raises is told at `node`."""
        try:
            return make()
        except Bad:
            raise
        except Exception as error:
            self.note_traceback(error)
            raise self.fail(node, f"{name} could not be made: {_one_line(error)}") from None

    def imported(self, node: Node) -> Any:
        """A Python thing by its name."""
        try:
            return import_name(node.value)
        except NotFound as error:
            raise self.fail(node, f"{error}{nearest(error.name, error.known)}") from None
        except ModuleNotFoundError as error:
            raise self.fail(node, self._no_module(node.value, error)) from None
        except Exception as error:
            self.note_traceback(error)
            raise self.fail(node, f"Importing `{node.value}` failed: {_one_line(error)}") from None

    def _no_module(self, text: str, error: ModuleNotFoundError) -> str:
        from vortex.loading.import_error import package_to_install

        missing = error.name or ""
        if text.replace(":", ".").startswith(missing + ".") or text.replace(":", ".") == missing:
            return f"There is no module `{missing}`. Names are `module:function`, with modules of the DAG folder or of installed packages."
        return f"Importing `{text}` needs `{missing}`, which is not installed: pip install {package_to_install(missing)}."

    def note_traceback(self, error: BaseException) -> None:
        from vortex.loading.author_traceback import format_author_traceback

        self.problems.more.append(format_author_traceback(error) or traceback.format_exc())

    def callable(self, node: Node) -> Any:
        """`module:function`, `{$import: ...}` or `{$object: ...}`."""
        found = self.imported(node) if node.kind == "text" else self.read(node)
        if not callable(found):
            raise self.fail(node, f"{node.shown() if node.kind == 'text' else 'This'} is a {type(found).__name__}, which cannot be called.")
        return found

    def callables(self, node: Node) -> Any:
        return [self.callable(item) for item in node.value] if node.kind == "list" else self.callable(node)

    def duration(self, node: Node) -> Optional[dt.timedelta]:
        return None if node.kind == "null" else read_duration(node.value)

    def instant(self, node: Node) -> Any:
        from vortex import timezone

        try:
            return timezone.parse(node.value, self.timezone)
        except Exception:  # noqa: BLE001 - parsers of dates raise many kinds
            raise self.fail(node, f"`{node.value}` is no date of the calendar.") from None

    def params(self, node: Node) -> Any:
        from vortex.definitions.params import Param
        from vortex.execution.params import check_simply

        found = {}
        for name, value in node.items():
            if value.kind != "map" or not any(key in value for key in ("default", "type", "enum", "const")):
                found[name] = self.read(value)
                continue
            keywords = {key: one.plain() for key, one in value.items() if key not in ("default", "description")}
            default = {"default": value.value["default"].plain()} if "default" in value else {}
            description = value.value["description"].plain() if "description" in value else None
            found[name] = Param(**default, description=description, schema=keywords)
            if not default:
                continue
            try:
                wrong = check_simply(default["default"], keywords)
            except Exception as error:  # noqa: BLE001 - a schema that is none
                wrong = [f"its JSON Schema is none: {_one_line(error)}"]
            if wrong and default["default"] is not None:
                self.problems.add(value.value["default"], f"The default of the param `{name}` does not fit: {wrong[0]}.")
        return found


def _one_line(error: BaseException) -> str:
    from vortex.loading.author_traceback import one_line

    return one_line(error)
