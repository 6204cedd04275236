"""
Stands for third-party packages that are not installed, so that loading a folder measures VORTEX and not this machine's packages. Used by
`npm run compat` alone: in the product a package that is missing is an import error.
"""

from __future__ import annotations

import abc
import builtins
import functools
import importlib.abc
import importlib.machinery
import inspect
import os
import sys
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Iterator, List, Optional, Sequence, Set

import vortex

_OPERATORS = ("Operator", "OperatorAsync", "Sensor", "SensorAsync", "Hook", "Notifier")
_EXCEPTIONS = ("Exception", "Error", "Warning", "Timeout")


class AbsentPackages(importlib.abc.MetaPathFinder):
    """The last finder: what nothing else finds. Modules missing below a package of the DAG folder stay missing, for they are the folder's."""

    def __init__(self, own_folders: Sequence[str]) -> None:
        self._own = tuple(os.path.realpath(folder) + os.sep for folder in own_folders)
        self.stood_for: Set[str] = set()

    def find_spec(self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None) -> Any:
        if path and any((os.path.realpath(entry) + os.sep).startswith(self._own) and _has_python(entry) for entry in path):
            return None
        if _asked_by_library():
            return None
        self.stood_for.add(fullname.partition(".")[0])
        return importlib.machinery.ModuleSpec(fullname, _AbsentLoader(), origin="absent", is_package=True)


def _has_python(folder: str) -> bool:
    """A folder of data that happens to have a package's name hides nothing."""
    return any(name.endswith(".py") for _, _, names in os.walk(folder) for name in names)


def _asked_by_library() -> bool:
    """Whether an installed package (or VORTEX) looks for an optional one: it must see the truth."""
    frame = sys._getframe(2)
    while frame is not None and (frame.f_code.co_filename.startswith("<frozen importlib") or frame.f_code.co_name == "import_module"):
        frame = frame.f_back
    name = frame.f_code.co_filename if frame is not None else ""
    return name.startswith(_LIBRARIES) and not name.startswith(_PROVIDERS)


# Hooks that VORTEX has want drivers, such as boto3, which the deployment has.
_PROVIDERS = os.path.join(os.path.dirname(vortex.__file__), "providers") + os.sep
_LIBRARIES = tuple({folder + os.sep for folder in (os.path.dirname(os.__file__), os.path.join(sys.prefix, "lib"), os.path.dirname(vortex.__file__))})


class _AbsentLoader(importlib.abc.Loader):
    def create_module(self, spec: Any) -> ModuleType:
        return AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return _names_of(sys._getframe(1))
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = _stand_in(self.__name__, name)
        setattr(self, name, value)
        return value

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return Absent(self.__name__)


def _names_of(frame: Any) -> List[str]:
    """What `from package import *` gives: every name that the importing module uses and does not have."""
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    names: Set[str] = set()
    codes = [frame.f_code] if frame is not None else []
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes.extend(part for part in code.co_consts if isinstance(part, CodeType))
    known = set(dir(builtins)) | (set(frame.f_globals) if frame is not None else set())
    return sorted(name for name in names - known if not name.startswith("_"))


def _stand_in(module: str, name: str) -> Any:
    if name == "__version__":
        return "1.0.0"
    if name.endswith(_OPERATORS):
        from vortex.airflow_compat.stubs import make_stub

        return make_stub(module, name)
    if name.endswith(_EXCEPTIONS) and name[:1].isupper():
        base = Warning if name.endswith("Warning") else Exception
        return type(name, (base,), {"__module__": module, "__init__": lambda self, *args, **_: base.__init__(self, *args)})
    if name.endswith(("TaskGroup", "Dag", "DAG")):
        return _permissive_graph(module, name)
    return Absent(f"{module}.{name}")


def _permissive_graph(module: str, name: str) -> type:
    """A DAG or task group class of a package: it takes its own arguments beside Airflow's."""
    from vortex.definitions.dag import DAG
    from vortex.definitions.task_group import TaskGroup

    base: Any = TaskGroup if name.endswith("TaskGroup") else DAG
    allowed = set(base.__init__.__code__.co_varnames)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        base.__init__(self, *args, **{key: value for key, value in kwargs.items() if key in allowed})

    return type(name, (base,), {"__init__": __init__, "__module__": module})


class Absent:
    """Any value of such a package: called, read, subclassed, compared, iterated (empty), used as a decorator or a context."""

    def __init__(self, name: str) -> None:
        self.__dict__.update(_name=name, __name__=name.rpartition(".")[2], __qualname__=name, __doc__=None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(self._name, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Absent):
            return _Decorated(self._name, args[0]) if isinstance(args[0], FunctionType) else args[0]
        return Absent(self._name)

    def __mro_entries__(self, _bases: Any) -> Any:
        return (_AbsentMeta(self.__name__, (AbsentBase,), {}),)

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __setitem__(self, _key: Any, _value: Any) -> None:
        """Nothing is kept."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, _item: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: Any) -> None:
        return None

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return self.__name__

    def __repr__(self) -> str:
        return f"<{self._name}, which is not installed>"

    def __fspath__(self) -> str:
        return f"/absent/{self.__name__}"

    def __hash__(self) -> int:
        return hash(self._name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Absent) and other._name == self._name

    def __lt__(self, _other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __instancecheck__(self, _instance: Any) -> bool:
        return False

    def __add__(self, _other: Any) -> Any:
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __pow__ = __add__
    __or__ = __ror__ = __and__ = __rand__ = __xor__ = __neg__ = __invert__ = __matmul__ = __add__  # type: ignore[assignment]


class _Decorated(Absent):
    """A function under a decorator of such a package. What does not fit it meant the decorator, which changes arguments or runs it later."""

    def __init__(self, name: str, function: Any) -> None:
        super().__init__(name)
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            inspect.signature(self.__wrapped__).bind(*args, **kwargs)
        except TypeError:
            return Absent(self._name)
        return self.__wrapped__(*args, **kwargs)

    def __get__(self, instance: Any, _owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)


class _AbsentMeta(abc.ABCMeta):
    """Class methods of a base that is not there, such as pydantic's."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{cls.__name__}.{name}")

    # dataclasses take a value of an unhashable class for a mutable default.
    def __hash__(cls) -> int:
        return id(cls)


class AbsentBase(metaclass=_AbsentMeta):
    """Base of classes that derive from such a value."""

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Arguments are the package's own matter."""

    def __init_subclass__(cls, **_kwargs: Any) -> None:
        """Class arguments too."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{type(self).__name__}.{name}")
