"""Inlets and outlets of a task, and `task > Asset("x")`, `task < Asset("x")`, which name them (Airflow, BaseOperator)."""

from __future__ import annotations

from typing import Any, Iterable, List

from vortex.registry import current_dialect


class Lineage:
    """Operators compare with assets only. Airflow 1.10 compared tasks with each other, which came to nothing: that loads, with a remark."""

    inlets: List[Any]
    outlets: List[Any]
    notices: List[str]

    def add_inlets(self, inlets: Iterable[Any]) -> None:
        self.inlets.extend(inlets)

    def add_outlets(self, outlets: Iterable[Any]) -> None:
        self.outlets.extend(outlets)

    def __gt__(self, other: Any) -> Any:
        if not self._is_comparison(other, ">"):
            self.add_outlets(other if isinstance(other, (list, tuple, set)) else [other])
        return self

    def __lt__(self, other: Any) -> Any:
        if not self._is_comparison(other, "<"):
            self.add_inlets(other if isinstance(other, (list, tuple, set)) else [other])
        return self

    def _is_comparison(self, other: Any, sign: str) -> bool:
        """Whether `other` is a task. Raises TypeError for what is neither a task nor an inlet or outlet."""
        if isinstance(other, Lineage) and current_dialect() == "2":
            self.notices.append(f"{sign} between tasks makes no dependency and is ignored; {sign * 2} makes one")
            return True
        if isinstance(other, (Lineage, str, bytes, int, float)) or other is None:
            hint = f"; {sign * 2} makes a dependency" if isinstance(other, Lineage) else ""
            raise TypeError(f"{other!r} is no asset: {sign} after a task names what it {'makes' if sign == '>' else 'uses'}{hint}")
        return False
