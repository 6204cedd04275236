"""S3Hook. Source: Airflow, provider amazon, hooks/s3."""

from __future__ import annotations

import fnmatch
import gzip as gzip_module
import io
import os
import re
import shutil
import tempfile
import uuid
from datetime import datetime
from functools import cached_property
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

from vortex.exceptions import AirflowException, AirflowNotFoundException
from vortex.providers.amazon.hook import AwsBaseHook
from vortex.providers.amazon.s3_address import get_s3_bucket_key, parse_s3_url, provide_bucket_name, unify_bucket_name_and_key
from vortex.providers.amazon.s3_buckets import S3Buckets
from vortex.providers.drivers import driver

# What delete_objects of S3 takes at once.
_DELETE_AT_ONCE = 1000
# An explicit value, which leaves the access list of a copy alone.
NO_ACL = "no-acl"


class S3Hook(S3Buckets, AwsBaseHook):
    """
    Objects of S3 and of stores that speak its protocol (endpoint_url in the connection's extra). Where a method takes a key and a
    bucket, a URL as the key names both; without either, the bucket is that of the connection's service_config or schema.

    aws_conn_id: a connection of type aws. None, or one that is not there = boto3's own way to find credentials.
    transfer_config_args: arguments of boto3.s3.transfer.TransferConfig.
    extra_args: of uploads and downloads.

    The other arguments are those of AwsBaseHook.

    Raises AirflowException where boto3 is not installed; botocore's ClientError for what S3 refuses.
    Source: Airflow, provider amazon, S3Hook.

    Example:

        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from vortex import DAG, task

        with DAG("example_s3_hook", schedule=None):

            @task
            def load():
                S3Hook().load_string("1;120", "hook/orders.csv", bucket_name="shop", replace=True)
                return S3Hook().list_keys("shop", prefix="hook/")

            load()
    """

    def __init__(
        self,
        aws_conn_id: Optional[str] = AwsBaseHook.default_conn_name,
        *args: Any,
        transfer_config_args: Optional[Dict[str, Any]] = None,
        extra_args: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        kwargs["client_type"] = "s3"
        super().__init__(aws_conn_id, *args, **kwargs)
        for name, value in (("transfer_config_args", transfer_config_args), ("extra_args", extra_args)):
            if value is not None and not isinstance(value, dict):
                raise TypeError(f"{name} expected dict, got {type(value).__name__}.")
        self._transfer_config_args = transfer_config_args
        self._extra_args = extra_args or {}

    parse_s3_url = staticmethod(parse_s3_url)
    get_s3_bucket_key = staticmethod(get_s3_bucket_key)

    @cached_property
    def resource(self) -> Any:
        """boto3's resource, for what the client has not."""
        return self._made("resource", "s3", None, None)

    @property
    def extra_args(self) -> Dict[str, Any]:
        return dict(self._extra_args or self.service_config.get("extra_args", {}))

    @property
    def transfer_config(self) -> Any:
        arguments = self._transfer_config_args or self.service_config.get("transfer_config_args") or {}
        return driver("boto3.s3.transfer", "S3Hook", "boto3").TransferConfig(**arguments)

    # Lists

    def _pages(self, bucket: Optional[str], prefix: Optional[str], page_size: Optional[int], max_items: Optional[int], **more: Any) -> Any:
        pages = self.conn.get_paginator("list_objects_v2")
        return pages.paginate(Bucket=bucket, Prefix=prefix or "", PaginationConfig={"PageSize": page_size, "MaxItems": max_items}, **more)

    @provide_bucket_name
    def list_keys(
        self,
        bucket_name: Optional[str] = None,
        prefix: Optional[str] = None,
        delimiter: Optional[str] = None,
        page_size: Optional[int] = None,
        max_items: Optional[int] = None,
        start_after_key: Optional[str] = None,
        from_datetime: Optional[datetime] = None,
        to_datetime: Optional[datetime] = None,
        object_filter: Optional[Callable[..., List[Any]]] = None,
        apply_wildcard: bool = False,
    ) -> List[str]:
        """
        Keys that begin with `prefix`; those with a `delimiter` after it are left out. Changed after from_datetime, until to_datetime.
        apply_wildcard: a * in the prefix is one. object_filter: gets the objects and both times, and returns the list.
        """
        pattern = prefix if apply_wildcard and "*" in (prefix or "") else None
        begin = pattern.partition("*")[0] if pattern else prefix
        pages = self._pages(bucket_name, begin, page_size, max_items, Delimiter=delimiter or "", StartAfter=start_after_key or "")
        found = [one for page in pages for one in page.get("Contents", ()) if pattern is None or fnmatch.fnmatch(one["Key"], pattern)]
        if object_filter is not None:
            return object_filter(found, from_datetime, to_datetime)
        return [
            one["Key"]
            for one in found
            if (from_datetime is None or one["LastModified"] > from_datetime) and (to_datetime is None or one["LastModified"] <= to_datetime)
        ]

    @provide_bucket_name
    def list_prefixes(
        self,
        bucket_name: Optional[str] = None,
        prefix: Optional[str] = None,
        delimiter: Optional[str] = None,
        page_size: Optional[int] = None,
        max_items: Optional[int] = None,
    ) -> List[str]:
        """What are folders below `prefix`, for a delimiter of /."""
        pages = self._pages(bucket_name, prefix, page_size, max_items, Delimiter=delimiter or "")
        return [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]

    @provide_bucket_name
    def check_for_prefix(self, prefix: str, delimiter: str, bucket_name: Optional[str] = None) -> bool:
        """Whether there is anything below the prefix."""
        name = prefix if not delimiter or prefix.endswith(delimiter) else prefix + delimiter
        above = name.rstrip(delimiter).rpartition(delimiter)[0]
        return name in self.list_prefixes(bucket_name, f"{above}{delimiter}" if above else "", delimiter)

    @provide_bucket_name
    def iter_file_metadata(
        self, prefix: str, bucket_name: Optional[str] = None, page_size: Optional[int] = None, max_items: Optional[int] = None
    ) -> Iterator[Dict[str, Any]]:
        """What S3 lists of each object: Key, Size, LastModified ..."""
        for page in self._pages(bucket_name, prefix, page_size, max_items):
            yield from page.get("Contents", ())

    def get_file_metadata(self, *args: Any, **kwargs: Any) -> List[Dict[str, Any]]:
        """`iter_file_metadata` as a list."""
        return list(self.iter_file_metadata(*args, **kwargs))

    # One object

    @unify_bucket_name_and_key
    @provide_bucket_name
    def head_object(self, key: str, bucket_name: Optional[str] = None) -> Optional[Dict[str, Any]]:
        """What S3 says about the object; None if it is not there."""
        try:
            return self.conn.head_object(Bucket=bucket_name, Key=key)
        except driver("botocore.exceptions", "S3Hook", "boto3").ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    @unify_bucket_name_and_key
    @provide_bucket_name
    def check_for_key(self, key: str, bucket_name: Optional[str] = None) -> bool:
        return self.head_object(key, bucket_name) is not None

    @unify_bucket_name_and_key
    @provide_bucket_name
    def get_key(self, key: str, bucket_name: Optional[str] = None) -> Any:
        """boto3's Object, which is there: else ClientError."""
        allowed = driver("boto3.s3.transfer", "S3Hook", "boto3").S3Transfer.ALLOWED_DOWNLOAD_ARGS
        found = self.resource.Object(bucket_name, key)
        found.load(**{name: value for name, value in self.extra_args.items() if name in allowed})
        return found

    @unify_bucket_name_and_key
    @provide_bucket_name
    def read_key(self, key: str, bucket_name: Optional[str] = None) -> str:
        """The object as text of UTF-8."""
        return str(self.get_key(key, bucket_name).get()["Body"].read().decode("utf-8"))

    @unify_bucket_name_and_key
    @provide_bucket_name
    def select_key(
        self,
        key: str,
        bucket_name: Optional[str] = None,
        expression: Optional[str] = None,
        expression_type: Optional[str] = None,
        input_serialization: Optional[Dict[str, Any]] = None,
        output_serialization: Optional[Dict[str, Any]] = None,
    ) -> str:
        """What S3 Select answers."""
        answer = self.conn.select_object_content(
            Bucket=bucket_name,
            Key=key,
            Expression=expression or "SELECT * FROM S3Object",
            ExpressionType=expression_type or "SQL",
            InputSerialization={"CSV": {}} if input_serialization is None else input_serialization,
            OutputSerialization={"CSV": {}} if output_serialization is None else output_serialization,
        )
        return b"".join(event["Records"]["Payload"] for event in answer["Payload"] if "Records" in event).decode("utf-8")

    @unify_bucket_name_and_key
    @provide_bucket_name
    def get_wildcard_key(self, wildcard_key: str, bucket_name: Optional[str] = None, delimiter: str = "") -> Any:
        """The first object whose key matches; None if there is none."""
        begin = re.split(r"[\[*?]", wildcard_key, maxsplit=1)[0]
        matches = (key for key in self.list_keys(bucket_name, prefix=begin, delimiter=delimiter) if fnmatch.fnmatch(key, wildcard_key))
        found = next(matches, None)
        return None if found is None else self.get_key(found, bucket_name)

    @unify_bucket_name_and_key
    @provide_bucket_name
    def check_for_wildcard_key(self, wildcard_key: str, bucket_name: Optional[str] = None, delimiter: str = "") -> bool:
        return self.get_wildcard_key(wildcard_key, bucket_name, delimiter) is not None

    @unify_bucket_name_and_key
    @provide_bucket_name
    def download_file(
        self,
        key: str,
        bucket_name: Optional[str] = None,
        local_path: Optional[str] = None,
        preserve_file_name: bool = False,
        use_autogenerated_subdir: bool = True,
    ) -> str:
        """
        The path of a new file in the folder `local_path`, or in that of temporary files. preserve_file_name: called as in S3, in a folder
        of its own unless use_autogenerated_subdir is False; FileExistsError if it is there.
        """
        try:
            found = self.get_key(key, bucket_name)
        except driver("botocore.exceptions", "S3Hook", "boto3").ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise AirflowNotFoundException(f"The source file in Bucket {bucket_name} with path {key} does not exist") from error
            raise
        if preserve_file_name:
            folder = os.path.join(local_path or tempfile.gettempdir(), f"airflow_tmp_dir_{uuid.uuid4().hex[:8]}" if use_autogenerated_subdir else "")
            os.makedirs(folder, exist_ok=True)
            file = open(os.path.join(folder, found.key.rpartition("/")[2]), "xb")
        else:
            file = tempfile.NamedTemporaryFile(dir=local_path, prefix="airflow_tmp_", delete=False)
        with file:
            found.download_fileobj(file, ExtraArgs=self.extra_args, Config=self.transfer_config)
        return str(file.name)

    # Uploads

    @unify_bucket_name_and_key
    @provide_bucket_name
    def load_file(
        self,
        filename: Any,
        key: str,
        bucket_name: Optional[str] = None,
        replace: bool = False,
        encrypt: bool = False,
        gzip: bool = False,
        acl_policy: Optional[str] = None,
    ) -> None:
        """Uploads a local file. Raises ValueError if the key is there and `replace` is not said."""
        self._must_be_new(key, bucket_name, replace)
        path = str(filename)
        if gzip:
            with open(path, "rb") as plain, gzip_module.open(f"{path}.gz", "wb") as packed:
                shutil.copyfileobj(plain, packed)
            path = f"{path}.gz"
        self.conn.upload_file(path, bucket_name, key, ExtraArgs=self._upload_args(encrypt, acl_policy), Config=self.transfer_config)

    @unify_bucket_name_and_key
    @provide_bucket_name
    def load_string(
        self,
        string_data: str,
        key: str,
        bucket_name: Optional[str] = None,
        replace: bool = False,
        encrypt: bool = False,
        encoding: Optional[str] = None,
        acl_policy: Optional[str] = None,
        compression: Optional[str] = None,
    ) -> None:
        """compression: None or "gzip"."""
        if compression not in (None, "gzip"):
            raise NotImplementedError(f"Received {compression} compression type. String can currently be compressed in ['gzip'] only.")
        data = string_data.encode(encoding or "utf-8")
        self.load_bytes(gzip_module.compress(data) if compression else data, key, bucket_name, replace, encrypt, acl_policy)

    @unify_bucket_name_and_key
    @provide_bucket_name
    def load_bytes(
        self,
        bytes_data: bytes,
        key: str,
        bucket_name: Optional[str] = None,
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: Optional[str] = None,
    ) -> None:
        self.load_file_obj(io.BytesIO(bytes_data), key, bucket_name, replace, encrypt, acl_policy)

    @unify_bucket_name_and_key
    @provide_bucket_name
    def load_file_obj(
        self,
        file_obj: Any,
        key: str,
        bucket_name: Optional[str] = None,
        replace: bool = False,
        encrypt: bool = False,
        acl_policy: Optional[str] = None,
    ) -> None:
        self._must_be_new(key, bucket_name, replace)
        self.conn.upload_fileobj(file_obj, bucket_name, key, ExtraArgs=self._upload_args(encrypt, acl_policy), Config=self.transfer_config)

    def _must_be_new(self, key: str, bucket_name: Optional[str], replace: bool) -> None:
        if not replace and self.check_for_key(key, bucket_name):
            raise ValueError(f"The key {key} already exists.")

    def _upload_args(self, encrypt: bool, acl_policy: Optional[str]) -> Dict[str, Any]:
        own = {"ServerSideEncryption": "AES256"} if encrypt else {}
        return {**self.extra_args, **own, **({"ACL": acl_policy} if acl_policy else {})}

    def copy_object(
        self,
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
    ) -> Any:
        """Copies within S3. acl_policy: "private" unless given; "no-acl" leaves it alone."""
        if bool(kms_key_id) != bool(kms_encryption_type):
            raise ValueError("kms_key_id and kms_encryption_type must both be specified. Only one was provided.")
        if kms_key_id:
            kwargs.update(SSEKMSKeyId=kms_key_id, ServerSideEncryption=kms_encryption_type)
        if acl_policy != NO_ACL:
            kwargs["ACL"] = acl_policy or "private"
        if meta_data_directive:
            kwargs["MetadataDirective"] = meta_data_directive
        bucket, key = get_s3_bucket_key(dest_bucket_name, dest_bucket_key, "dest_bucket_name", "dest_bucket_key")
        source_bucket, source_key = get_s3_bucket_key(source_bucket_name, source_bucket_key, "source_bucket_name", "source_bucket_key")
        source = {"Bucket": source_bucket, "Key": source_key, **({"VersionId": source_version_id} if source_version_id else {})}
        return self.conn.copy_object(Bucket=bucket, Key=key, CopySource=source, **kwargs)

    def delete_objects(self, bucket: str, keys: Union[str, List[str]]) -> None:
        """Keys that are not there are no error."""
        names = [keys] if isinstance(keys, str) else list(keys)
        for start in range(0, len(names), _DELETE_AT_ONCE):
            chunk = [{"Key": key} for key in names[start : start + _DELETE_AT_ONCE]]
            answer = self.conn.delete_objects(Bucket=bucket, Delete={"Objects": chunk})
            self.log.info("Deleted: %s", [one["Key"] for one in answer.get("Deleted", ())])
            if answer.get("Errors"):
                raise AirflowException(f"Errors when deleting: {[one['Key'] for one in answer['Errors']]}")

    def generate_presigned_url(
        self, client_method: str, params: Optional[Dict[str, Any]] = None, expires_in: int = 3600, http_method: Optional[str] = None
    ) -> str:
        """A URL that does one thing without signing in."""
        return str(self.conn.generate_presigned_url(ClientMethod=client_method, Params=params, ExpiresIn=expires_in, HttpMethod=http_method))
