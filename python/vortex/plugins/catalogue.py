"""Which plugin has an operator of a name. The shipped ones are known without a look; of the others those that mention the name are asked."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from typing import Any, Dict, List, Optional, Set, Tuple

from vortex.loading.inputs import is_recorded, unrecorded
from vortex.plugins.cache_folder import cache_folder
from vortex.plugins.description import Description, Registered, describe
from vortex.plugins.kept_copy import KeptCopy
from vortex.plugins.places import Place, PluginRefused, find_places, plugin_folders
from vortex.plugins.reserved import home_of

# Made of the folder plugins/ by `python -m vortex.plugins.shipped`.
SHIPPED_PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shipped.json")
# A plugin that is asked for a name reads so much of each file to see whether it says it.
_MAX_SEARCHED_BYTES = 4 * 1024 * 1024


class PluginImportError(ImportError):
    """There is no such operator, or its plugin is disabled. `report`: what its code threw, with its stack."""

    def __init__(self, message: str, report: str = "") -> None:
        super().__init__(message)
        self.report = report or None


class PluginMissing(PluginImportError):
    """No plugin registers the name."""


@functools.lru_cache(maxsize=1)
def shipped() -> Dict[str, Tuple[Description, Registered]]:
    """By class name."""
    with open(SHIPPED_PATH, encoding="utf-8") as stream:
        documents = json.load(stream)
    found = {}
    for document in documents:
        registered = [Registered(**one) for one in document["registered"]]
        description = Description(document["name"], document["path"], registered)
        found.update({one.name: (description, one) for one in registered})
    return found


def shipped_place(name: str) -> Place:
    """The host knows where the files of a shipped plugin are."""
    return Place(root=name, entry=name, path=f"plugins/{name}", shipped=True)


_classes: Dict[Tuple[str, str, str], Any] = {}
_used: Dict[str, List[str]] = {}
_looked_for_all: Set[str] = set()


def class_of(name: str, kind: Optional[str] = None) -> Any:
    """The class; `kind` refuses one of another kind. Raises PluginImportError, or NodeMissing."""
    from vortex.plugins.operators import make_class

    with unrecorded():
        root = _root()
        place, description, registered = _find(name, root)
        key = (place.entry, "" if place.shipped else place.digest(), name)
        if key not in _classes:
            made = _classes[key] = make_class(place, description, registered)
            if not place.shipped and not is_recorded():
                made.plugin_config.kept = KeptCopy(place, cache_folder())
    if kind is not None and registered.kind != kind:
        package = {"operator": "vortex.operators", "sensor": "vortex.sensors", "notifier": "vortex.notifications"}[registered.kind]
        raise PluginImportError(f"{name} is a {registered.kind}: `from {package} import {name}`.")
    return _classes[key]


def _find(name: str, root: Optional[str]) -> Tuple[Place, Description, Registered]:
    if name in shipped():
        description, registered = shipped()[name]
        return shipped_place(description.name), description, registered
    places = find_places(root) if root is not None else []
    disabled: List[Description] = []
    for place, description in _described([place for place in places if _mentions(place, name)]):
        registered = description.find(name)
        if registered is not None:
            _note_used(place, root)
            return place, description, registered
        if description.error is not None:
            disabled.append(description)
            _note_used(place, root)
    # A name may be made up of parts in the plugin's code.
    _looked_for_all.update(folder for folder, _ in plugin_folders(root or ""))
    if disabled:
        first = disabled[0]
        raise PluginImportError(f"cannot import {name}: the plugin {first.path} is disabled. {first.why_disabled()}", first.report)
    everything = list(_described(places))
    for place, description in everything:
        registered = description.find(name)
        if registered is not None:
            _note_used(place, root)
            return place, description, registered
    raise PluginMissing(_not_found(name, root, [description for _, description in everything]))


def _not_found(name: str, root: Optional[str], descriptions: List[Description]) -> str:
    import difflib

    names = [*shipped(), *(one.name for description in descriptions for one in description.registered)]
    near = difflib.get_close_matches(name, names, 1, 0.7)
    hint = f" Did you mean {near[0]}?" if near else f" There are {', '.join(sorted(names))}."
    disabled = "".join(f" Disabled: {description.why_disabled()}" for description in descriptions if description.error)
    where = f"the plugins folder of {root}" if root else "a plugins folder (the DAG folder is not known here)"
    return f"cannot import {name}: no plugin in {where} registers it.{hint}{disabled}"


def _described(places: List[Place]) -> List[Tuple[Place, Description]]:
    """With those that clash disabled: the first by path has the name."""
    owners: Dict[str, str] = {}
    found = []
    for place in places:
        description = describe(place)
        for one in description.registered:
            home = "the plugin that VORTEX brings" if one.name in shipped() else home_of(one.name) or owners.get(one.name)
            if home is not None:
                words = f"it registers {one.name}, a name that {home} has already. Give it another name."
                description = Description(description.name, description.path, error=words)
                break
        owners.update({one.name: description.path for one in description.registered})
        found.append((place, description))
    return found


def all_plugins(root: Optional[str]) -> List[Description]:
    """The shipped ones, then those of the DAG folder by path."""
    known = {description.name: description for description, _ in shipped().values()}
    return [*known.values(), *(description for _, description in _described(find_places(root) if root else []))]


def _mentions(place: Place, name: str) -> bool:
    word = re.compile(rb"(?<![A-Za-z0-9_$])" + re.escape(name.encode()) + rb"(?![A-Za-z0-9_$])")
    try:
        for path in place.files():
            with open(path, "rb") as stream:
                if word.search(stream.read(_MAX_SEARCHED_BYTES)):
                    return True
    except (PluginRefused, OSError):
        # It is asked for by its name when nothing else has it.
        return place.refused is None
    return False


def _note_used(place: Place, root: Optional[str]) -> None:
    try:
        _used[place.path] = place.files()
    except PluginRefused:
        _used[place.path] = [place.entry]


def used_files() -> List[str]:
    """Files of the plugins that this process has imported, or tried to: they belong to the DAG file that did."""
    return sorted({path for files in _used.values() for path in files})


def looked_for_all() -> List[str]:
    """Plugin folders in which a name was not found: whatever comes there may have it."""
    return sorted(_looked_for_all)


def _root() -> Optional[str]:
    """The DAG folder: of the file that is being loaded, else of the running task, else the site's, else around the program that runs."""
    from vortex import registry
    from vortex.configuration import dags_folder

    global _last_root
    loading = registry.loading_root()
    if loading is not None:
        _last_root = loading
    return loading or _last_root or dags_folder() or _around_program()


def _around_program() -> Optional[str]:
    """Of `python my_dag.py`: the nearest folder above it that has plugins/."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = os.path.dirname(os.path.abspath(path)) if path else ""
    while folder and not os.path.isdir(os.path.join(folder, "plugins")):
        folder = os.path.dirname(folder) if folder != os.path.dirname(folder) else ""
    return folder or None


_last_root: Optional[str] = None
