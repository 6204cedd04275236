"""
Takes secret values out of a stream of log bytes, whatever the borders of the pieces.

A secret is looked for as it is, and as base64 (each alignment, and the 76-column lines that base64 tools print), URL-encoded,
JSON-escaped, as a Python literal, and line by line. Values below MIN_LENGTH are not masked: they would blacken innocent text.
"""
from __future__ import annotations

import base64
import json
import re
import urllib.parse
from typing import Dict, Iterable, List, Optional, Set

MASK = b"***"
MIN_LENGTH = 3
# A derived form or a single line shorter than this is too common to be replaced wherever it shows up.
MIN_DERIVED_LENGTH = 6
# Of a reason: one line for people.
MAX_REASON_CHARS = 2_000


def shown_reason(reason: str, masker: "Optional[Masker]") -> str:
    """Masked first and cut then, so that no part of a secret is left at the end."""
    if masker is not None:
        reason = masker.text(reason)
    return reason if len(reason) <= MAX_REASON_CHARS else reason[: MAX_REASON_CHARS - 1] + "…"


class Masker:
    """One per attempt that has secrets. `feed` returns what may be shown; `flush` the rest at the end."""

    def __init__(self, values: Iterable[str]) -> None:
        self._needles: Set[bytes] = set()
        self._held = b""
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """From now on these too."""
        for value in values:
            self._needles.update(forms_of(value))
        ordered = sorted(self._needles, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(re.escape(needle) for needle in ordered)) if ordered else None
        self._longest = len(ordered[0]) if ordered else 0
        self._by_first: Dict[int, List[bytes]] = {}
        for needle in ordered:
            self._by_first.setdefault(needle[0], []).append(needle)
        self._firsts = re.compile(b"[" + b"".join(re.escape(bytes([first])) for first in self._by_first) + b"]") if ordered else None

    def feed(self, data: bytes) -> bytes:
        if self._pattern is None:
            return data
        return self._replace(self._held + data, last=False)

    def flush(self) -> bytes:
        return self._replace(self._held, last=True) if self._held else b""

    def text(self, text: str, is_cut: bool = False) -> str:
        """A whole text, such as an error message. Of one that was cut, an end that may begin a secret is left out."""
        if self._pattern is None:
            return text
        data = text.encode("utf-8", "surrogateescape")
        if is_cut:
            data = data[: self._first_open_end(data)]
        return self._pattern.sub(MASK, data).decode("utf-8", "replace")

    def _replace(self, data: bytes, last: bool) -> bytes:
        # A match that begins at or behind `border` might grow with the next piece, so it waits for it.
        border = len(data) if last else self._first_open_end(data)
        out: List[bytes] = []
        position = 0
        for match in self._pattern.finditer(data):
            if match.start() >= border:
                break
            out.append(data[position : match.start()])
            out.append(MASK)
            position = match.end()
        if position < border:
            out.append(data[position:border])
            position = border
        self._held = data[position:]
        return b"".join(out)

    def _first_open_end(self, data: bytes) -> int:
        """The earliest place from which the rest of `data` is the beginning of a needle."""
        start = max(0, len(data) - self._longest + 1)
        for match in self._firsts.finditer(data, start):
            tail = data[match.start() :]
            for needle in self._by_first[tail[0]]:
                if len(needle) > len(tail) and needle.startswith(tail):
                    return match.start()
        return len(data)


def forms_of(value: str) -> Set[bytes]:
    """Every byte string that gives the secret away."""
    raw = value.encode("utf-8", "surrogateescape")
    if len(raw) < MIN_LENGTH:
        return set()
    forms = {
        urllib.parse.quote(value, safe="", errors="surrogateescape").encode(),
        urllib.parse.quote(value, errors="surrogateescape").encode(),
        urllib.parse.quote_plus(value, errors="surrogateescape").encode(),
        json.dumps(value)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape"),
        repr(value)[1:-1].encode("utf-8", "surrogateescape"),
        raw.replace(b"\n", b"\r\n"),
    }
    forms.update(line.strip() for line in raw.split(b"\n"))
    forms.update(_base64_forms(raw))
    kept = {form for form in forms if len(form) >= MIN_DERIVED_LENGTH}
    kept.add(raw)
    stripped = raw.strip()
    if len(stripped) >= MIN_LENGTH:
        kept.add(stripped)
    return kept


def _base64_forms(raw: bytes) -> Set[bytes]:
    found: Set[bytes] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw)
        found.update((whole, whole.rstrip(b"=")))
        if len(whole) > 76:
            found.update(whole[at : at + 76] for at in range(0, len(whole), 76))
        # Inside longer text ("user:password") the secret starts at any of three alignments. Only characters made of
        # nothing but its own bits are the same each time.
        for shift in range(3):
            text = encode(b"\0" * shift + raw)
            found.add(text[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6])
    return found
