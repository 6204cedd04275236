"""Values that a task's log must not hold. The host takes them out (vortex/host/masking.py); here they are told to it, before they are used."""
from __future__ import annotations

from typing import Any, Iterable, List, Optional

# Airflow's list of words that make a Variable's or Connection field's name sensitive; server/domain/sensitiveNames.ts has it too.
_SENSITIVE_WORDS = (
    "access_token", "api_key", "apikey", "authorization", "passphrase", "passwd", "password", "private_key", "proxy", "proxies", "secret",
    "token", "keyfile_dict", "service_account",
)  # fmt: skip

_channel: Optional[Any] = None
# Read while the DAG file was imported, when no attempt was here whose log they could be taken out of.
_early: List[str] = []


def use_channel(channel: Any) -> None:
    """At the start of an attempt: what was read before it is told now."""
    global _channel
    _channel = channel
    if _early:
        channel.request("mask", {"values": _early})


def found_early() -> List[str]:
    """What was read before `use_channel`, for a host that runs more than one thing."""
    return _early


def hide(values: Iterable[Any]) -> None:
    """From the return of this call on, none of these texts shows in the log. Anything but a non-empty text is passed over."""
    texts = [value for value in values if isinstance(value, str) and value]
    if not texts:
        return
    if _channel is None:
        _early.extend(text for text in texts if text not in _early)
    else:
        _channel.request("mask", {"values": texts})


def without_secrets(text: str) -> str:
    """As the text would stand in the log, for what leaves the worker by another way."""
    return text if _channel is None else str(_channel.request("mask", {"values": [], "text": text}))


def is_sensitive_name(name: str) -> bool:
    lower = name.lower()
    return any(word in lower for word in _SENSITIVE_WORDS)


def sensitive_texts(value: Any, below_sensitive: bool = False) -> List[str]:
    """Every text below a sensitive name, at any depth."""
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in sensitive_texts(item, below_sensitive or is_sensitive_name(str(name)))]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in sensitive_texts(item, below_sensitive)]
    return [value] if below_sensitive and isinstance(value, str) and value else []


def mask_secret(secret: Any, name: Optional[str] = None) -> None:
    """
    Airflow's function: the value, or every text in a dict or list, is replaced by *** in the log from now on. With the name of a dict's
    entry only what is sensitive by name is (airflow.sdk.log.mask_secret).
    """
    if isinstance(secret, str):
        hide([secret] if name is None or is_sensitive_name(name) else [])
    else:
        hide(sensitive_texts(secret, below_sensitive=name is None or is_sensitive_name(name)))
