"""What operators share that call a function in another interpreter: its source goes there, its arguments and result are serialised."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import json
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import types
from typing import Any, Callable, Collection, Dict, Iterable, List, Mapping, Optional, Tuple

from vortex.definitions.callable_arguments import CONTEXT_KEYS, keyword_arguments
from vortex.exceptions import AirflowException, AirflowSkipException, InvalidArguments
from vortex.operators import function_runner
from vortex.operators.bash import read_exit_codes
from vortex.operators.child_process import ChildProcess, environment_for
from vortex.operators.python import PythonOperator

SERIALIZERS = ("pickle", "cloudpickle", "dill")
# What the decorators of this package are called where a function has them; others stay with the function.
_TASK_DECORATORS = ("task", "setup", "teardown")


class FunctionRefused(InvalidArguments, ValueError):
    """Airflow raises ValueError or AirflowException for it."""


class OtherPythonOperator(PythonOperator):
    """
    Base of PythonVirtualenvOperator and ExternalPythonOperator.

    python_callable: a function made by `def`. Its source is run by the other interpreter, so it imports what it needs itself and uses
        nothing from outside. Of the context it gets what is plain: texts, numbers, `params` and dates (pendulum's if pendulum is installed
        there); not `ti`, `dag_run`, `conf`.
    op_args, op_kwargs, templates_dict: as PythonOperator's.
    string_args: texts that the function finds in the global `virtualenv_string_args`.
    serializer: "pickle" (None), "cloudpickle" or "dill", for arguments and result; needed in both interpreters.
    use_dill: older form of serializer="dill".
    skip_on_exit_code: an exit code, or several, that skip the task.
    env_vars: added to the environment. inherit_env: whether the rest of it is the worker's.
    expect_airflow, expect_pendulum: accepted, no difference.

    Returns what the function returns.
    Raises AirflowException at load for what is no such function; when it runs, if the function raises or the interpreter is missing.
    Source: Airflow, PythonVirtualenvOperator, ExternalPythonOperator.
    """

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        serializer: Optional[str] = None,
        use_dill: bool = False,
        string_args: Optional[Iterable[str]] = None,
        skip_on_exit_code: Any = None,
        env_vars: Optional[Dict[str, str]] = None,
        inherit_env: bool = True,
        expect_airflow: bool = True,
        expect_pendulum: bool = False,
        op_args: Optional[Collection[Any]] = None,
        op_kwargs: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **kwargs)
        name = type(self).__name__
        if not isinstance(python_callable, types.FunctionType) or python_callable.__name__ == "<lambda>":
            raise FunctionRefused(f"Task {self.task_id!r}: {name} only takes functions made by `def` as python_callable.")
        if inspect.isgeneratorfunction(python_callable) or inspect.iscoroutinefunction(python_callable):
            raise FunctionRefused(f"Task {self.task_id!r}: the function of {name} must not use `yield` or `async`.")
        self.serializer = serializer or ("dill" if use_dill else "pickle")
        if self.serializer not in SERIALIZERS:
            words = ", ".join(map(repr, SERIALIZERS))
            raise FunctionRefused(f"Task {self.task_id!r}: serializer must be one of {words}, not {serializer!r}.")
        self.string_args = [str(text) for text in string_args or ()]
        self.skip_on_exit_code = read_exit_codes(skip_on_exit_code, self.task_id)
        self.env_vars = env_vars
        self.inherit_env = inherit_env
        self._child = ChildProcess()

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of the context the function names and could be carried there, and op_kwargs. Raises AirflowException for the rest."""
        plain = {name: value for name, value in context.items() if _is_plain(value)}
        found = keyword_arguments(self.python_callable, self.op_args, plain, self.op_kwargs)
        for name, parameter in inspect.signature(self.python_callable).parameters.items():
            if name in found or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            if name in CONTEXT_KEYS and name in context and name not in plain and parameter.default is parameter.empty:
                raise AirflowException(
                    f"{name!r} cannot be given to a function in another interpreter. Give it what it needs of it, such as "
                    f"op_kwargs={{'run': '{{{{ run_id }}}}'}}."
                )
        return found

    def call_in(self, python: str, keywords: Mapping[str, Any]) -> Any:
        """Calls the function in that interpreter."""
        with tempfile.TemporaryDirectory(prefix="vortex-python-") as folder:
            self._write(folder, keywords)
            environment = environment_for(self.env_vars or {}, inherit=self.inherit_env, always=(), keep=self.secrets)
            # Copied: the folder of a script comes first on its sys.path.
            command = [python, shutil.copy(function_runner.__file__, os.path.join(folder, "vortex_function_runner.py")), folder]
            try:
                code, _ = self._child.run(command, environment=environment)
            except OSError as error:
                raise AirflowException(f"{python} could not be started: {error.strerror}") from None
            if code in self.skip_on_exit_code:
                raise AirflowSkipException(f"Process exited with code {code}. Skipping.")
            if code != 0:
                raise AirflowException(_failure(folder, code))
            return self._result(os.path.join(folder, "result.bin"))

    def on_kill(self) -> None:
        self._child.signal(signal.SIGTERM)

    def _write(self, folder: str, keywords: Mapping[str, Any]) -> None:
        source, line = source_of(self.python_callable)
        own = {name: value for name, value in keywords.items() if name in self.op_kwargs}
        job = {
            "serializer": self.serializer,
            "name": self.python_callable.__name__,
            "file": inspect.getsourcefile(self.python_callable) or "<function>",
            "line": line,
            "string_args": self.string_args,
            "context": {name: _as_json(value) for name, value in keywords.items() if name not in self.op_kwargs},
        }
        _save(folder, "function.txt", source.encode())
        _save(folder, "job.json", json.dumps(job).encode())
        _save(folder, "args.bin", self._dump({"args": tuple(self.op_args), "kwargs": own}))

    def _dump(self, value: Dict[str, Any]) -> bytes:
        library = self._library()
        try:
            # The fourth protocol is the newest one that every Python 3 reads.
            data: bytes = library.dumps(value, protocol=4)
            return data
        except Exception as error:  # noqa: BLE001 - pickle raises whatever the objects do
            wrong = [name for name, item in value["kwargs"].items() if not _can_dump(library, item)]
            where = f"op_kwargs {', '.join(wrong)}" if wrong else "op_args"
            raise AirflowException(f"{where} cannot be given to another interpreter ({error}). Give texts, numbers and the like.") from None

    def _result(self, path: str) -> Any:
        if not os.path.exists(path):
            return None
        with open(path, "rb") as stream:
            try:
                return self._library().load(stream)
            except Exception as error:  # noqa: BLE001 - what was pickled there may not exist here
                raise AirflowException(f"the function's result cannot be read here: {type(error).__name__}: {error}") from None

    def _library(self) -> Any:
        import importlib

        try:
            return importlib.import_module(self.serializer)
        except ImportError:
            install = f"`{sys.executable} -m pip install {self.serializer}`"
            raise AirflowException(f"serializer={self.serializer!r} needs a package that is not here: {install}. Or use 'pickle'.") from None


def source_of(function: Callable[..., Any]) -> Tuple[str, int]:
    """Its source without the decorators that made a task of it, and the line in its file where that begins."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        raise AirflowException(f"The source of {function.__name__}() cannot be read, so no other interpreter can run it.") from None
    source = textwrap.dedent("".join(lines))
    node = ast.parse(source).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise AirflowException(f"The source of {function.__name__}() is no function of its own.")
    kept = [decorator for decorator in node.decorator_list if not _makes_a_task(decorator)]
    head: List[str] = [f"@{ast.get_source_segment(source, decorator)}\n" for decorator in kept]
    body = source.splitlines(keepends=True)[node.lineno - 1 :]
    return "".join(head + body), max(1, first + node.lineno - 1 - len(head))


def _makes_a_task(decorator: ast.expr) -> bool:
    while isinstance(decorator, (ast.Call, ast.Attribute)):
        if isinstance(decorator, ast.Attribute) and decorator.attr in _TASK_DECORATORS:
            return True
        decorator = decorator.func if isinstance(decorator, ast.Call) else decorator.value
    return isinstance(decorator, ast.Name) and decorator.id in _TASK_DECORATORS


def _failure(folder: str, code: int) -> str:
    words = f"was ended by signal {-code}" if code < 0 else f"returned non-zero exit status {code}"
    try:
        with open(os.path.join(folder, "error.txt"), encoding="utf-8") as stream:
            return f"The process of the function {words}: {stream.read()}"
    except FileNotFoundError:
        return f"The process of the function {words}."


def _is_plain(value: Any) -> bool:
    if value is None or isinstance(value, (str, int, float, dt.datetime)):
        return True
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(item) for name, item in value.items())
    return isinstance(value, (list, tuple)) and all(_is_plain(item) for item in value)


def _as_json(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=dt.timezone.utc)
        return {"$instant": aware.astimezone(dt.timezone.utc).isoformat()}
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def _can_dump(library: Any, value: Any) -> bool:
    try:
        library.dumps(value)
    except Exception:  # noqa: BLE001 - pickle raises whatever the objects do
        return False
    return True


def _save(folder: str, name: str, data: bytes) -> None:
    with open(os.path.join(folder, name), "wb") as stream:
        stream.write(data)
