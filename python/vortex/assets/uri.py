"""URIs of assets in one form, so that two spellings of one address are one asset."""

from __future__ import annotations

import urllib.parse
import warnings
from typing import Any

# Airflow's limit of names, URIs and groups.
MAX_CHARS = 1500


def normalize_uri(value: Any) -> str:
    """
    Scheme in small letters, no slashes at the end, the query in order, no fragment and no password. A text without a scheme, and
    one of a private scheme (`x-...`), stays as it is. Raises ValueError for `airflow://`. Source: Airflow, "What is a valid URI".
    """
    uri = str(value)
    parts = urllib.parse.urlsplit(uri)
    scheme = parts.scheme.lower()
    if not scheme or scheme.startswith("x-"):
        return uri
    if scheme == "airflow":
        raise ValueError(f"The asset URI {uri!r} has the scheme 'airflow', which is reserved. Choose another one, such as 'x-{uri}'.")
    host = parts.netloc
    if parts.password:
        warnings.warn("The URI of an asset must hold no password; user and password were left out of it.", UserWarning, stacklevel=3)
        host = host.rpartition("@")[2]
    query = urllib.parse.urlencode(sorted(urllib.parse.parse_qsl(parts.query))) if parts.query else ""
    return urllib.parse.urlunsplit((scheme, host, parts.path.rstrip("/") or "/", query, ""))


def check_text(value: Any, what: str, *, may_be_empty: bool = False) -> str:
    """A name, URI or group as the server keeps it. Raises ValueError otherwise."""
    if not isinstance(value, str):
        raise ValueError(f"{what} must be a text, not {value!r}.")
    if not (value or may_be_empty) or value.isspace():
        raise ValueError(f"{what} is empty.")
    if len(value) > MAX_CHARS:
        raise ValueError(f"{what} has {len(value):,} characters; the limit is {MAX_CHARS:,}: {value[:60]!r}...")
    return str(value)
