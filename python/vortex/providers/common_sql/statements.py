"""A text of SQL as its statements: a `;` within quotes, comments, dollar quotes or a stored program ends none."""

from __future__ import annotations

import re
from typing import List

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<quoted> '(?:[^']|'')*(?:'|\Z) | "(?:[^"]|"")*(?:"|\Z) | `[^`]*(?:`|\Z) | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=tag)|\Z) )
  | (?P<word> [A-Za-z_][\w$]* )
  | (?P<end> ; )
  | .
    """,
    re.DOTALL | re.VERBOSE,
)
# Statements that may hold others between BEGIN and END.
_PROGRAMS = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE", "PACKAGE", "EVENT"})


def split_statements(sql: str, strip_semicolon: bool = False) -> List[str]:
    """The statements in order, without those that are empty or comments only. The `;` stays unless `strip_semicolon`."""
    found: List[str] = []
    text: List[str] = []
    words: List[str] = []
    has_content = is_program = False
    depth = 0

    def finish() -> None:
        nonlocal has_content, is_program, depth
        statement = "".join(text).strip()
        if has_content:
            found.append(statement.rstrip(";").rstrip() if strip_semicolon else statement)
        text.clear()
        words.clear()
        has_content = is_program = False
        depth = 0

    for token in _TOKEN.finditer(sql):
        piece = token.group()
        text.append(piece)
        if token.group("end") is not None:
            if depth == 0:
                finish()
        elif token.group("comment") is None and not piece.isspace():
            has_content = True
            if token.group("word") is not None:
                word = piece.upper()
                words.append(word)
                is_program = is_program or (words[0] == "CREATE" and len(words) < 8 and word in _PROGRAMS)
                if is_program:
                    depth = _depth_after(depth, words)
    finish()
    return found


def _depth_after(depth: int, words: List[str]) -> int:
    word, before = words[-1], words[-2] if len(words) > 1 else ""
    if word in ("BEGIN", "CASE") and before != "END":
        return depth + 1
    if word in ("IF", "LOOP", "WHILE") and before == "END":
        # END IF closes what END alone was counted for.
        return depth + 1
    return max(0, depth - 1) if word == "END" else depth
