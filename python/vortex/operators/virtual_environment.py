"""
Virtual environments that are kept by what is in them. A lock file beside each of them has two uses: it is held alone while the
environment is made, and shared while a task runs in it, so that nobody takes it away.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import glob
import hashlib
import json
import os
import shutil
import site
import sys
from dataclasses import asdict, dataclass, field
from typing import Any, Iterator, List, Optional

from vortex.exceptions import AirflowException
from vortex.operators.child_process import ChildProcess

# Beside the environment once it is complete; one without it was left half made.
COMPLETE = "vortex-complete.json"
# In the worker's own cache, environments that nobody used for so long are taken away.
KEPT_SECONDS = 2 * 24 * 60 * 60


@dataclass(frozen=True)
class EnvironmentRequest:
    """What an environment is made of; equal requests share one."""

    requirements: List[str] = field(default_factory=list)
    python_version: Optional[str] = None
    system_site_packages: bool = True
    pip_install_options: List[str] = field(default_factory=list)
    index_urls: List[str] = field(default_factory=list)
    cache_key: str = ""

    def digest(self, more: str = "") -> str:
        text = json.dumps({**asdict(self), "base": sys.executable, "more": more}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class EnvironmentCache:
    """Environments in one folder. `is_daily`: each day has its own, and old ones go; else they stay."""

    def __init__(self, folder: str, *, is_daily: bool = False) -> None:
        self._folder = folder
        self._is_daily = is_daily

    @classmethod
    def of_worker(cls, temporary: str) -> "EnvironmentCache":
        """For tasks that name no folder: one of this user alone."""
        folder = os.path.join(temporary, f"vortex-venvs-{os.getuid()}")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if os.stat(folder).st_uid != os.getuid():
            raise AirflowException(f"{folder} belongs to somebody else. Name a folder of your own with venv_cache_path.")
        return cls(folder, is_daily=True)

    @contextlib.contextmanager
    def environment(self, request: EnvironmentRequest, child: ChildProcess) -> Iterator[str]:
        """The path of its interpreter, while it is in use. Makes it if need be; raises AirflowException if it can't be made."""
        import fcntl

        day = dt.datetime.now(dt.timezone.utc).date().isoformat() if self._is_daily else ""
        path = os.path.join(os.path.abspath(self._folder), f"venv-{request.digest(day)}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if not os.path.exists(os.path.join(path, COMPLETE)):
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Perhaps somebody else made it while this task waited.
                if not os.path.exists(os.path.join(path, COMPLETE)):
                    self._make(path, request, child)
                fcntl.flock(lock, fcntl.LOCK_SH)
            with contextlib.suppress(OSError):
                os.utime(os.path.join(path, COMPLETE))
            yield _python_of(path)

    def _make(self, path: str, request: EnvironmentRequest, child: ChildProcess) -> None:
        if self._is_daily:
            self._take_away_unused()
        shutil.rmtree(path, ignore_errors=True)
        try:
            make_environment(path, request, child)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        with open(os.path.join(path, COMPLETE), "w", encoding="utf-8") as stream:
            json.dump({"requirements": request.requirements, "python_version": request.python_version}, stream)

    def _take_away_unused(self) -> None:
        import fcntl

        oldest = dt.datetime.now().timestamp() - KEPT_SECONDS
        for marker in glob.glob(os.path.join(glob.escape(self._folder), "venv-*", COMPLETE)):
            path = os.path.dirname(marker)
            with contextlib.suppress(OSError), open(f"{path}.lock", "a") as lock:
                if os.path.getmtime(marker) < oldest:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path, ignore_errors=True)


def make_environment(path: str, request: EnvironmentRequest, child: ChildProcess) -> None:
    """Raises AirflowException that says which step failed; its output is in the log."""
    options = ["--system-site-packages"] if request.system_site_packages else []
    code, _ = child.run([_base_python(request.python_version), "-m", "venv", "--without-pip", *options, path])
    if code != 0:
        raise AirflowException("The virtual environment could not be made; the log says why.")
    python = _python_of(path)
    if request.system_site_packages and request.python_version is None:
        _show_packages_of_tasks(path)
    if not request.requirements:
        return
    requirements = os.path.join(path, "requirements.txt")
    with open(requirements, "w", encoding="utf-8") as stream:
        stream.write("\n".join(request.requirements) + "\n")
    command = [*_pip_for(python, child), "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    code, _ = child.run([*command, *request.pip_install_options, "-r", requirements], environment=_pip_environment(request.index_urls))
    if code != 0:
        raise AirflowException("pip could not install the requirements of the virtual environment; the log says which one.")


def _pip_for(python: str, child: ChildProcess) -> List[str]:
    """The tasks' own pip, which a new environment would need seconds to get; one of its own where that is missing or too old."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
        if (major, minor) >= (22, 3):
            return [sys.executable, "-m", "pip", "--python", python]
    except (PackageNotFoundError, ValueError):
        pass
    code, _ = child.run([python, "-m", "ensurepip"])
    if code != 0:
        raise AirflowException("There is no pip for the virtual environment: install Python's pip or venv package (Debian: python3-venv).")
    return [python, "-m", "pip"]


def _pip_environment(index_urls: List[str]) -> "dict[str, str]":
    """Addresses may hold passwords, so they are no arguments: those are seen by everybody on the machine."""
    found = dict(os.environ)
    if index_urls:
        found["PIP_INDEX_URL"] = index_urls[0]
        found["PIP_EXTRA_INDEX_URL"] = " ".join(index_urls[1:])
    return found


def _base_python(version: Optional[str]) -> str:
    current = sys.version_info
    if version is None or version in ("3", f"3.{current.minor}", f"3.{current.minor}.{current.micro}"):
        return sys.executable
    found = shutil.which(f"python{version}")
    if found is None:
        raise AirflowException(f"python_version={version!r}: there is no python{version} on the PATH of this worker.")
    return found


def _show_packages_of_tasks(path: str) -> None:
    """If tasks run in a virtual environment themselves, `--system-site-packages` means the packages of its base, not its own."""
    if sys.prefix == sys.base_prefix:
        return
    own: List[str] = [folder for folder in site.getsitepackages() if os.path.isdir(folder)]
    for folder in glob.glob(os.path.join(glob.escape(path), "lib", "python*", "site-packages")):
        with open(os.path.join(folder, "vortex-tasks.pth"), "w", encoding="utf-8") as stream:
            stream.write("\n".join(own) + "\n")


def _python_of(path: str) -> Any:
    return os.path.join(path, "bin", "python")
