"""One thing that a file needs or says, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["variable", "connection", "environment", "pool", "package", "stub", "dag", "removed", "dynamic"]
# When it is needed: while the file loads, when a task runs, or only if it is there.
When = Literal["load", "run", "optional"]


@dataclass(frozen=True)
class Finding:
    kind: Kind
    name: str
    line: int
    when: When = "run"
    # stub: its module and package; removed and dag: what about it.
    detail: str = ""
