"""Imports one DAG file and returns its DAGs. Parse children and task hosts use the same function, so that what is shown is what runs."""
from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import io
import linecache
import os
import re
import sys
import tokenize
import types
from dataclasses import dataclass, field
from typing import Any, Dict, Optional

from vortex.loading.dialect import detect_dialect
from vortex.loading.search_path import extend_sys_path

# The largest DAG file seen in public repositories is below 1 MiB. Beyond 16 MiB compiling alone breaks the time limit.
MAX_DAG_FILE_BYTES = 16 * 1024 * 1024


class DagFileEncodingError(ValueError):
    """The bytes of a DAG file are not text in the encoding that it declares (UTF-8 unless it says otherwise)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class LoadedFile:
    """An imported DAG file."""

    root: str
    file: str
    path: str
    dialect: str
    module: types.ModuleType
    tree: ast.AST
    dags: Dict[str, Any] = field(default_factory=dict)


def load_file(root: str, file: str, compat: str = "auto", source: Optional[str] = None) -> LoadedFile:
    """
    Imports `file` (relative to the DAG folder `root`, forward slashes) under a module name of its own, so that two DAG
    files of the same name never meet. Whatever the file raises passes through unchanged. `source` is the text of an
    editor that stands for what lies on disk, where there may be nothing yet.
    """
    from vortex import registry
    from vortex.airflow_compat import install as install_airflow_finder

    root = os.path.abspath(root)
    path = os.path.join(root, *file.split("/"))
    source = read_source(path) if source is None else edited_source(path, source)
    if is_data(file):
        return _load_data(root, file, path, source, compat)
    tree = ast.parse(source, filename=path)
    dialect = detect_dialect(tree, compat)
    install_airflow_finder(shadow=True)
    extend_sys_path(root)
    module = _new_module(path, file)
    registry.begin_load(path, dialect, root)
    try:
        exec(compile(tree, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - importing is what we are for
    finally:
        dags = registry.finish_load(module)
    return LoadedFile(root=root, file=file, path=path, dialect=dialect, module=module, tree=tree, dags=dags)


def is_data(file: str) -> bool:
    """Whether a DAG file is YAML or JSON rather than Python."""
    return file.lower().endswith((".yaml", ".yml", ".json"))


def _load_data(root: str, file: str, path: str, source: str, compat: str) -> LoadedFile:
    """A file of the DAG factory: its DAGs are those that Python would have made, and no code of the file is run."""
    from vortex import registry
    from vortex.airflow_compat import install as install_airflow_finder
    from vortex.factory.load import load_dags

    dialect = compat if compat in ("2", "3") else "3"
    install_airflow_finder(shadow=True)
    extend_sys_path(root)
    module = _new_module(path, file)
    registry.begin_load(path, dialect, root)
    try:
        for dag in load_dags(path, file, source):
            registry.register(dag)
    finally:
        dags = registry.finish_load(module)
    return LoadedFile(root=root, file=file, path=path, dialect=dialect, module=module, tree=named_modules(source, file), dags=dags)


def named_modules(source: str, file: str) -> ast.AST:
    """The modules that a YAML or JSON file names, as a tree that imports them: its bundle is found by it as a Python file's is."""
    from vortex.factory.load import imports_of

    return ast.Module([ast.Import([ast.alias(name)]) for name in imports_of(source, file)], [])


def read_source(path: str) -> str:
    size = os.path.getsize(path)
    if size > MAX_DAG_FILE_BYTES:
        raise ValueError(f"The file has {size:,} bytes; a DAG file may have {MAX_DAG_FILE_BYTES:,}. Move data into a file beside it.")
    with open(path, "rb") as stream:
        data = stream.read()
    encoding = _encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start : error.start + 1].hex()
        raise DagFileEncodingError(
            f"Line {line} holds the byte 0x{bad}, which is not {encoding}. Save the file as UTF-8, or declare its encoding in the "
            f"first line, such as `# -*- coding: latin-1 -*-`.",
            line,
        ) from None
    return _as_source(path, text)


def edited_source(path: str, text: str) -> str:
    """The text of an editor as source; tracebacks then quote its lines rather than those on disk."""
    source = _as_source(path, text)
    # Without a time of change it is never compared with the disk.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    return source


def _as_source(path: str, text: str) -> str:
    if "\0" in text and not is_data(path):
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SyntaxError("source code cannot contain null bytes", (path, line, 1, None))
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)


def _encoding_of(data: bytes) -> str:
    """As the file declares it (PEP 263), else UTF-8."""
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        if str(error.msg).startswith("unknown encoding"):
            raise DagFileEncodingError(f"The file declares an {error.msg}. Save it as UTF-8 and remove the declaration.", 1) from None
        # The first two lines are no UTF-8 and declare nothing; decoding says where.
        return "utf-8"


def _new_module(path: str, file: str) -> types.ModuleType:
    stem = re.sub(r"\W", "_", os.path.splitext(os.path.basename(file))[0])
    name = f"vortex_dag_{hashlib.sha256(file.encode()).hexdigest()[:12]}_{stem}"
    module = types.ModuleType(name)
    module.__file__ = path
    # A loader lets inspect, pickle and pkgutil treat the module as any other.
    loader = importlib.machinery.SourceFileLoader(name, path)
    module.__loader__ = loader
    module.__spec__ = importlib.machinery.ModuleSpec(name, loader, origin=path)
    sys.modules[name] = module
    return module
