"""What S3Hook does with buckets. Source: Airflow, provider amazon, hooks/s3."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from vortex.providers.amazon.s3_address import provide_bucket_name
from vortex.providers.drivers import driver


class S3Buckets:
    """A part of S3Hook."""

    conn: Any
    conn_config: Any
    log: Any

    @property
    def default_bucket(self) -> Optional[str]:
        """service_config.s3.bucket_name of the connection's extra; before Airflow 2.9 its schema."""
        return self.conn_config.service("s3").get("bucket_name") or self.conn_config.schema

    @provide_bucket_name
    def check_for_bucket(self, bucket_name: Optional[str] = None) -> bool:
        """Whether it is there and may be used; if it may not, the log says so."""
        try:
            self.conn.head_bucket(Bucket=bucket_name)
            return True
        except driver("botocore.exceptions", "S3Hook", "boto3").ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                self.log.info('Bucket "%s" does not exist', bucket_name)
            else:
                self.log.error('Access to bucket "%s" is forbidden or there was an error with the request: %s', bucket_name, error)
            return False

    @provide_bucket_name
    def get_bucket(self, bucket_name: Optional[str] = None) -> Any:
        """boto3's Bucket; it isn't asked whether it is there."""
        return self.resource.Bucket(bucket_name)  # type: ignore[attr-defined]

    @provide_bucket_name
    def create_bucket(self, bucket_name: Optional[str] = None, region_name: Optional[str] = None) -> None:
        region = region_name or self.conn.meta.region_name
        # us-east-1 is where buckets are made by themselves, and refuses to be named.
        where = {} if region in (None, "us-east-1", "aws-global") else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.conn.create_bucket(Bucket=bucket_name, **where)

    @provide_bucket_name
    def delete_bucket(self, bucket_name: str, force_delete: bool = False, max_retries: int = 5) -> None:
        """force_delete: with what is in it; `max_retries` passes, for objects that come meanwhile."""
        for _ in range(max_retries if force_delete else 0):
            keys = self.list_keys(bucket_name)  # type: ignore[attr-defined]
            if not keys:
                break
            self.delete_objects(bucket_name, keys)  # type: ignore[attr-defined]
        self.conn.delete_bucket(Bucket=bucket_name)

    @provide_bucket_name
    def get_bucket_tagging(self, bucket_name: Optional[str] = None) -> List[Dict[str, str]]:
        return list(self.conn.get_bucket_tagging(Bucket=bucket_name)["TagSet"])

    @provide_bucket_name
    def put_bucket_tagging(
        self,
        tag_set: Union[Dict[str, str], List[Dict[str, str]], None] = None,
        key: Optional[str] = None,
        value: Optional[str] = None,
        bucket_name: Optional[str] = None,
    ) -> None:
        """Replaces the tags by `tag_set`, {name: value} or as S3 has them, and by the one of key and value."""
        if isinstance(tag_set, dict):
            tag_set = [{"Key": name, "Value": text} for name, text in tag_set.items()]
        tags = [*(tag_set or []), *([{"Key": key, "Value": value or ""}] if key else [])]
        self.conn.put_bucket_tagging(Bucket=bucket_name, Tagging={"TagSet": tags})

    @provide_bucket_name
    def delete_bucket_tagging(self, bucket_name: Optional[str] = None) -> None:
        self.conn.delete_bucket_tagging(Bucket=bucket_name)
