"""The DAG files of a folder, as Airflow and the server find them: .airflowignore, hidden folders, and the words `dag` and `airflow`."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import Callable, Iterator, List

from vortex.loading.load_file import is_data
from vortex.loading.says_dags import is_dag_data

_IGNORE_FILE = ".airflowignore"
# Airflow 2 reads regular expressions, Airflow 3 globs; only globs have these (server/dagfiles/airflowIgnore.ts).
_GLOB = re.compile(r"^[*!/]|\*\*|/$|(?<!\\)[A-Za-z0-9_/-]\*")
Ignores = Callable[[str, bool], bool]


def dag_files(folder: str, safe_mode: bool = True) -> Iterator[str]:
    """Absolute paths in order; the folder may be a single file. safe_mode: only Python files that speak of DAGs and airflow or vortex."""
    if os.path.isfile(folder):
        yield os.path.abspath(folder)
        return
    yield from _walk(os.path.abspath(folder), [], safe_mode)


def _walk(folder: str, outer: List[Ignores], safe_mode: bool) -> Iterator[str]:
    rules = [*outer, *_rules_of(folder)]
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        is_folder = os.path.isdir(path)
        if name.startswith(".") or name == "__pycache__" or any(ignores(path, is_folder) for ignores in rules):
            continue
        if is_folder:
            yield from _walk(path, rules, safe_mode)
        elif is_data(path):
            if is_dag_data(path, os.path.getsize(path)):
                yield path
        elif name.endswith(".py") and (not safe_mode or _speaks_of_dags(path)):
            yield path


def _speaks_of_dags(path: str) -> bool:
    with open(path, "rb") as stream:
        text = stream.read().lower()
    return b"dag" in text and (b"airflow" in text or b"vortex" in text)


def _rules_of(folder: str) -> List[Ignores]:
    try:
        with open(os.path.join(folder, _IGNORE_FILE), encoding="utf-8", errors="replace") as stream:
            lines = [re.sub(r"\s*#.*", "", line).strip() for line in stream]
    except OSError:
        return []
    patterns = [line for line in lines if line]
    syntax = os.environ.get("AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX") or ("glob" if any(map(_GLOB.search, patterns)) else "regexp")
    return [_by_glob(folder, patterns) if syntax == "glob" else _by_regexp(folder, patterns)]


def _by_regexp(folder: str, patterns: List[str]) -> Ignores:
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern))
        except re.error:
            continue
    return lambda path, _: any(pattern.search(os.path.relpath(path, folder).replace(os.sep, "/")) for pattern in compiled)


def _by_glob(folder: str, patterns: List[str]) -> Ignores:
    """As .gitignore: the last pattern that fits decides, `!` takes back."""

    def ignores(path: str, is_folder: bool) -> bool:
        name = os.path.relpath(path, folder).replace(os.sep, "/")
        ignored = False
        for pattern in patterns:
            wanted = pattern.lstrip("!")
            if wanted.endswith("/") and not is_folder:
                continue
            if _fits(name, wanted.rstrip("/")):
                ignored = not pattern.startswith("!")
        return ignored

    return ignores


def _fits(name: str, pattern: str) -> bool:
    if "/" not in pattern:
        return fnmatch.fnmatchcase(name.rpartition("/")[2], pattern)
    # `*` stays within a folder, `**` does not.
    parts = re.split(r"(\*\*/?|\*|\?)", pattern.lstrip("/"))
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(words.get(part, re.escape(part)) for part in parts), name) is not None
