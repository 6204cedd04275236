"""Renders template fields with Jinja, as Airflow does: sandboxed, strict about undefined names, files by extension, native types on wish."""
from __future__ import annotations

import datetime as dt
import os
from typing import Any, Dict, Iterable, List, Optional, Tuple

from vortex.exceptions import AirflowException

MAX_DEPTH = 50
# Where the running task's template files lie.
_folders: List[str] = []


def render_template_fields(task: Any, context: Dict[str, Any], folders: List[str], plain: Iterable[Any] = ()) -> bool:
    """
    Renders each template field of the task in place; `plain`: values that are left as they are. A process runs one attempt, so nobody
    else sees the change. True if anything in them was a template or the result of another task.
    """
    global _folders
    _folders = folders
    renderer = Renderer(context.get("dag"), context, folders, plain)
    renderer.render_fields(task, names_of(task), tuple(getattr(task, "template_ext", ()) or ()))
    return renderer.has_rendered or bool(renderer.plain)


def render_now(task: Any, value: Any, context: Dict[str, Any], environment: Any = None) -> Any:
    """Renders what a task makes while it runs, such as the command of @task.bash, as one of its template fields."""
    return Renderer(context.get("dag"), context, _folders, environment=environment).render(value, tuple(getattr(task, "template_ext", ()) or ()))


def environment_of(dag: Any, sandboxed: bool) -> Any:
    """The Jinja environment of a DAG's templates, in a running task. sandboxed: not the native one."""
    return make_environment(dag, _folders, not sandboxed and bool(getattr(dag, "render_template_as_native_obj", False)))


def render_owner_fields(owner: Any, context: Dict[str, Any], names: Optional[Tuple[str, ...]] = None, environment: Any = None) -> None:
    """Renders fields in place, also of what is no task, such as a notifier; all its template fields if none are named."""
    extensions = tuple(getattr(owner, "template_ext", ()) or ())
    Renderer(context.get("dag"), context, _folders, environment=environment).render_fields(owner, names_of(owner) if names is None else names, extensions)


def names_of(owner: Any) -> Tuple[str, ...]:
    names = getattr(owner, "template_fields", ()) or ()
    return (names,) if isinstance(names, str) else tuple(names)


class Renderer:
    """One Jinja environment for one attempt, made when the first template needs it."""

    def __init__(self, dag: Any, context: Dict[str, Any], folders: Iterable[str], plain: Iterable[Any] = (), environment: Any = None) -> None:
        # By identity, as Airflow does it; they are kept, so that no other object takes the number.
        self.plain = {id(value): value for value in plain}
        self._dag = dag
        self._context = context
        self._folders = list(folders)
        self._environment: Any = environment
        self._seen: Dict[int, Any] = {}
        # Something was no plain value.
        self.has_rendered = False

    def render_fields(self, owner: Any, names: Tuple[str, ...], extensions: Tuple[str, ...], depth: int = 0) -> None:
        for name in names:
            try:
                value = getattr(owner, name)
            except AttributeError:
                raise AirflowException(f"{name!r} is a template field of {type(owner).__name__}, but the object has no such attribute") from None
            if value is not None and value != "":
                setattr(owner, name, self.render(value, extensions, depth))

    def render(self, value: Any, extensions: Tuple[str, ...] = (), depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise AirflowException(f"A template field is nested more than {MAX_DEPTH} deep, or contains itself.")
        if self.plain and id(value) in self.plain:
            return value
        if type(value) is str or (isinstance(value, str) and not hasattr(type(value), "resolve")):
            return self._render_text(value, extensions)
        if isinstance(value, os.PathLike):
            return value
        if callable(getattr(type(value), "resolve", None)):
            self.has_rendered = True
            return value.resolve(self._context)
        if isinstance(value, tuple):
            items = [self.render(item, extensions, depth + 1) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self.render(item, extensions, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: self.render(item, extensions, depth + 1) for key, item in value.items()}
        if isinstance(value, (set, frozenset)):
            return type(value)(self.render(item, extensions, depth + 1) for item in value)
        return self._render_object(value, extensions, depth)

    def _render_object(self, value: Any, extensions: Tuple[str, ...], depth: int) -> Any:
        names = names_of(value) if not isinstance(value, type) else ()
        if names and id(value) not in self._seen:
            self._seen[id(value)] = value
            self.render_fields(value, names, tuple(getattr(value, "template_ext", ()) or ()), depth + 1)
        return value

    def _render_text(self, text: str, extensions: Tuple[str, ...]) -> Any:
        if extensions and text.endswith(extensions):
            template = self.environment.get_template(text)
        elif not text or ("{" not in text and not self._native):
            # Nothing for Jinja to find. Native mode goes on: it turns "5" into 5.
            return text
        else:
            template = self.environment.from_string(text)
        return self._rendered(template)

    def _rendered(self, template: Any) -> Any:
        self.has_rendered = True
        found = template.render(self._context)
        # In native mode an undefined name alone comes back as an object that has not complained yet.
        if self._native and type(found).__name__.endswith("Undefined"):
            str(found)
        return found

    @property
    def _native(self) -> bool:
        return bool(getattr(self._dag, "render_template_as_native_obj", False))

    @property
    def environment(self) -> Any:
        if self._environment is None:
            self._environment = make_environment(self._dag, self._folders, self._native)
        return self._environment


def make_environment(dag: Any, folders: List[str], native: bool) -> Any:
    try:
        import jinja2
        import jinja2.nativetypes
        import jinja2.sandbox
    except ImportError:
        import sys

        raise AirflowException(f"This task has a template, which needs Jinja: `{sys.executable} -m pip install jinja2`") from None

    class Safe:
        """One underscore is a habit, two are the interpreter's: only those are refused."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return not jinja2.sandbox.is_internal_attribute(obj, attr)

    if native:
        kind = type("Environment", (Safe, jinja2.nativetypes.NativeEnvironment, jinja2.sandbox.SandboxedEnvironment), {})
    else:
        kind = type("Environment", (Safe, jinja2.sandbox.SandboxedEnvironment), {})
    options: Dict[str, Any] = {
        "loader": jinja2.FileSystemLoader(folders),
        "undefined": getattr(dag, "template_undefined", None) or jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
    }
    options.update(getattr(dag, "jinja_environment_kwargs", None) or {})
    environment = kind(**options)
    environment.filters.update(FILTERS)
    environment.globals.update(getattr(dag, "user_defined_macros", None) or {})
    environment.filters.update(getattr(dag, "user_defined_filters", None) or {})
    return environment


def _ds(value: Optional[dt.datetime]) -> Optional[str]:
    return None if value is None else value.strftime("%Y-%m-%d")


def _ts(value: Optional[dt.datetime]) -> Optional[str]:
    return None if value is None else value.isoformat()


def _ts_nodash(value: Optional[dt.datetime]) -> Optional[str]:
    return None if value is None else value.strftime("%Y%m%dT%H%M%S")


def _ts_nodash_with_tz(value: Optional[dt.datetime]) -> Optional[str]:
    return None if value is None else value.isoformat().replace("-", "").replace(":", "")


FILTERS = {
    "ds": _ds,
    "ds_nodash": lambda value: None if value is None else value.strftime("%Y%m%d"),
    "ts": _ts,
    "ts_nodash": _ts_nodash,
    "ts_nodash_with_tz": _ts_nodash_with_tz,
}
