"""What an import reads beside code: files, folders, Variables, connections, environment. A change of any of them parses the file again."""
from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from typing import Any, Callable, Dict, Iterator, Optional, Set

# An import that opens more is a crawler; its page says so and the rest goes unwatched.
MAX_FILES = 2000
MAX_NAMES = 500

# Read by interpreters and libraries on every start; they say nothing about the DAG.
_OWN_NAMES = frozenset("PATH HOME USER LOGNAME SHELL LANG LANGUAGE TERM TZ TMPDIR TMP TEMP PWD COLUMNS LINES NO_COLOR FORCE_COLOR".split())
_OWN_PREFIXES = ("PYTHON", "LC_", "VIRTUAL_ENV", "VORTEX_VAR_", "AIRFLOW_VAR_", "VORTEX_CONN_", "AIRFLOW_CONN_", "XDG_", "SSL_CERT", "NO_PROXY")
_CODE_SUFFIXES = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth")
_DEVICES = ("/proc/", "/sys/", "/dev/")


def _interpreter_folders() -> tuple:
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib") if name in paths}
    folders.add(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return tuple(sorted({os.path.realpath(folder) + os.sep for folder in folders} | {folder + os.sep for folder in folders}))


_INTERPRETER = _interpreter_folders()
_STDLIB = tuple({os.path.realpath(path) + os.sep for path in (os.path.dirname(os.__file__),)} | {os.path.dirname(os.__file__) + os.sep})
_VORTEX = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class InputRecorder:
    """Records while `active`. Audit hooks cannot be taken away again, so a process holds one recorder, switched on per import."""

    def __init__(self) -> None:
        self.active = False
        self.files: Set[str] = set()
        self.folders: Set[str] = set()
        self.variables: Set[str] = set()
        self.connections: Set[str] = set()
        self.environment: Set[str] = set()
        self.overflow = False
        self.on_process: Callable[[], None] = lambda: None
        self._busy = False
        self._events: Dict[str, Callable[[tuple], None]] = {
            "open": self._opened,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "os.fork": self._process,
            "os.forkpty": self._process,
            "os.posix_spawn": self._process,
            "os.system": self._process,
            "subprocess.Popen": self._process,
        }
        global _recorder
        _recorder = self
        sys.addaudithook(self._hook)
        self._wrap_environment()

    def start(self) -> None:
        self.files.clear()
        self.folders.clear()
        self.variables.clear()
        self.connections.clear()
        self.environment.clear()
        self.overflow = False
        self.active = True

    def stop(self) -> None:
        self.active = False

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """What is read within it is no input of the file."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def _hook(self, event: str, args: tuple) -> None:
        if not self.active or self._busy:
            return
        handler = self._events.get(event)
        if handler is None:
            return
        self._busy = True
        try:
            handler(args)
        finally:
            self._busy = False

    def _opened(self, args: tuple) -> None:
        path, mode, flags = args
        if isinstance(mode, str) and not ("r" in mode or "+" in mode):
            return
        if mode is None and isinstance(flags, int) and flags & (os.O_WRONLY | os.O_CREAT):
            return
        self._note(self.files, path, code_counts=False)

    def _listed(self, args: tuple) -> None:
        if not _caller_is(("<frozen importlib",)):
            self._note(self.folders, args[0] if args and args[0] is not None else ".", code_counts=True)

    def _process(self, _args: tuple) -> None:
        self.on_process()

    def _note(self, where: Set[str], path: Any, code_counts: bool) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        name = os.path.abspath(os.fsdecode(path))
        if not code_counts and name.endswith(_CODE_SUFFIXES):
            return
        if name.startswith(_DEVICES) or name.startswith(_INTERPRETER):
            return
        if len(where) >= MAX_FILES:
            self.overflow = True
            return
        where.add(name)

    def _wrap_environment(self) -> None:
        kind = type(os.environ)
        original = kind.__getitem__
        recorder = self

        def recording(self: Any, key: Any) -> Any:
            if recorder.active and self is os.environ:
                recorder._asked(key)
            return original(self, key)

        kind.__getitem__ = recording  # type: ignore[method-assign]

    def _asked(self, key: Any) -> None:
        if not isinstance(key, str) or key in self.environment or len(self.environment) >= MAX_NAMES:
            return
        if key in _OWN_NAMES or key.startswith(_OWN_PREFIXES):
            return
        if not _caller_is(_STDLIB + (_VORTEX,), skip=(os.__file__, "<frozen os>", "_collections_abc")):
            self.environment.add(key)


_recorder: Optional[InputRecorder] = None


def is_recorded() -> bool:
    """Whether this process reads a DAG file to tell what it defines, rather than to run its tasks."""
    return _recorder is not None


def unrecorded() -> "contextlib.AbstractContextManager[None]":
    """Within it this process's recorder, if there is one, notes nothing: whoever reads tells by itself what the inputs are."""
    return _recorder.paused() if _recorder is not None else contextlib.nullcontext()


def _caller_is(prefixes: tuple, skip: tuple = ()) -> bool:
    """Whether the first frame outside this file (and outside `skip`) belongs to one of the prefixes."""
    frame = sys._getframe(1)
    while frame is not None:
        filename = frame.f_code.co_filename
        if filename != __file__ and not any(part in filename for part in skip):
            return filename.startswith(prefixes)
        frame = frame.f_back
    return True
