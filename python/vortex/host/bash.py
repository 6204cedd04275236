"""Plain bash commands: started by posix_spawn straight from the zygote, no Python in between."""
from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
from typing import Any, Dict, List, Optional, Set, Tuple

from vortex.host.attempt import RSS_UNIT, Attempt, signal_name_of
from vortex.host.linux import MARK
from vortex.host.process_tree import StartTimer

# Python or the zygote ignores these, and bash can't trap what is ignored when it starts: a command gets them as the system sets them.
_DEFAULT_SIGNALS = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


# As many as may be given back at once by a worker of usual capacity.
EMPTY_FOLDERS = 64


class StartFailed(Exception):
    """A sentence for the author of the task: what is wrong and how to mend it."""


class BashAttempt(Attempt):
    def __init__(self, message: Dict[str, Any], link: Any, bash: "BashStarter") -> None:
        super().__init__(message, link)
        self.skip_codes: List[int] = message["skip_on_exit_codes"]
        self.push_xcom: bool = message["push_xcom"]
        self.folder = ""
        self._bash = bash

    def end_document(self) -> Dict[str, Any]:
        # The kernel counts the spawner's memory into the peak of the spawned (vfork): up to ours the figure says nothing.
        if self.max_rss_bytes <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT:
            self.max_rss_bytes = 0
        return super().end_document()

    def outcome(self) -> Dict[str, Any]:
        died = self.died_of_signal()
        if died is not None:
            return {**died, "reason": f"bash was {died['reason']}" if died["reason"].startswith("killed") else died["reason"]}
        code = self.exit_status_code()
        if code in self.skip_codes:
            return {"outcome": "skipped", "reason": f"bash exited with code {code}, which means skipped", "reason_code": "skip"}
        if code != 0:
            return {"reason": f"bash exited with code {code}{_meaning(code)}", "reason_code": "exit_code"}
        if not self.push_xcom:
            return {"outcome": "success"}
        line = self.output.last_line()
        if len(line.encode()) > self.xcom_cap_bytes:
            return {
                "reason": f"the last line of the output is larger than the {self.xcom_cap_bytes:,} bytes that an XCom may have; "
                "set do_xcom_push=False, or write large results to a file",
                "reason_code": "xcom_too_large",
            }
        return {"outcome": "success", "xcoms": [{"key": "return_value", "value_json": self._bash.encode(line)}]}

    def on_finished(self) -> None:
        if self.folder:
            self._bash.remove_folder(self.folder)


class BashStarter:
    """Starts commands. Changes the zygote's working directory while it does: the zygote has one thread."""

    def __init__(self, scratch: str, own_children: Set[int]) -> None:
        from json import dumps

        self.encode = dumps
        self._scratch = scratch
        self._empty_folders: List[str] = []
        self._own_children = own_children
        self._bash = shutil.which("bash") or "/bin/bash"
        self._home = os.open(".", os.O_RDONLY)
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._environ = {key: value for key, value in os.environb.items() if key != MARK.encode()}

    def start(self, message: Dict[str, Any], link: Any) -> BashAttempt:
        attempt = BashAttempt(message, link, self)
        folder, fresh = self._folder_of(message)
        if fresh:
            attempt.folder = folder
        read_end, write_end = os.pipe()
        try:
            os.chdir(folder)
            clock = StartTimer()
            attempt.pid = self._spawn(message["command"], self._environment(message), write_end)
            attempt.start_time = clock.of(attempt.pid)
        except (OSError, ValueError) as error:
            os.close(read_end)
            attempt.on_finished()
            raise StartFailed(_explain(error, folder, self._bash)) from error
        finally:
            os.close(write_end)
            os.fchdir(self._home)
        attempt.pipe = read_end
        return attempt

    def _spawn(self, command: str, environment: Dict[bytes, bytes], output: int) -> int:
        actions: List[Tuple[Any, ...]] = [
            (os.POSIX_SPAWN_DUP2, self._null, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
        ]
        return os.posix_spawn(
            self._bash, ["bash", "-c", command], environment, file_actions=actions, setsid=True, setsigmask=[], setsigdef=_DEFAULT_SIGNALS
        )

    def _environment(self, message: Dict[str, Any]) -> Dict[bytes, bytes]:
        environment: Dict[bytes, bytes] = {} if message["replace_env"] else dict(self._environ)
        for source in (message["env"], message["secrets"]):
            for name, value in source.items():
                environment[os.fsencode(name)] = os.fsencode(value)
        environment[MARK.encode()] = message["attempt_id"].encode()
        return environment

    def _folder_of(self, message: Dict[str, Any]) -> Tuple[str, bool]:
        if message["cwd"]:
            folder = message["cwd"]
            if not os.path.isdir(folder):
                what = "is not a folder" if os.path.exists(folder) else "does not exist"
                raise StartFailed(f"cwd {folder} {what} on this worker")
            return folder, False
        while self._empty_folders:
            folder = self._empty_folders.pop()
            if os.path.isdir(folder):
                return folder, True
        folder = os.path.join(self._scratch, str(message["n"]))
        try:
            os.mkdir(folder, 0o700)
        except FileNotFoundError:
            # Something that cleans /tmp took the parent away.
            os.makedirs(folder, 0o700)
        except OSError as error:
            raise StartFailed(f"no temporary folder for the command: {error}") from error
        return folder, True

    def remove_folder(self, folder: str) -> None:
        """An untouched folder serves again: making and removing one costs as much as a third of a process start."""
        try:
            if not os.listdir(folder) and len(self._empty_folders) < EMPTY_FOLDERS and os.stat(folder).st_mode & 0o7777 == 0o700:
                self._empty_folders.append(folder)
                return
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:
            # Not empty, perhaps large: another process removes it, so that no attempt waits.
            self._own_children.add(os.posix_spawn("/bin/rm", ["rm", "-rf", "--", folder], dict(self._environ), setsigmask=[]))


def _explain(error: Exception, folder: str, bash: str) -> str:
    number: Optional[int] = getattr(error, "errno", None)
    if number == errno.E2BIG:
        return "the command and its environment are longer than the system allows (one text: 128 KiB on Linux); put the script into a file"
    if number == errno.EACCES:
        return f"no permission: {bash} or the folder {folder} can't be used by the worker's user"
    if number == errno.ENOENT:
        return f"{bash} is not there: install bash on this worker"
    if number in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        return f"the system has no room for another process ({error}); lower the worker's capacity or raise its limits (ulimit -u, -n)"
    return f"bash could not be started: {error}"


def _meaning(code: int) -> str:
    if code == 126:
        return " (a command in it is not executable)"
    if code == 127:
        return " (a command in it was not found)"
    if code == 137:
        return " (a command in it was killed by signal 9, out of memory?)"
    if 128 < code <= 128 + 64:
        return f" (a command in it was ended by {signal_name_of(code - 128)})"
    return ""
