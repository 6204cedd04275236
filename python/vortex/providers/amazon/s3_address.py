"""How an object of S3 is named: bucket and key, or one URL. Source: Airflow, provider amazon, hooks/s3."""

from __future__ import annotations

import re
from functools import wraps
from inspect import signature
from typing import Any, Callable, Optional, Tuple
from urllib.parse import urlsplit

from vortex.exceptions import AirflowException

_SCHEME = re.compile(r"s3[na]?", re.IGNORECASE)


class S3HookUriParseFailure(AirflowException):
    """Not a URL of an object in S3."""


def parse_s3_url(s3url: str) -> Tuple[str, str]:
    """
    (bucket, key) of s3://bucket/key, https://bucket.s3.region.amazonaws.com/key or https://s3.region.amazonaws.com/bucket/key. The key
    is taken as it is, # and ? included.
    """
    scheme, mark, rest = s3url.partition("://")
    host, _, path = rest.partition("/")
    if mark and _SCHEME.fullmatch(scheme) and host:
        return host, path.lstrip("/")
    labels = host.split(".")
    if scheme == "https" and labels[0] == "s3" and "/" in path:
        bucket, _, key = path.partition("/")
        return bucket, key
    if scheme == "https" and len(labels) > 1 and labels[1] == "s3":
        return labels[0], path
    raise S3HookUriParseFailure(
        "Please provide a bucket name using a valid format of the form: s3://bucket-name/key-name or "
        f'https://bucket-name.s3.region-code.amazonaws.com/key-name but provided: "{s3url}"'
    )


def get_s3_bucket_key(bucket: Optional[str], key: str, bucket_param_name: str, key_param_name: str) -> Tuple[str, str]:
    """Bucket and key of two arguments, of which the first may be None and the second a URL. Raises TypeError if both name a bucket."""
    if bucket is None:
        return parse_s3_url(key)
    split = urlsplit(key)
    if split.scheme or split.netloc:
        raise TypeError(
            f"If `{bucket_param_name}` is provided, {key_param_name} should be a relative path from root level, rather than a full s3:// url"
        )
    return bucket, key


def provide_bucket_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Without a bucket: the one of the connection."""
    parameters = signature(function)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        bound = parameters.bind(*args, **kwargs)
        if not bound.arguments.get("bucket_name"):
            name = args[0].default_bucket
            if name:
                bound.arguments["bucket_name"] = name
        return function(*bound.args, **bound.kwargs)

    return wrapper


def unify_bucket_name_and_key(function: Callable[..., Any]) -> Callable[..., Any]:
    """Without a bucket: a key that is a URL names both."""
    parameters = signature(function)
    name = "wildcard_key" if "wildcard_key" in parameters.parameters else "key"

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        bound = parameters.bind(*args, **kwargs)
        if not bound.arguments.get("bucket_name"):
            try:
                bound.arguments["bucket_name"], bound.arguments[name] = parse_s3_url(bound.arguments[name])
            except S3HookUriParseFailure:
                pass
        return function(*bound.args, **bound.kwargs)

    return wrapper
