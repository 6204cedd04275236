"""Tracebacks as the author of a DAG file wants them: without our frames and the import system's, and with the line in their file."""
from __future__ import annotations

import ast
import itertools
import os
import traceback
from typing import Optional

# Deep recursion prints a thousand frames; the head and the tail tell the story.
MAX_TRACEBACK_CHARS = 32 * 1024

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_ours(filename: str) -> bool:
    """True for frames that the author did not write and does not want to read."""
    return filename.startswith(_PACKAGE) or filename.startswith("<frozen importlib") or filename.startswith("<frozen runpy")


def format_author_traceback(error: BaseException) -> str:
    """The traceback with causes and contexts, our own frames cut out. A frame-less traceback keeps only its message."""
    summary = traceback.TracebackException.from_exception(error)
    _cut(summary, set())
    return clip("".join(summary.format()))


def _cut(summary: Optional[traceback.TracebackException], seen: set) -> None:
    if summary is None or id(summary) in seen:
        return
    seen.add(id(summary))
    # Above the first frame of the author's there is only what we called to get there, such as ast.parse.
    above = itertools.takewhile(lambda frame: is_ours(frame.filename) or frame.filename == ast.__file__, summary.stack)
    kept = [frame for frame in list(summary.stack)[len(list(above)) :] if not is_ours(frame.filename)]
    summary.stack = traceback.StackSummary.from_list(kept)
    _cut(summary.__cause__, seen)
    _cut(summary.__context__, seen)
    for inner in getattr(summary, "exceptions", None) or []:
        _cut(inner, seen)


def clip(text: str, limit: int = MAX_TRACEBACK_CHARS) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n  ... {len(text) - limit:,} characters left out ...\n{text[-half:]}"


def line_in_file(error: BaseException, path: str) -> Optional[int]:
    """The innermost line of `path` that took part in the error, or None."""
    if isinstance(error, SyntaxError) and error.filename and os.path.abspath(error.filename) == path:
        return error.lineno
    line = None
    walker = error.__traceback__
    while walker is not None:
        if os.path.abspath(walker.tb_frame.f_code.co_filename) == path:
            line = walker.tb_lineno
        walker = walker.tb_next
    return line


def column_in_file(error: BaseException, path: str) -> Optional[int]:
    """The column (from 1) at which the compiler stopped in `path`; what fails while it runs has a line only."""
    if isinstance(error, SyntaxError) and error.filename and os.path.abspath(error.filename) == path and error.offset:
        return max(1, error.offset)
    return None


def one_line(error: BaseException) -> str:
    """`KeyError: 'x'` as people read it in a list."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an author's __str__ may do anything
        text = "<its text could not be made>"
    first = text.strip().splitlines()[0] if text.strip() else ""
    return clip(f"{type(error).__name__}: {first}" if first else type(error).__name__, 2000)
