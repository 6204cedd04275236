"""Sensors of S3. Source: Airflow, provider amazon, sensors/s3."""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from vortex.definitions.callable_arguments import keyword_arguments
from vortex.providers.amazon.base import AWS_FIELDS, AwsBaseSensor
from vortex.providers.amazon.s3_hook import S3Hook


class S3KeySensor(AwsBaseSensor):
    """
    Waits until an object is there, or all of several.

    bucket_key: one or more keys of bucket_name, or URLs.
    bucket_name: the bucket. None = that of the URLs.
    wildcard_match: whether keys are patterns (`*`, `?`, `[...]`), of which one match is enough.
    use_regex: whether keys are regular expressions.
    check_fn: a function that gets a list with what S3 says of each object, and of the context what its parameters name; false waits on.
    metadata_keys: what S3 says of an object in that list; "*" is all. None = ["Size"].
    deferrable: whether it waits without a worker slot, as mode="reschedule" does.

    Source: Airflow, provider amazon, S3KeySensor.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor

        with DAG("example_s3_key_sensor", schedule="@daily"):
            S3KeySensor(task_id="wait", bucket_key="s3://shop/order*.csv", wildcard_match=True, poke_interval=60, mode="reschedule")
    """

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket_key", "bucket_name")
    aws_hook_class = S3Hook
    hook: S3Hook

    def __init__(
        self,
        *,
        bucket_key: Union[str, List[str]],
        bucket_name: Optional[str] = None,
        wildcard_match: bool = False,
        check_fn: Optional[Callable[..., Any]] = None,
        deferrable: bool = False,
        use_regex: bool = False,
        metadata_keys: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> None:
        if deferrable:
            kwargs["mode"] = "reschedule"
        super().__init__(**kwargs)
        self.bucket_key = bucket_key
        self.bucket_name = bucket_name
        self.wildcard_match = wildcard_match
        self.check_fn = check_fn
        self.deferrable = deferrable
        self.use_regex = use_regex
        self.metadata_keys = metadata_keys or ["Size"]

    def poke(self, context: Mapping[str, Any]) -> bool:
        keys = [self.bucket_key] if isinstance(self.bucket_key, str) else self.bucket_key
        return all(self._is_there(key, context) for key in keys)

    def _is_there(self, bucket_key: str, context: Mapping[str, Any]) -> bool:
        bucket, key = self.hook.get_s3_bucket_key(self.bucket_name, bucket_key, "bucket_name", "bucket_key")
        self.log.info("Poking for key : s3://%s/%s", bucket, key)
        found = self._matches(bucket, key)
        if not found or self.check_fn is None:
            return bool(found)
        files = [self._described(one, bucket) for one in found]
        return bool(self.check_fn(files, **keyword_arguments(self.check_fn, [files], context, {})))

    def _matches(self, bucket: str, key: str) -> List[Dict[str, Any]]:
        if self.wildcard_match:
            begin = re.split(r"[\[*?]", key, maxsplit=1)[0]
            return [one for one in self.hook.iter_file_metadata(begin, bucket) if fnmatch.fnmatch(one["Key"], key)]
        if self.use_regex:
            return [one for one in self.hook.iter_file_metadata("", bucket) if re.match(key, one["Key"])]
        head = self.hook.head_object(key, bucket)
        return [] if head is None else [{**head, "Key": key, "Size": head.get("ContentLength")}]

    def _described(self, one: Dict[str, Any], bucket: str) -> Dict[str, Any]:
        if "*" in self.metadata_keys:
            return self.hook.head_object(one["Key"], bucket) or {}
        if any(name not in one for name in self.metadata_keys):
            one = {**(self.hook.head_object(one["Key"], bucket) or {}), **one}
        return {name: one.get(name) for name in self.metadata_keys}
