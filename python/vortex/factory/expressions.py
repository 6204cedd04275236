"""Expressions of dependencies: `extract >> [clean, check] >> Label("all of it") >> load`. Read as text; nothing is evaluated."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Tuple

_TOKEN = re.compile(r"""\s*(?:(>>|<<|[\[\],()])|Label\(\s*(?:"([^"]*)"|'([^']*)')\s*\)|([\w.-]+))""")


class Link(NamedTuple):
    upstream: str
    downstream: str
    label: Optional[str]


class NoExpression(ValueError):
    """What cannot be read; its text says why."""


def is_expression(text: str) -> bool:
    return ">>" in text or "<<" in text


def read_expression(text: str) -> List[Link]:
    """The links that it makes. Raises NoExpression."""
    sides, arrows, labels = _parts(text)
    found: List[Link] = []
    for index, arrow in enumerate(arrows):
        before, after = sides[index], sides[index + 1]
        ups, downs = (before, after) if arrow == ">>" else (after, before)
        found += [Link(up, down, labels[index]) for up in ups for down in downs]
    return found


def _parts(text: str) -> "Tuple[List[List[str]], List[str], List[Optional[str]]]":
    """(names on each side, the arrow between two sides, its label)"""
    tokens = _tokens(text)
    sides: List[List[str]] = []
    arrows: List[str] = []
    labels: List[Optional[str]] = []
    pending: Optional[str] = None
    expects_name = True
    while tokens:
        kind, value = tokens.pop(0)
        if kind == "label" and expects_name and arrows and pending is None:
            # It stands between two arrows, which become one.
            pending = value
            if not tokens or tokens[0] != ("sign", arrows[-1]):
                raise NoExpression(f'after Label("{value}") there must be `{arrows[-1]}` and what it leads to')
            tokens.pop(0)
            labels[-1] = value
            pending = None
        elif kind == "name" and expects_name:
            sides.append([value])
            expects_name = False
        elif (kind, value) == ("sign", "[") and expects_name:
            sides.append(_list(tokens))
            expects_name = False
        elif kind == "sign" and value in (">>", "<<") and not expects_name:
            arrows.append(value)
            labels.append(None)
            expects_name = True
        else:
            raise NoExpression(f"`{value}` is not expected there")
    if expects_name:
        raise NoExpression("something is missing at its end")
    if not arrows:
        raise NoExpression("it has no `>>`")
    return sides, arrows, labels


def _list(tokens: "List[Tuple[str, str]]") -> List[str]:
    names: List[str] = []
    while tokens:
        kind, value = tokens.pop(0)
        if kind != "name":
            raise NoExpression(f"`{value}` is not expected in a list")
        names.append(value)
        kind, value = tokens.pop(0) if tokens else ("sign", "the end")
        if value == "]":
            return names
        if value != ",":
            raise NoExpression(f"`{value}` is not expected in a list; names are separated by commas")
    raise NoExpression("its list has no `]`")


def _tokens(text: str) -> "List[Tuple[str, str]]":
    found: List[Tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NoExpression(f"`{text[at:].strip()[:20]}` is not expected")
        sign, double, single, name = match.groups()
        found.append(("sign", sign) if sign else ("name", name) if name else ("label", double if double is not None else single or ""))
        at = match.end()
    return found
