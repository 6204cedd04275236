"""Reads one syntax tree. A name that is not a literal is counted as such, never guessed."""

from __future__ import annotations

import ast
import re
from typing import Dict, Iterator, List, Optional, Set, Tuple

from vortex.scan import names
from vortex.scan.finding import Finding, Kind, When
from vortex.scan.imports import is_standard, stand_in_package

_VARIABLE = re.compile(r"\bvar\.(?:value|json)\.(?:get\(\s*['\"]([^'\"]+)['\"]|(?!get\b)([A-Za-z_]\w*))")
_CONNECTION = re.compile(r"\bconn\.(?:get\(\s*['\"]([^'\"]+)['\"]|(?!get\b)([A-Za-z_]\w*))")
_KEY = re.compile(r"(?<![\w.'\"])(" + "|".join(names.CONTEXT_KEYS) + r")\b")
_OURS = ("airflow", "vortex")
# What VORTEX brings or replaces.
_BROUGHT = frozenset({"pendulum", "jinja2", "dateutil"})
# Functions under these decorators run while the file loads.
_AT_LOAD = frozenset({"dag", "task_group"})


class FileVisitor(ast.NodeVisitor):
    def __init__(self, is_local: "frozenset[str]") -> None:
        self.found: List[Finding] = []
        self._is_local = is_local
        self._depth = 0
        self._optional = 0
        # Names in the file that stand for something of Airflow's: `from airflow.models import Variable as V`.
        self._meaning: Dict[str, str] = {}
        self._docstrings: Set[int] = set()

    def _add(self, kind: Kind, name: str, node: ast.AST, when: Optional[When] = None, detail: str = "") -> None:
        self.found.append(Finding(kind, name, getattr(node, "lineno", 1), when or self._when(), detail))

    def _when(self) -> When:
        return "optional" if self._optional else "run" if self._depth else "load"

    # Where code runs

    def _function(self, node: "ast.FunctionDef | ast.AsyncFunctionDef") -> None:
        for part in [*node.decorator_list, *node.args.defaults, *[default for default in node.args.kw_defaults if default is not None]]:
            self.visit(part)
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            if argument.arg in names.CONTEXT_KEYS:
                self._removed_key(argument.arg, node)
        runs_at_load = any(_last_name(decorator) in _AT_LOAD for decorator in node.decorator_list)
        self._depth += 0 if runs_at_load else 1
        self._remember_docstring(node)
        for statement in node.body:
            self.visit(statement)
        self._depth -= 0 if runs_at_load else 1

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._remember_docstring(node)
        if any(_last_name(base) == names.PLUGIN for base in node.bases):
            self._plugin(node)
        self.generic_visit(node)

    def _plugin(self, node: ast.ClassDef) -> None:
        """Parts that are not loaded; an empty list is none."""
        for statement in node.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            value = getattr(statement, "value", None)
            if value is None or isinstance(value, (ast.List, ast.Tuple)) and not value.elts:
                continue
            for target in targets:
                if isinstance(target, ast.Name) and target.id in names.PLUGIN_PARTS:
                    self._add("removed", f"{names.PLUGIN}.{target.id}", statement, detail=names.PLUGIN_PARTS[target.id])

    def visit_Module(self, node: ast.Module) -> None:
        self._remember_docstring(node)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if _last_name(node.test) == "TYPE_CHECKING":
            for statement in node.orelse:
                self.visit(statement)
        elif _is_main(node.test):
            self._depth += 1
            self.generic_visit(node)
            self._depth -= 1
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        caught = {_last_name(part) for handler in node.handlers for part in _types(handler.type)}
        forgives = bool(caught & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException", "KeyError", ""})
        self._optional += forgives
        for statement in node.body:
            self.visit(statement)
        self._optional -= forgives
        for statement in [*node.handlers, *node.orelse, *node.finalbody]:
            self.visit(statement)

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(alias.name, None, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module:
            return
        for alias in node.names:
            self._import(node.module, alias.name, node)
            if node.module.partition(".")[0] in _OURS:
                self._meaning[alias.asname or alias.name] = alias.name

    def _import(self, module: str, name: Optional[str], node: ast.AST) -> None:
        root = module.partition(".")[0]
        if root == "airflow":
            package = stand_in_package(module, name)
            if package is not None:
                self._add("stub", name or module, node, detail=f"{module} {package}")
            if name in names.IMPORTS:
                self._add("removed", name or "", node, detail=names.IMPORTS[name or ""])
        elif root not in _OURS and root not in _BROUGHT and root not in self._is_local and not is_standard(root):
            # `google.cloud.storage` and `google.oauth2` are different packages of one namespace.
            self._add("package", ".".join(module.split(".")[:3]) if root in ("google", "azure") else root, node)

    # Calls

    def visit_Call(self, node: ast.Call) -> None:
        function = self._called(node.func)
        if function in ("Variable.get", "Variable.setdefault"):
            has_default = len(node.args) > 1 or any(word.arg in ("default_var", "default") for word in node.keywords)
            self._named("variable", node, "key", "optional" if has_default else None)
        elif function in ("BaseHook.get_connection", "BaseHook.get_hook", "Connection.get", "Connection.get_connection_from_secrets"):
            self._named("connection", node, "conn_id")
        elif function.endswith("hook.get_connection"):
            self._named("connection", node, "conn_id")
        elif function in ("os.getenv", "os.environ.get", "environ.get", "getenv"):
            self._named("environment", node, "key", "optional")
        elif function in ("DAG", "dag", "models.DAG", "airflow.DAG"):
            self._dag(node)
        for word in node.keywords:
            self._keyword(word, function)
        self.generic_visit(node)

    def _named(self, kind: Kind, node: ast.Call, argument: str, when: Optional[When] = None) -> None:
        value = node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == argument), None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            self._add(kind, value.value, node, when)
        else:
            self._add("dynamic", kind, node, when)

    def _keyword(self, word: ast.keyword, function: str) -> None:
        self._setting(word.arg or "", word.value)
        if word.arg in names.TASK_ARGUMENTS and function[:1].isupper():
            self._add("removed", f"{word.arg}=", word.value, detail=names.TASK_ARGUMENTS[word.arg or ""])

    def _setting(self, name: str, value: ast.AST) -> None:
        if not (isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value):
            return
        if name.endswith("conn_id") and "{{" not in value.value:
            self._add("connection", value.value, value, "run")
        elif name == "pool":
            self._add("pool", value.value, value, "run")

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._setting(key.value, value)
        self.generic_visit(node)

    def _dag(self, node: ast.Call) -> None:
        given = {word.arg for word in node.keywords}
        for name in sorted(given & set(names.DAG_ARGUMENTS), key=str):
            self._add("removed", f"{name}=", node, detail=names.DAG_ARGUMENTS[name or ""])
        first = node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "dag_id"), None)
        name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else "(its id is computed)"
        schedule = next((word.value for word in node.keywords if word.arg in ("schedule", "schedule_interval", "timetable")), None)
        if schedule is None and len(node.args) > 2:
            schedule = node.args[2]
        runs_by_time = not (isinstance(schedule, ast.Constant) and schedule.value in (None, "@once", "@continuous"))
        # **arguments may hold either.
        is_open = None in given
        notes = [] if is_open else self._dag_notes("catchup" in given, schedule is not None, runs_by_time)
        self._add("dag", name, node, detail=" ".join(notes))

    @staticmethod
    def _dag_notes(has_catchup: bool, has_schedule: bool, runs_by_time: bool) -> List[str]:
        notes = [] if has_schedule else ["no_schedule"]
        return notes if has_catchup or not runs_by_time else [*notes, "no_catchup"]

    # Values

    def visit_Subscript(self, node: ast.Subscript) -> None:
        # Python 3.8 and its Index node are not supported, so the slice is the key itself.
        if isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            base = self._called(node.value)
            if base in ("os.environ", "environ"):
                self._add("environment", node.slice.value, node)
            elif node.slice.value in names.CONTEXT_KEYS and base.rpartition(".")[2] in ("context", "kwargs", "ctx"):
                self._removed_key(node.slice.value, node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        if not isinstance(text, str) or id(node) in self._docstrings or ("{{" not in text and "{%" not in text):
            return
        for pattern, kind in ((_VARIABLE, "variable"), (_CONNECTION, "connection")):
            for match in pattern.finditer(text):
                self._add(kind, match.group(1) or match.group(2), node, "run")  # type: ignore[arg-type]
        for key in sorted(set(_KEY.findall(text))):
            self._removed_key(key, node)

    def _removed_key(self, key: str, node: ast.AST) -> None:
        self._add("removed", key, node, "run", f"works here; Airflow 3 has {names.CONTEXT_KEYS[key]}")

    def _remember_docstring(self, node: "ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef") -> None:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            self._docstrings.add(id(first.value))

    def _called(self, node: ast.AST) -> str:
        """`Variable.get`, with names as Airflow has them; '' for what is computed."""
        parts: List[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            # HttpHook(...).get_connection("x")
            parts.append(_last_name(node.func).lower())
        elif isinstance(node, ast.Name):
            parts.append(self._meaning.get(node.id, node.id))
        else:
            return ""
        found = ".".join(reversed(parts))
        return found[len("models.") :] if found.startswith("models.") else found


def _last_name(node: Optional[ast.AST]) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _types(node: Optional[ast.AST]) -> Iterator[Optional[ast.AST]]:
    if isinstance(node, ast.Tuple):
        yield from node.elts
    else:
        yield node


def _is_main(test: ast.AST) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def findings(tree: ast.AST, is_local: "frozenset[str]") -> Tuple[Finding, ...]:
    """Everything that one file needs, in order of lines."""
    visitor = FileVisitor(is_local)
    visitor.visit(tree)
    return tuple(sorted(set(visitor.found), key=lambda finding: (finding.line, finding.kind, finding.name)))
