"""Describes one DAG file as the contract's ParseResult. Runs inside a parse child: what it raises or prints is contained there."""
from __future__ import annotations

import os
import sys
import time
from typing import Any, Callable, Dict, List, Optional

from vortex.loading.author_traceback import column_in_file, format_author_traceback, line_in_file
from vortex.loading.bundle import BundleCollector, collect_modules, collect_templates, small_enough
from vortex.loading.data_files import DataFileFinder
from vortex.loading.fork_hazard import fork_hazard, open_sockets
from vortex.loading.import_error import classify, explain
from vortex.loading.inputs import InputRecorder
from vortex.loading.load_file import LoadedFile, load_file

_recorder: Optional[InputRecorder] = None


def recorder() -> InputRecorder:
    """The process's recorder. A parse host makes it before it forks, so that children need not."""
    global _recorder
    if _recorder is None:
        _recorder = InputRecorder()
    return _recorder


def parse_file(
    root: str,
    file: str,
    *,
    compat: str = "auto",
    data_files: Optional[DataFileFinder] = None,
    ask: Optional[Callable[[str, Dict[str, Any]], Any]] = None,
    source: Optional[str] = None,
) -> Dict[str, Any]:
    """
    Never raises for what the file does: a failure becomes `error`. `ask` answers what the import wants to know (variable.get,
    connection.get); without it only the environment does. `source` is unsaved text in place of the file's: the answer then has no bundle and no inputs,
    for nothing of it is stored, and its error tells the column too.
    """
    from vortex.definitions import computed_schedule
    from vortex.execution import connections, variables

    root = os.path.abspath(root)
    path = os.path.join(root, *file.split("/"))
    started = time.perf_counter()
    inputs = recorder()
    sockets = open_sockets()
    loaded: Optional[LoadedFile] = None
    specs: List[dict] = []
    error: Optional[dict] = None
    variables.use_source(variables.LoadingSource(ask, inputs.variables.add))
    connections.use_source(connections.LoadingSource(ask, inputs.connections.add))
    computed_schedule.use_server(ask)
    inputs.start()
    try:
        try:
            loaded = load_file(root, file, compat, source)
        finally:
            inputs.stop()
        specs = _serialise(loaded)
    except BaseException as failure:  # noqa: BLE001 - SystemExit, KeyboardInterrupt and MemoryError are the author's too
        error = {
            "kind": classify(failure),
            "message": explain(failure, file, root),
            "traceback": getattr(failure, "report", None) or format_author_traceback(failure),
            "line": line_in_file(failure, path) or getattr(failure, "line", None),
        }
        if source is not None:
            error["column"] = column_in_file(failure, path) or getattr(failure, "column", None)
            problems = getattr(failure, "problems", None)
            if isinstance(problems, list) and all(hasattr(one, "column") for one in problems):
                error["problems"] = [{"line": one.line, "column": one.column, "message": one.message} for one in problems]
        specs = []
    if source is not None:
        return _answer(file, specs, error, started, fork_hazard(sockets) if loaded is not None else None)
    bundle = _bundle(root, path, loaded, specs, inputs, data_files or DataFileFinder())
    answer = _answer(file, specs, error, started, fork_hazard(sockets) if loaded is not None else None)
    return {**answer, "bundle_files": bundle.manifest(), "inputs": _inputs(root, path, inputs, bundle)}


def _answer(file: str, specs: List[dict], error: Optional[dict], started: float, hazard: Optional[str]) -> Dict[str, Any]:
    return {
        "file": file,
        "dags": specs,
        "error": error,
        "bundle_files": [],
        "inputs": {"files": [], "variables": [], "connections": [], "environment": []},
        "duration_ms": round((time.perf_counter() - started) * 1000, 3),
        "fork_hazard": hazard,
    }


def _serialise(loaded: LoadedFile) -> List[dict]:
    from vortex.serialization import serialize_dag

    return [serialize_dag(dag, file=loaded.file, dialect=loaded.dialect) for _, dag in sorted(loaded.dags.items())]


def _bundle(
    root: str, path: str, loaded: Optional[LoadedFile], specs: List[dict], inputs: InputRecorder, data_files: DataFileFinder
) -> BundleCollector:
    from vortex.execution.plugin_macros import import_used

    bundle = BundleCollector(root, path)
    templates = sorted(collect_templates(root, path, loaded.dags.values())) if loaded is not None else []
    import_used(specs, small_enough(templates))
    bundle.add(sorted(collect_modules(root, path, loaded.tree if loaded else _tree_of(path))))
    bundle.add(templates)
    bundle.add(small_enough(sorted(inputs.files)))
    bundle.add(_plugins("used_files"))
    bundle.add(data_files.beside(path))
    return bundle


def _tree_of(path: str) -> Optional[Any]:
    """The syntax tree of a file whose import failed: a mended helper module must parse it again."""
    import ast

    from vortex.loading.load_file import is_data, named_modules, read_source

    try:
        return named_modules(read_source(path), path) if is_data(path) else ast.parse(read_source(path))
    except Exception:  # noqa: BLE001 - the failure has been reported already
        return None


def _inputs(root: str, path: str, inputs: InputRecorder, bundle: BundleCollector) -> Dict[str, List[str]]:
    """Files as the watcher names them: relative to the DAG folder if inside, else absolute; a trailing slash is a listing."""
    # Files of plugins are no data beside the DAG file: they are named, wherever they lie.
    files = [_named(root, name) for name in [*(one for one in inputs.files if not bundle.holds(one)), *_plugins("used_files")]]
    folders = [_named(root, name).rstrip("/") + "/" for name in [*inputs.folders, *_plugins("looked_for_all")]]
    return {
        "files": sorted(set(files) | set(folders)),
        "variables": sorted(inputs.variables),
        "connections": sorted(inputs.connections),
        "environment": sorted(inputs.environment),
    }


def _plugins(what: str) -> List[str]:
    """Of the plugins that the import used; there are none unless it has loaded their catalogue."""
    catalogue = sys.modules.get("vortex.plugins.catalogue")
    return getattr(catalogue, what)() if catalogue is not None else []


def _named(root: str, path: str) -> str:
    if path == root:
        return "./"
    inside = path.startswith(root + os.sep)
    return (os.path.relpath(path, root) if inside else path).replace(os.sep, "/")


