"""What becomes of a cursor's rows, and the shape of what `run` returns. Source: Airflow, provider common.sql, hooks/handlers."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional, Union


def fetch_all_handler(cursor: Any) -> Optional[List[Any]]:
    """All rows; None after a statement that has none, such as INSERT."""
    return cursor.fetchall() if cursor.description is not None else None


def fetch_one_handler(cursor: Any) -> Optional[Any]:
    """The first row; None if there is none."""
    return cursor.fetchone() if cursor.description is not None else None


def return_single_query_results(sql: Union[str, Iterable[str]], return_last: bool, split_statements: Optional[bool]) -> bool:
    """
    True if the result is that of one statement and not a list of results: `sql` is a text, and only its last result was asked for or it
    was not split.
    """
    return isinstance(sql, str) and (return_last or split_statements is False)
