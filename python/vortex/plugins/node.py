"""Where Node is, and the program that runs plugins in it."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from typing import List, Optional, Tuple

from vortex.exceptions import AirflowException
from vortex.plugins.cache_folder import cache_folder

# The first that runs TypeScript as it is.
NEEDED = (22, 18)
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_HOSTS = (os.path.join("plugins", "host", "main.ts"), os.path.join("dist", "server", "pluginHost.mjs"))
_FLAGS = (
    # The system's certificates count, too: behind a company's proxy they are the ones that matter.
    "--use-system-ca",
    # A plugin need not have a package.json.
    "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
    "--disable-warning=ExperimentalWarning",
)


class NodeMissing(AirflowException):
    """There is no Node that can run plugins; the message says what to do."""


@functools.lru_cache(maxsize=4)
def host_command(memory_mb: int = 0) -> Tuple[str, ...]:
    """Node, its options and the plugin host; `memory_mb` limits JavaScript's memory. Raises NodeMissing."""
    limit = (f"--max-old-space-size={memory_mb}",) if memory_mb else ()
    return (find_node(), *_FLAGS, *limit, find_host())


def find_host() -> str:
    """The worker names it (VORTEX_PLUGIN_HOST); else it lies beside this package, as source or as a bundle."""
    named = os.environ.get("VORTEX_PLUGIN_HOST")
    for path in [named] if named else [os.path.join(_ROOT, name) for name in _HOSTS]:
        if os.path.isfile(path):
            return path
    raise NodeMissing(f"The plugin host is missing: {named or os.path.join(_ROOT, _HOSTS[1])}. Install VORTEX again, or build it with `npm run build`.")


def find_node() -> str:
    """VORTEX_NODE, which a worker sets to the Node that it runs on itself; else the private copy beside this package; else PATH."""
    named = os.environ.get("VORTEX_NODE")
    if named:
        if os.path.isfile(named):
            return named
        raise NodeMissing(f"VORTEX_NODE is {named}, and there is no such file. Set it to a Node of version {_words(NEEDED)} or later.")
    for path in (os.path.join(_ROOT, "node_modules", "node", "bin", "node"), os.path.join(_ROOT, "bin", "node")):
        if os.path.isfile(path):
            return path
    found = shutil.which("node")
    version = _version_of(found) if found else None
    if found and version is not None and version >= NEEDED:
        return found
    what = f"{found} is version {_words(version)}" if found and version else "none was found"
    raise NodeMissing(f"Plugins run in Node {_words(NEEDED)} or later, and {what}. Install it, or set VORTEX_NODE to its path.")


def _version_of(path: str) -> Optional[Tuple[int, ...]]:
    try:
        text = subprocess.run([path, "--version"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=10, check=True).stdout.decode()
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _words(version: Tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def environment(names: Optional[List[str]] = None) -> "dict[str, str]":
    """This process's environment without what would change Node itself; with `names` these alone."""
    found = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS" and (names is None or name in names)}
    # Proxies that the environment names hold for requests of plugins as they do for those of Python.
    found["NODE_USE_ENV_PROXY"] = "1"
    folder = cache_folder()
    if folder is not None:
        # The second start of a plugin takes half as long.
        found["NODE_COMPILE_CACHE"] = os.path.join(folder, "compiled")
    return found
