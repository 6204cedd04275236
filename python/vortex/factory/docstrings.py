"""
What docstrings say, in parts. Meanings of arguments stand there as `name: words` and `name, other: words`, results in a paragraph that
begins with "Returns", errors in one that begins with "Raises", an example below a line "Example:". The JSON Schema of DAG files and
docs/operators.md are made of these.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any, Dict, List, NamedTuple, Optional

# The last part of a docstring.
_EXAMPLE = "\nExample:\n"
_KINDS = ("Returns", "Raises", "Source:")


class Parts(NamedTuple):
    """Of one docstring: paragraphs that are neither about arguments nor about the following; None where nothing is said."""

    summary: List[str]
    returns: Optional[str]
    raises: Optional[str]
    example: Optional[str]


def parts_of(value: Any, names: "List[str]" = []) -> Parts:  # noqa: B006 - never changed
    """names: arguments, whose paragraphs are left out of the summary."""
    text = inspect.cleandoc(vars(value).get("__doc__") or "") if isinstance(value, type) else inspect.cleandoc(value.__doc__ or "")
    text, _, example = text.partition(_EXAMPLE)
    found: Dict[str, str] = {}
    summary: List[str] = []
    mark = _mark(names)
    for paragraph in filter(None, (part.strip("\n") for part in text.split("\n\n"))):
        kind = next((kind for kind in _KINDS if paragraph.startswith(kind)), None)
        if kind is None:
            if mark is None or mark.match(paragraph) is None:
                summary.append(paragraph)
            continue
        for sentences in re.split(r"(?<=[.)])\s+(?=Returns |Raises |Source: )", paragraph):
            found.setdefault(sentences.split(None, 1)[0], " ".join(sentences.split()))
    return Parts(summary, found.get("Returns"), found.get("Raises"), f"{textwrap.dedent(example).strip()}\n" if example else None)


def without_example(text: str) -> str:
    """For tooltips."""
    return text.partition(_EXAMPLE)[0].rstrip()


def meanings_of(kind: type, names: List[str]) -> Dict[str, str]:
    """Of a class's arguments, out of its docstring and those of its bases."""
    found: Dict[str, str] = {}
    for base in kind.__mro__:
        for name, words in _meanings(vars(base).get("__doc__") or "", names).items():
            found.setdefault(name, words)
    return found


def meanings_in(function: Any, names: List[str]) -> Dict[str, str]:
    """Of a function's arguments."""
    return _meanings(function.__doc__ or "", names)


def _meanings(text: str, names: List[str]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    mark = _mark(names)
    if mark is None:
        return found
    for paragraph in re.split(r"\n\n", without_example(inspect.cleandoc(text))):
        places = list(mark.finditer(paragraph))
        for place, following in zip(places, [*places[1:], None]):
            end = following.start() if following is not None else len(paragraph)
            words = " ".join(paragraph[place.end() : end].split())
            for name in re.split(r", | and ", place.group(1)):
                found.setdefault(name, words[:1].upper() + words[1:])
    return found


def _mark(names: List[str]) -> "Optional[re.Pattern[str]]":
    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    if not words:
        return None
    return re.compile(rf"(?:^|(?<=[.;\n] )|(?<=\n))((?:{words})(?:(?:, | and )(?:{words}))*)(?: \([^)]*\))?: ", re.MULTILINE)
