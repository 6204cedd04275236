"""Finds the local modules that a DAG file may import, also inside functions, without importing anything."""
from __future__ import annotations

import ast
import os
from typing import Iterator, List, Mapping, Optional, Sequence, Set, Tuple

# A DAG folder whose files import one another in thousands is cut here; what was really imported is added anyway.
MAX_MODULES = 2000


def scan_local_modules(tree: ast.AST, path: str, roots: Sequence[str], packages: Mapping[str, str]) -> Set[str]:
    """Absolute paths of local files that the module, and those it reaches, name in any import. `packages`: name -> folder, beside the roots."""
    found: Set[str] = set()
    queue: List[Tuple[ast.AST, str]] = [(tree, path)]
    while queue and len(found) < MAX_MODULES:
        current, current_path = queue.pop()
        for module in _named_modules(current, _package_of(current_path, [*roots, *map(os.path.dirname, packages.values())])):
            beside = packages.get(module.partition(".")[0])
            for file in _files_of(module, roots if beside is None else [*roots, os.path.dirname(beside)]):
                if file in found or file == path:
                    continue
                found.add(file)
                parsed = _parse(file)
                if parsed is not None:
                    queue.append((parsed, file))
    return found


def _named_modules(tree: ast.AST, package: Optional[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            if base is not None:
                if base:
                    yield base
                for alias in node.names:
                    yield f"{base}.{alias.name}" if base else alias.name
        elif isinstance(node, ast.Call) and _is_import_call(node):
            argument = node.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _is_import_call(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in ("import_module", "__import__") and bool(node.args)


def _absolute(node: ast.ImportFrom, package: Optional[str]) -> Optional[str]:
    if node.level == 0:
        return node.module or ""
    if package is None:
        return None
    parts = package.split(".") if package else []
    if node.level - 1 > len(parts):
        return None
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join(kept + ([node.module] if node.module else []))


def _package_of(path: str, roots: Sequence[str]) -> Optional[str]:
    for root in roots:
        if path.startswith(root + os.sep):
            folder = os.path.dirname(os.path.relpath(path, root))
            return folder.replace(os.sep, ".")
    return None


def _files_of(module: str, roots: Sequence[str]) -> Iterator[str]:
    """The module's file and the __init__.py of each package on the way, if they are local."""
    parts = module.split(".")
    if not all(parts):
        return
    for root in roots:
        base = root
        for index, part in enumerate(parts):
            base = os.path.join(base, part)
            if os.path.isfile(base + ".py"):
                yield base + ".py"
                break
            if not os.path.isdir(base):
                break
            if os.path.isfile(os.path.join(base, "__init__.py")):
                yield os.path.join(base, "__init__.py")


def _parse(path: str) -> Optional[ast.AST]:
    try:
        with open(path, "rb") as stream:
            return ast.parse(stream.read(), filename=path)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
