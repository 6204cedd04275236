"""
Stand-ins for names of Airflow and its providers that VORTEX does not have. They let a DAG file load and its graph be seen; what needs
them at run time fails with a message that names the package, instead of doing nothing and calling it a success.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Dict, Iterator, Optional, Tuple, Type

from vortex.airflow_compat.packages import package_of
from vortex.definitions.base_operator import BaseOperator, argument_names
from vortex.definitions.construction import OperatorMeta
from vortex.exceptions import AirflowException, VortexProviderMissing

_OPERATORS = ("Operator", "OperatorAsync", "Sensor", "SensorAsync")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_EXCEPTIONS = ("Exception", "Error", "Warning")
_made: Dict[Tuple[str, str], Any] = {}


def missing(what: str, module: str) -> VortexProviderMissing:
    package = package_of(module)
    if what.startswith(("Session", "session")) or module == "airflow.utils.session":
        return VortexProviderMissing(
            f"{what} ({module}): tasks cannot use Airflow's metadata database, since workers never see a database. DagRun.find, "
            "dag_run.get_task_instances, XCom.get_many and Variable answer what most tasks ask of it."
        )
    if package == "apache-airflow":
        return VortexProviderMissing(
            f"VORTEX does not have {what} ({module}). If a plugin of yours brought it into Airflow, import it from the plugin's own module."
        )
    return VortexProviderMissing(
        f"VORTEX does not have {what} ({module}, of {package}) yet. Use an operator that VORTEX has, such as PythonOperator with "
        "the library itself, or BashOperator with its command."
    )


def make_stub(module: str, name: str) -> Any:
    """The stand-in for `from module import name`; always the same one."""
    key = (module, name)
    if key not in _made:
        _made[key] = _new_stub(module, name)
    return _made[key]


def _new_stub(module: str, name: str) -> Any:
    body = {"__module__": module, "__qualname__": name, "__doc__": f"Stands for {module}.{name}, which VORTEX does not have."}
    if name.endswith(_OPERATORS):
        return _StubMeta(name, (StubOperator,), {**body, "stub_module": module, "stub_package": package_of(module)})
    if name.endswith("Hook"):
        return type(name, (StubHook,), {**body, "stub_module": module})
    if name.endswith("Notifier"):
        return type(name, (StubNotifier,), {**body, "stub_module": module})
    if name.endswith(_EXCEPTIONS) and name[:1].isupper():
        return type(name, (UserWarning if name.endswith("Warning") else AirflowException,), body)
    return Permissive(module, name)


class _StubMeta(OperatorMeta):
    """Constants of the class that it stands for."""

    def __getattr__(cls, name: str) -> Any:
        if name.isupper() and not name.startswith("_"):
            return Permissive(cls.__module__, f"{cls.__name__}.{name}")
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")


class StubOperator(BaseOperator, metaclass=_StubMeta):
    """Takes any argument, keeps it as an attribute and template field, and fails when it runs."""

    stub_module = ""
    stub_package: Optional[str] = "apache-airflow"
    ui_color = "#f5f5f5"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        known = set(argument_names(BaseOperator))
        if not _names_secrets(kwargs.get("secrets")):
            # KubernetesPodOperator's are objects of its own.
            known.discard("secrets")
        own = {name: value for name, value in kwargs.items() if name not in known}
        super().__init__(**{name: value for name, value in kwargs.items() if name in known})
        own.pop("secrets", None)
        for name, value in own.items():
            if not isinstance(getattr(type(self), name, None), property):
                setattr(self, name, value)
        fields = tuple(type(self).template_fields)
        self.template_fields = fields + tuple(name for name in own if name not in fields and name in vars(self))
        self.notices.append(f"VORTEX does not have {_stub_name(type(self))} (of {self.stub_package}) yet; the task fails when it runs")

    def __getattr__(self, name: str) -> Any:
        # What the missing class has: for the author's code alone. VORTEX asks for optional attributes and must see that there is none.
        if name.startswith("__") or sys._getframe(1).f_code.co_filename.startswith(_PACKAGE):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return Permissive(self.stub_module, f"{_stub_name(type(self))}.{name}")

    def execute(self, context: Any) -> Any:
        raise missing(_stub_name(type(self)), self.stub_module)

    def poke(self, context: Any) -> Any:
        raise missing(_stub_name(type(self)), self.stub_module)


def _names_secrets(value: Any) -> bool:
    values = value.values() if isinstance(value, dict) else [value] if isinstance(value, str) else value or ()
    return all(isinstance(name, str) for name in values)


def _stub_name(kind: type) -> str:
    """The class that is missing, not the author's subclass of it."""
    for base in kind.__mro__:
        if "stub_module" in vars(base):
            return base.__name__
    return kind.__name__


class _StubHookMeta(type):
    """Methods of the class that it stands for, so that tests can put mocks in their place: `mock.patch("...GCSHook.download")`."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return _refusal(cls, name)


def _refusal(hook: Any, name: str) -> Any:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise missing(f"{hook.__name__}.{name}()", hook.stub_module)

    return refuse


class StubHook(metaclass=_StubHookMeta):
    """Can be made while a file loads; nothing of it works."""

    stub_module = ""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Arguments are the hook's own matter."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _refusal(type(self), name)


class StubNotifier:
    """A callback that says in the log that it cannot send; a run must not break over it."""

    stub_module = ""
    template_fields: Tuple[str, ...] = ()

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Arguments are the notifier's own matter."""

    def __call__(self, *_args: Any) -> None:
        self.notify(_args[0] if _args else None)

    def notify(self, context: Any) -> None:
        logging.getLogger(__name__).warning("Nothing was sent: %s", missing(type(self).__name__, self.stub_module))


class Permissive:
    """
    Any other name. While a DAG file loads it may be called, read, subclassed, used as a decorator or annotation; in a running task
    calling it, or going through it, raises.
    """

    def __init__(self, module: str, name: str) -> None:
        self.__dict__.update(_module=module, _name=name, __name__=name.rpartition(".")[2], __qualname__=name, __module__=module)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return make_stub(self._module, f"{self._name}.{name}") if not name.endswith(_OPERATORS) else make_stub(self._module, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._refuse_in_task("()")
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Permissive):
            # Used as a decorator: what it decorates stays usable.
            return args[0]
        return Permissive(self._module, f"{self._name}()")

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __or__(self, _other: Any) -> Any:
        return self

    __ror__ = __and__ = __rand__ = __or__

    def __iter__(self) -> Iterator[Any]:
        self._refuse_in_task("")
        return iter(())

    def __len__(self) -> int:
        return 0

    def __add__(self, other: Any) -> Any:
        # A default of the missing class, to which the author adds.
        self._refuse_in_task("")
        return other if isinstance(other, (str, list, tuple)) else self

    __radd__ = __add__

    def _compare(self, _other: Any) -> Any:
        self._refuse_in_task("")
        return self

    __lt__ = __le__ = __gt__ = __ge__ = _compare

    def __contains__(self, _item: Any) -> bool:
        self._refuse_in_task("")
        return False

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Any:
        self._refuse_in_task("")
        return self

    def __exit__(self, *_error: Any) -> None:
        return None

    def __mro_entries__(self, _bases: Any) -> Any:
        return (type(self._name, (PermissiveBase,), {"__module__": self._module, "stub_module": self._module}),)

    def __instancecheck__(self, _instance: Any) -> bool:
        return False

    def __deepcopy__(self, _memo: Any) -> Any:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Permissive) and (other._module, other._name) == (self._module, self._name)

    def __hash__(self) -> int:
        return hash((self._module, self._name))

    def __repr__(self) -> str:
        return f"<{self._module}.{self._name}, which VORTEX does not have>"

    def _refuse_in_task(self, suffix: str) -> None:
        from vortex.execution import current_context

        if current_context._current is not None:
            raise missing(f"{self._name}{suffix}", self._module)


class PermissiveBase:
    """Base of classes that derive from a stand-in."""

    stub_module = ""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Arguments are the missing class's own matter."""

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        """Class arguments too."""


def stub_task(kind: str) -> Type[BaseOperator]:
    """The operator behind a `@task.<kind>` that VORTEX does not have."""
    key = ("airflow.decorators", f"task.{kind}")
    if key not in _made:
        package = package_of(f"airflow.decorators.{kind}")
        body = {
            "stub_module": f"airflow.decorators.{kind}",
            "stub_package": package,
            "custom_operator_name": f"@task.{kind}",
            "__module__": __name__,
        }
        _made[key] = _StubMeta(f"@task.{kind}", (StubOperator,), body)
    return _made[key]
