"""Stands for what a deployment gives: Variables, connections and environment that a DAG file asks for and this machine does not have."""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
from typing import Any, Dict, Iterator

from vortex.execution.connection import Connection

TEXT = "1"


class AnyDocument(Dict[str, Any]):
    """A Variable's JSON: every key is there."""

    def __missing__(self, key: Any) -> Any:
        return AnyText(TEXT)

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if default is None else default

    def __iter__(self) -> Iterator[str]:
        return iter((AnyText("first"), AnyText("second")))

    def __len__(self) -> int:
        return 2

    def keys(self) -> Any:
        return list(self)

    def values(self) -> Any:
        return [AnyText(TEXT) for _ in self]

    def items(self) -> Any:
        return list(zip(self.keys(), self.values()))


class AnyText(str):
    """A value of such a document: text, number, list or document, as the file reads it."""

    def __getitem__(self, key: Any) -> Any:
        return AnyText(TEXT) if isinstance(key, str) else super().__getitem__(key)

    def get(self, _key: Any, default: Any = None) -> Any:
        return AnyText(TEXT) if default is None else default

    def items(self) -> Any:
        return AnyDocument().items()

    def keys(self) -> Any:
        return AnyDocument().keys()

    def values(self) -> Any:
        return AnyDocument().values()


class AnyConnection(Connection):
    """A connection of every kind: its extra has every key."""

    @property
    def extra_dejson(self) -> Any:
        return AnyDocument()


def give_placeholders() -> None:
    _give_documents()
    _give_hooks()
    _give_variables()
    _give_connections()
    _give_environment()


def _give_documents() -> None:
    """What the author parses out of a placeholder has every key as well."""
    original = json.loads
    plain_literal = ast.literal_eval

    def loads(text: Any, *args: Any, **kwargs: Any) -> Any:
        return AnyDocument() if isinstance(text, AnyText) else original(text, *args, **kwargs)

    plain_eval = builtins.eval

    def evaluate(text: Any, *scopes: Any) -> Any:
        caller = sys._getframe(1)
        return AnyDocument() if isinstance(text, AnyText) else plain_eval(text, *(scopes or (caller.f_globals, caller.f_locals)))

    json.loads = loads
    builtins.eval = evaluate
    ast.literal_eval = lambda text: AnyDocument() if isinstance(text, AnyText) else plain_literal(text)


def _give_hooks() -> None:
    """A hook of a provider that is not installed answers while files load, as other packages that are not installed do."""
    from absent_packages import Absent
    from vortex.airflow_compat.stubs import StubHook

    def getattribute(self: Any, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{type(self).__name__}.{name}")

    StubHook.__getattr__ = getattribute  # type: ignore[method-assign]


def _give_variables() -> None:
    from vortex.execution.variables import Variable, VariableNotFound

    original = Variable.get.__func__  # type: ignore[attr-defined]

    def get(cls: Any, key: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(cls, key, *args, **kwargs)
        except VariableNotFound:
            wants_json = kwargs.get("deserialize_json") or (len(args) > 1 and args[1])
            return AnyDocument() if wants_json else AnyText(TEXT)

    Variable.get = classmethod(get)  # type: ignore[method-assign, assignment]
    Variable.set = classmethod(lambda cls, *args, **kwargs: None)  # type: ignore[method-assign, assignment]


def _give_connections() -> None:
    from vortex.exceptions import AirflowNotFoundException
    from vortex.execution import connections

    original = connections.get_connection

    def get_connection(conn_id: str) -> Any:
        try:
            return original(conn_id)
        except AirflowNotFoundException:
            return AnyConnection(conn_id=conn_id, conn_type="generic", host="localhost", login="user", password="password", schema="main", port=1)

    connections.get_connection = get_connection


def _give_environment() -> None:
    """`os.environ["NAME"]` in the author's code; `.get` and `in` keep telling the truth."""
    from vortex.loading.author_traceback import is_ours

    kind = type(os.environ)
    original = kind.__getitem__

    def getitem(self: Any, key: Any) -> Any:
        try:
            return original(self, key)
        except KeyError:
            caller = sys._getframe(1).f_code.co_filename
            if self is not os.environ or is_ours(caller) or caller.startswith((os.path.dirname(os.__file__), "<frozen")):
                raise
            return AnyText("generic://localhost" if key.startswith("AIRFLOW_CONN_") else TEXT)

    kind.__getitem__ = getitem  # type: ignore[method-assign]
