"""What a plugin registers, found out by a process that has limits and no secrets; kept on disk by the plugin's content."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Optional

from vortex.plugins.cache_folder import cache_folder
from vortex.plugins.config_schema import schema_problem
from vortex.plugins.host_process import HostEnded, HostProcess, HostSilent, how_it_ended
from vortex.plugins.node import environment, find_host, host_command
from vortex.plugins.places import Place, PluginRefused
from vortex.plugins.reserved import reserved_field

LIMIT_SECONDS = 10.0
MEMORY_MB = 256
# Of what it prints while it is looked at, this much is shown with its failure.
MAX_OUTPUT_CHARS = 4000
# Node asks for room that it never uses; this counts what is written to, buffers outside of JavaScript's heap included.
_MAX_DATA_BYTES = 1536 * 1024 * 1024
# Only what a program needs to run at all: a plugin is looked at wherever DAG files are read.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT", "NODE_EXTRA_CA_CERTS")
_FORMAT = 1


@dataclass
class Registered:
    kind: str
    name: str
    description: str
    config: Dict[str, Any]
    template_fields: Optional[List[str]]
    template_extensions: List[str]


@dataclass
class Description:
    """`error` is why the plugin is disabled: it registers nothing then. `line` is where in its file `path`, if that is known."""

    name: str
    path: str
    registered: List[Registered] = field(default_factory=list)
    error: Optional[str] = None
    line: Optional[int] = None
    report: str = ""

    def find(self, name: str) -> Optional[Registered]:
        return next((one for one in self.registered if one.name == name), None)

    def why_disabled(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.error}"


def describe(place: Place) -> Description:
    """Never raises for what the plugin does. Raises NodeMissing."""
    if place.refused is not None:
        return Description(_stem(place), place.path, error=place.refused)
    try:
        key = hashlib.sha256(f"{_FORMAT} {place.path} {place.digest()} {_host_stamp()}".encode()).hexdigest()
    except (PluginRefused, OSError) as error:
        return Description(_stem(place), place.path, error=str(error))
    kept = _kept(key)
    if kept is not None:
        return kept
    found = describe_now(place)
    # The machine may have been busy: it is looked at again.
    if found.error != _TOO_LATE:
        _keep(key, found)
    return found


_TOO_LATE = f"it was not loaded after {LIMIT_SECONDS:g} s. A plugin registers and returns; work belongs into execute, poke and notify."


def describe_now(place: Place) -> Description:
    """As `describe`, without what is kept."""
    with tempfile.TemporaryFile() as output:
        # In the session of whoever asks: with it, this one ends.
        host = HostProcess(host_command(MEMORY_MB), environment(list(_ENVIRONMENT)), output=output.fileno(), limit=_limit_memory, own_session=False)
        try:
            host.send({"t": "describe", "root": place.root, "entry": place.entry, "shipped": place.shipped})
            answer = host.receive(time.monotonic() + LIMIT_SECONDS)
        except HostSilent:
            host.kill()
            return Description(_stem(place), place.path, error=_TOO_LATE)
        except HostEnded as error:
            words = f"{how_it_ended(error.code)} while it was loaded, where {MEMORY_MB} MB are allowed" if error.code < 0 else str(error)
            return Description(_stem(place), place.path, error=f"{words}.", report=_printed(output))
        finally:
            host.close()
        if answer["t"] == "failed":
            return _failed(place, answer, _printed(output))
        return _accepted(place, answer)


def _failed(place: Place, answer: Dict[str, Any], printed: str) -> Description:
    report = "" if answer["report"].endswith(f": {answer['message']}") else answer["report"]
    report += f"\nIt printed:\n{printed}" if printed else ""
    in_entry = answer["file"] == place.entry
    message = answer["message"] if in_entry or not answer["file"] else f"{answer['message']} (in {os.path.basename(answer['file'])}, line {answer['line']})"
    return Description(_stem(place), place.path, error=message, line=answer["line"] if in_entry else None, report=report)


def _accepted(place: Place, answer: Dict[str, Any]) -> Description:
    registered = [Registered(**one) for one in answer["registered"]]
    for one in registered:
        problem = schema_problem(one.config, one.name) or reserved_field(one.kind, one.config["properties"], one.name)
        if problem is not None:
            return Description(answer["name"], place.path, error=problem)
    return Description(answer["name"], place.path, registered)


def _printed(output: Any) -> str:
    output.seek(0)
    # Addresses in Node say nothing to the author.
    text = output.read(MAX_OUTPUT_CHARS * 4).decode("utf-8", "replace").partition("----- Native stack trace")[0]
    return text[:MAX_OUTPUT_CHARS].strip()


def _limit_memory() -> None:
    import resource

    for kind, size in ((resource.RLIMIT_DATA, _MAX_DATA_BYTES), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (size, size))
        except (ValueError, OSError):
            continue


def _stem(place: Place) -> str:
    return os.path.splitext(os.path.basename(place.root))[0]


def _host_stamp() -> str:
    """Another host, or another rule of ours, may see another plugin."""
    here = os.path.dirname(os.path.abspath(__file__))
    files = [find_host(), *(os.path.join(here, name) for name in ("config_schema.py", "description.py", "reserved.py"))]
    return " ".join(f"{found.st_size} {found.st_mtime_ns}" for found in map(os.stat, files))


# Descriptions that are kept; a folder of 200 plugins that were each changed some times.
_MAX_KEPT = 1000
_FOLDER = "described"


def _kept(key: str) -> Optional[Description]:
    folder = cache_folder()
    if folder is None:
        return None
    try:
        with open(os.path.join(folder, _FOLDER, f"{key}.json"), encoding="utf-8") as stream:
            document = json.load(stream)
        document["registered"] = [Registered(**one) for one in document["registered"]]
        return Description(**document)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _keep(key: str, description: Description) -> None:
    folder = cache_folder()
    if folder is None:
        return
    folder = os.path.join(folder, _FOLDER)
    path = os.path.join(folder, f"{key}.json")
    try:
        os.makedirs(folder, exist_ok=True)
        names = os.listdir(folder)
        if len(names) > _MAX_KEPT:
            for name in sorted(names, key=lambda one: os.path.getmtime(os.path.join(folder, one)))[: _MAX_KEPT // 2]:
                os.remove(os.path.join(folder, name))
        with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as stream:
            json.dump(asdict(description), stream)
        os.replace(f"{path}.{os.getpid()}", path)
    except OSError:
        # Found out anew next time.
        return
