"""Template files that tasks name in their template fields (`bash_command="run.sh"`, `sql="q.sql"`), found before any run needs them."""
from __future__ import annotations

import os
import re
from typing import Any, Iterable, Iterator, List, Set

# Templates named by a template: include, extends, import, from.
_REFERENCE = re.compile(r"""\{%-?\s*(?:include|extends|import|from)\s+['"]([^'"]+)['"]""")
MAX_TEMPLATE_BYTES = 1024 * 1024
MAX_DEPTH = 10


def find_template_files(tasks: Iterable[Any], folders_of: Any) -> Set[str]:
    """Absolute paths. `folders_of(task)` gives the folders in which the task's templates are looked up."""
    found: Set[str] = set()
    for task in tasks:
        extensions = tuple(getattr(task, "template_ext", ()) or ())
        if not extensions:
            continue
        folders = list(folders_of(task))
        for name in getattr(task, "template_fields", ()) or ():
            for text in _strings(_field_value(task, name), 0):
                if text.endswith(extensions):
                    _add(text, folders, found, 0)
    return found


def _field_value(task: Any, name: str) -> Any:
    value = getattr(task, name, None)
    if value is None:
        partial = getattr(task, "partial_kwargs", None)
        value = partial.get(name) if isinstance(partial, dict) else None
    return value


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < MAX_DEPTH and isinstance(value, dict):
        for item in value.values():
            yield from _strings(item, depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _strings(item, depth + 1)


def _add(name: str, folders: List[str], found: Set[str], depth: int) -> None:
    for folder in folders:
        path = os.path.realpath(os.path.join(folder, name))
        if os.path.isfile(path):
            break
    else:
        return
    if path in found or depth > MAX_DEPTH:
        return
    found.add(path)
    try:
        if os.path.getsize(path) > MAX_TEMPLATE_BYTES:
            return
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return
    for reference in _REFERENCE.findall(text):
        _add(reference, folders, found, depth + 1)
