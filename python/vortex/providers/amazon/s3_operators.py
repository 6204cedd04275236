"""Operators of S3. Source: Airflow, provider amazon, operators/s3."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, List, Optional, Sequence, Union

from vortex.exceptions import AirflowException
from vortex.providers.amazon.base import AWS_FIELDS, AwsBaseOperator
from vortex.providers.amazon.s3_hook import S3Hook


class S3Operator(AwsBaseOperator):
    """What operators of S3 share."""

    aws_hook_class = S3Hook
    hook: S3Hook


class S3CreateBucketOperator(S3Operator):
    """
    Makes a bucket, unless it is there.

    bucket_name: the bucket.

    Source: Airflow, provider amazon, S3CreateBucketOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3CreateBucketOperator

        with DAG("example_s3_create_bucket", schedule=None):
            S3CreateBucketOperator(task_id="make", bucket_name="shop-archive")
    """

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


class S3DeleteBucketOperator(S3Operator):
    """
    Deletes a bucket, if it is there.

    bucket_name: the bucket.
    force_delete: whether what is in it goes, too; otherwise a bucket that is not empty fails the task.

    Source: Airflow, provider amazon, S3DeleteBucketOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3DeleteBucketOperator

        with DAG("example_s3_delete_bucket", schedule=None):
            S3DeleteBucketOperator(task_id="remove", bucket_name="shop-old", force_delete=True)
    """

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


class S3CreateObjectOperator(S3Operator):
    """
    Uploads text or bytes as an object.

    s3_bucket: the bucket. None = the one of the URL s3_key.
    s3_key: the key, or a URL such as s3://bucket/key.
    data: what is uploaded.
    replace: whether an object that is there is overwritten; otherwise it fails the task.
    encrypt: whether S3 encrypts it with its own key.
    acl_policy: an access list of S3's own, such as "private".
    encoding: of text. None = "utf-8".
    compression: None, or "gzip" for text.

    Raises ValueError if the object is there and `replace` is not said; what boto3 raises, such as ClientError.
    Source: Airflow, provider amazon, S3CreateObjectOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3CreateObjectOperator

        with DAG("example_s3_create_object", schedule="@daily"):
            S3CreateObjectOperator(task_id="write", s3_bucket="shop", s3_key="days/{{ ds }}.txt", data="{{ ds }}", replace=True)
    """

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


class S3ReadObjectOperator(S3Operator):
    """
    Reads an object.

    s3_bucket: the bucket. None = the one of the URL s3_key.
    s3_key: the key, or a URL such as s3://bucket/key.

    Returns the object as text of UTF-8.
    Raises what boto3 raises, such as ClientError for a key that is not there.
    Source: Airflow, provider amazon, S3ReadObjectOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3ReadObjectOperator

        with DAG("example_s3_read_object", schedule="@daily"):
            S3ReadObjectOperator(task_id="read", s3_key="s3://shop/orders.csv")
    """

    template_fields: Sequence[str] = (*AWS_FIELDS, "s3_bucket", "s3_key")

    def __init__(self, *, s3_bucket: Optional[str] = None, s3_key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key

    def execute(self, context: Any) -> str:
        bucket, key = self.hook.get_s3_bucket_key(self.s3_bucket, self.s3_key, "s3_bucket", "s3_key")
        return self.hook.read_key(key, bucket)


class S3CopyObjectOperator(S3Operator):
    """
    Copies an object within S3.

    source_bucket_key, dest_bucket_key: keys, or URLs that name the buckets as well.
    source_bucket_name, dest_bucket_name: the buckets. None = those of the URLs.
    source_version_id: a version of the object. None = the newest.
    acl_policy: an access list of S3's own (None = "private"); "no-acl" leaves it alone.
    meta_data_directive: "COPY" or "REPLACE". None = S3's own way, which is to copy.
    kms_key_id, kms_encryption_type: a key of KMS that encrypts the copy, and how ("aws:kms"); both or neither.

    Raises ValueError for one of the two of KMS; what boto3 raises, such as ClientError.
    Source: Airflow, provider amazon, S3CopyObjectOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3CopyObjectOperator

        with DAG("example_s3_copy_object", schedule="@daily"):
            S3CopyObjectOperator(task_id="copy", source_bucket_key="s3://shop/orders.csv", dest_bucket_key="s3://shop/copies/{{ ds }}.csv")
    """

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


class S3DeleteObjectsOperator(S3Operator):
    """
    Deletes objects: those of `keys`, or those that the other arguments describe. Keys that are not there are no error.

    bucket: the bucket.
    keys: one key or several.
    prefix: what the keys begin with.
    from_datetime, to_datetime: objects that were changed after the one and not after the other, as datetimes or texts; without a zone in
        UTC.

    Raises AirflowException if neither or both ways are used, or an object is not deleted; what boto3 raises, such as ClientError.
    Source: Airflow, provider amazon, S3DeleteObjectsOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3DeleteObjectsOperator

        with DAG("example_s3_delete_objects", schedule="@daily"):
            S3DeleteObjectsOperator(task_id="tidy", bucket="shop", prefix="tmp/", to_datetime="{{ ds }}")
    """

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


class S3ListOperator(S3Operator):
    """
    Lists keys.

    bucket: the bucket.
    prefix: what the keys begin with.
    delimiter: keys that have it after the prefix are left out.
    apply_wildcard: whether a * in the prefix stands for anything.

    Returns the keys as a list.
    Source: Airflow, provider amazon, S3ListOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3ListOperator

        with DAG("example_s3_list", schedule="@daily"):
            S3ListOperator(task_id="list", bucket="shop", prefix="orders")
    """

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


class S3ListPrefixesOperator(S3Operator):
    """
    Lists what are folders in a bucket.

    bucket: the bucket.
    prefix: what they begin with.
    delimiter: what separates folders, usually "/".

    Returns the prefixes as a list.
    Source: Airflow, provider amazon, S3ListPrefixesOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3ListPrefixesOperator

        with DAG("example_s3_list_prefixes", schedule="@daily"):
            S3ListPrefixesOperator(task_id="list", bucket="shop", prefix="", delimiter="/")
    """

    template_fields: Sequence[str] = (*AWS_FIELDS, "bucket", "prefix", "delimiter")
    ui_color = "#ffd700"

    def __init__(self, *, bucket: str, prefix: str, delimiter: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter

    def execute(self, context: Any) -> List[str]:
        return self.hook.list_prefixes(self.bucket, self.prefix, self.delimiter)
