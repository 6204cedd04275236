"""Operators of S3. Source: Airflow, provider amazon, operators/s3."""

from __future__ import annotations

import subprocess
import tempfile
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Sequence, Union

from vortex.exceptions import AirflowException
from vortex.providers.amazon.base import AWS_FIELDS, AwsBaseOperator, Verify
from vortex.providers.amazon.s3_hook import S3Hook


class _S3Operator(AwsBaseOperator):
    aws_hook_class = S3Hook
    hook: S3Hook


class S3CreateBucketOperator(_S3Operator):
    """Makes the bucket, unless it is there."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket_name")

    def __init__(self, *, bucket_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name

    def execute(self, context: Any) -> None:
        if self.hook.check_for_bucket(self.bucket_name):
            self.log.info("Bucket with name: %s already exists", self.bucket_name)
            return
        self.hook.create_bucket(self.bucket_name, self.region_name)
        self.log.info("Created bucket with name: %s", self.bucket_name)


class S3DeleteBucketOperator(_S3Operator):
    """Deletes the bucket, if it is there; with what is in it if `force_delete`."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket_name")

    def __init__(self, bucket_name: str, force_delete: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket_name = bucket_name
        self.force_delete = force_delete

    def execute(self, context: Any) -> None:
        if not self.hook.check_for_bucket(self.bucket_name):
            self.log.info("Bucket with name: %s doesn't exist", self.bucket_name)
            return
        self.hook.delete_bucket(self.bucket_name, self.force_delete)
        self.log.info("Deleted bucket with name: %s", self.bucket_name)


class S3CreateObjectOperator(_S3Operator):
    """Uploads `data`, text or bytes, to s3_key in s3_bucket, or to the URL s3_key. The other arguments are those of S3Hook.load_string."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "s3_bucket", "s3_key", "data")

    def __init__(
        self,
        *,
        s3_bucket: Optional[str] = None,
        s3_key: str,
        data: Union[str, bytes],
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: Optional[str] = None,
        encoding: Optional[str] = None,
        compression: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key
        self.data = data
        self.replace = replace
        self.encrypt = encrypt
        self.acl_policy = acl_policy
        self.encoding = encoding
        self.compression = compression

    def execute(self, context: Any) -> None:
        bucket, key = self.hook.get_s3_bucket_key(self.s3_bucket, self.s3_key, "dest_bucket", "dest_key")
        if isinstance(self.data, str):
            self.hook.load_string(self.data, key, bucket, self.replace, self.encrypt, self.encoding, self.acl_policy, self.compression)
        else:
            self.hook.load_bytes(self.data, key, bucket, self.replace, self.encrypt, self.acl_policy)


class S3ReadObjectOperator(_S3Operator):
    """Returns the object as text."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "s3_bucket", "s3_key")

    def __init__(self, *, s3_bucket: Optional[str] = None, s3_key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key

    def execute(self, context: Any) -> str:
        bucket, key = self.hook.get_s3_bucket_key(self.s3_bucket, self.s3_key, "s3_bucket", "s3_key")
        return self.hook.read_key(key, bucket)


class S3CopyObjectOperator(_S3Operator):
    """Copies an object within S3: the arguments are those of S3Hook.copy_object."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "source_bucket_key", "dest_bucket_key", "source_bucket_name", "dest_bucket_name")

    def __init__(
        self,
        *,
        source_bucket_key: str,
        dest_bucket_key: str,
        source_bucket_name: Optional[str] = None,
        dest_bucket_name: Optional[str] = None,
        source_version_id: Optional[str] = None,
        acl_policy: Optional[str] = None,
        meta_data_directive: Optional[str] = None,
        kms_key_id: Optional[str] = None,
        kms_encryption_type: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_bucket_key = source_bucket_key
        self.dest_bucket_key = dest_bucket_key
        self.source_bucket_name = source_bucket_name
        self.dest_bucket_name = dest_bucket_name
        self.source_version_id = source_version_id
        self.acl_policy = acl_policy
        self.meta_data_directive = meta_data_directive
        self.kms_key_id = kms_key_id
        self.kms_encryption_type = kms_encryption_type

    def execute(self, context: Any) -> None:
        self.hook.copy_object(
            self.source_bucket_key,
            self.dest_bucket_key,
            self.source_bucket_name,
            self.dest_bucket_name,
            self.source_version_id,
            self.acl_policy,
            self.meta_data_directive,
            self.kms_key_id,
            self.kms_encryption_type,
        )


class S3DeleteObjectsOperator(_S3Operator):
    """Deletes `keys` (one or several), or what begins with `prefix` and was changed after from_datetime and until to_datetime."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "keys", "bucket", "prefix", "from_datetime", "to_datetime")

    def __init__(
        self,
        *,
        bucket: str,
        keys: Union[str, List[str], None] = None,
        prefix: Optional[str] = None,
        from_datetime: Union[datetime, str, None] = None,
        to_datetime: Union[datetime, str, None] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.keys = keys
        self.prefix = prefix
        self.from_datetime = from_datetime
        self.to_datetime = to_datetime
        self._check()

    def _check(self) -> None:
        by_what = any(value is not None for value in (self.prefix, self.from_datetime, self.to_datetime))
        if (self.keys is not None) == by_what:
            raise AirflowException("Either keys or at least one of prefix, from_datetime, to_datetime should be set.")

    def execute(self, context: Any) -> None:
        # Templates may have left nothing.
        self._check()
        keys = self.keys
        if keys is None:
            begin, end = (_time(value) for value in (self.from_datetime, self.to_datetime))
            keys = self.hook.list_keys(self.bucket, self.prefix, from_datetime=begin, to_datetime=end)
        if keys:
            self.hook.delete_objects(self.bucket, keys)


def _time(value: Union[datetime, str, None]) -> Optional[datetime]:
    if not isinstance(value, str):
        return value
    from dateutil import parser

    found = parser.parse(value)
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


class S3ListOperator(_S3Operator):
    """Returns the keys that begin with `prefix`: see S3Hook.list_keys."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket", "prefix", "delimiter")
    ui_color = "#ffd700"

    def __init__(self, *, bucket: str, prefix: str = "", delimiter: str = "", apply_wildcard: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.apply_wildcard = apply_wildcard

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_keys(self.bucket, self.prefix, self.delimiter, apply_wildcard=self.apply_wildcard)


class S3ListPrefixesOperator(_S3Operator):
    """Returns what are folders below `prefix`."""

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket", "prefix", "delimiter")
    ui_color = "#ffd700"

    def __init__(self, *, bucket: str, prefix: str, delimiter: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_prefixes(self.bucket, self.prefix, self.delimiter)


class S3FileTransformOperator(_S3Operator):
    """
    Downloads an object, runs `transform_script` with the paths of it and of a new file and with script_args, and uploads the new file.
    With select_expression what S3 Select answers is taken in place of the object, and without a script it is uploaded itself.

    Raises AirflowException if the script ends with another code than 0.
    """

    template_fields: Sequence[str] = ("source_s3_key", "dest_s3_key", "script_args", "source_aws_conn_id", "dest_aws_conn_id")
    ui_color = "#f9c915"

    def __init__(
        self,
        *,
        source_s3_key: str,
        dest_s3_key: str,
        transform_script: Optional[str] = None,
        select_expression: Optional[str] = None,
        select_expr_serialization_config: Optional[Dict[str, Any]] = None,
        script_args: Optional[Sequence[str]] = None,
        source_aws_conn_id: Optional[str] = "aws_default",
        source_verify: Verify = None,
        dest_aws_conn_id: Optional[str] = "aws_default",
        dest_verify: Verify = None,
        replace: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_s3_key = source_s3_key
        self.dest_s3_key = dest_s3_key
        self.transform_script = transform_script
        self.select_expression = select_expression
        self.select_expr_serialization_config = select_expr_serialization_config or {}
        self.script_args = script_args or []
        self.source_aws_conn_id = source_aws_conn_id
        self.source_verify = source_verify
        self.dest_aws_conn_id = dest_aws_conn_id
        self.dest_verify = dest_verify
        self.replace = replace

    def execute(self, context: Any) -> None:
        if self.transform_script is None and self.select_expression is None:
            raise AirflowException("Either transform_script or select_expression must be specified")
        source = S3Hook(self.source_aws_conn_id, verify=self.source_verify)
        if not source.check_for_key(self.source_s3_key):
            raise AirflowException(f"The source key {self.source_s3_key} does not exist")
        with tempfile.NamedTemporaryFile("wb") as before, tempfile.NamedTemporaryFile("wb") as after:
            if self.select_expression is not None:
                before.write(source.select_key(self.source_s3_key, None, self.select_expression, **self.select_expr_serialization_config).encode())
            else:
                source.get_key(self.source_s3_key).download_fileobj(before)
            before.flush()
            if self.transform_script is not None:
                self._transform([self.transform_script, before.name, after.name, *self.script_args])
            result = after if self.transform_script is not None else before
            S3Hook(self.dest_aws_conn_id, verify=self.dest_verify).load_file(result.name, self.dest_s3_key, replace=self.replace)

    def _transform(self, command: List[str]) -> None:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
            for line in process.stdout or ():
                self.log.info("%s", line.rstrip())
        if process.returncode:
            raise AirflowException(f"Transform script failed: {process.returncode}")
