"""AwsBaseHook: sessions, clients and resources of boto3 by a connection's id. Source: Airflow, provider amazon, hooks/base_aws."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Dict, Optional, Tuple, Union

from vortex.airflow_compat.names import BaseHook
from vortex.exceptions import AirflowException, AirflowNotFoundException
from vortex.providers.amazon.credentials import AwsConnection
from vortex.providers.drivers import driver

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")


class AwsBaseHook(BaseHook):
    """
    Sessions, clients and resources of boto3. Access key and secret are login and password of the connection, or in its extra; without them
    boto3 looks where it always does: environment, ~/.aws, the machine's role. The extra may hold region_name, aws_session_token,
    profile_name, endpoint_url, verify, config_kwargs, role_arn with assume_role_kwargs, and service_config by the name of a service.

    aws_conn_id: a connection of type aws. None, or one that is not there = boto3's own way to find credentials.
    verify: False, or a file of certificates.
    region_name, config: over those of the connection; config is botocore's.
    client_type, resource_type: which service `conn` is for, such as "secretsmanager"; one of the two.

    Raises AirflowException where boto3 is not installed, and what boto3 raises.
    Source: Airflow, provider amazon, AwsBaseHook.

    Example:

        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
        from vortex import DAG, task

        with DAG("example_aws_base_hook", schedule=None):

            @task
            def buckets():
                return [one["Name"] for one in AwsBaseHook(client_type="s3").conn.list_buckets()["Buckets"]]

            buckets()
    """

    conn_name_attr = "aws_conn_id"
    default_conn_name = "aws_default"
    conn_type = "aws"
    hook_name = "Amazon Web Services"

    def __init__(
        self,
        aws_conn_id: Optional[str] = default_conn_name,
        verify: Union[bool, str, None] = None,
        region_name: Optional[str] = None,
        client_type: Optional[str] = None,
        resource_type: Optional[str] = None,
        config: Any = None,
        **_: Any,
    ) -> None:
        super().__init__()
        self.aws_conn_id = aws_conn_id
        self.client_type = client_type
        self.resource_type = resource_type
        self._verify = verify
        self._region_name = region_name
        self._config = config

    @cached_property
    def conn_config(self) -> AwsConnection:
        """What the connection says."""
        connection = None
        if self.aws_conn_id:
            try:
                connection = self.get_connection(self.aws_conn_id)
            except AirflowNotFoundException:
                self.log.info("There is no connection %r: boto3 looks for credentials itself.", self.aws_conn_id)
        return AwsConnection(connection, self._region_name)

    @property
    def service_name(self) -> str:
        found = self.client_type or self.resource_type
        if not found:
            raise ValueError("Either client_type=... or resource_type=... must be provided.")
        return found

    @property
    def service_config(self) -> Dict[str, Any]:
        return self.conn_config.service(self.service_name)

    @property
    def region_name(self) -> Optional[str]:
        """What was asked for; `conn_region_name` is what boto3 uses."""
        return self.conn_config.session_arguments.get("region_name")

    @property
    def verify(self) -> Union[bool, str, None]:
        return self.conn_config.extra.get("verify") if self._verify is None else self._verify

    def get_session(self, region_name: Optional[str] = None, deferrable: bool = False) -> Any:
        """A boto3.session.Session."""
        if region_name is None:
            return self.conn_config.session()
        here = AwsBaseHook(self.aws_conn_id, region_name=region_name)
        return here.conn_config.session()

    def get_client_type(self, *args: Any, client_type: Optional[str] = None, **kwargs: Any) -> Any:
        """boto3's client of the hook's service; `get_client_type("sqs", region_name=...)` of Airflow 1 and 2.0 names another one."""
        name, region, config = self._asked(client_type or self.client_type, args, kwargs)
        return self._made("client", name, region, config)

    def get_resource_type(self, *args: Any, resource_type: Optional[str] = None, **kwargs: Any) -> Any:
        """As `get_client_type`, boto3's resource."""
        name, region, config = self._asked(resource_type or self.resource_type, args, kwargs)
        return self._made("resource", name, region, config)

    def _asked(self, own: Optional[str], args: Tuple[Any, ...], kwargs: Dict[str, Any]) -> Tuple[str, Any, Any]:
        given = list(args)
        # The first argument was the service once, and is the region now.
        if given and isinstance(given[0], str) and not _REGION.fullmatch(given[0]):
            own = given.pop(0)
        region = given.pop(0) if given else kwargs.get("region_name")
        config = given.pop(0) if given else kwargs.get("config")
        if not own:
            raise AirflowException(f"{type(self).__name__}: give client_type or resource_type, the name of the service.")
        return own, region, config

    def _made(self, what: str, service: str, region: Optional[str], config: Any) -> Any:
        config = config or self._config or self.conn_config.config()
        if isinstance(config, dict):
            config = driver("botocore.config", "AwsBaseHook", "boto3").Config(**config)
        make = getattr(self.get_session(region), what)
        return make(service, endpoint_url=self.conn_config.endpoint_url(service), config=config, verify=self.verify)

    @cached_property
    def conn(self) -> Any:
        """The client, or the resource, of the hook's service."""
        if bool(self.client_type) == bool(self.resource_type):
            raise ValueError("Either client_type=... or resource_type=... must be provided, not both.")
        return self.get_client_type() if self.client_type else self.get_resource_type()

    def get_conn(self) -> Any:
        return self.conn

    @property
    def conn_client_meta(self) -> Any:
        return self.conn.meta if self.client_type else self.conn.meta.client.meta

    @property
    def conn_region_name(self) -> str:
        return str(self.conn_client_meta.region_name)

    @property
    def conn_partition(self) -> str:
        return str(self.conn_client_meta.partition)

    @cached_property
    def account_id(self) -> str:
        return str(self._made("client", "sts", None, None).get_caller_identity()["Account"])

    def get_credentials(self, region_name: Optional[str] = None) -> Any:
        """access_key, secret_key and token as they are at this moment."""
        return self.get_session(region_name).get_credentials().get_frozen_credentials()

    def expand_role(self, role: str, region_name: Optional[str] = None) -> str:
        """The ARN of a role that is given by name; an ARN stays as it is."""
        if "/" in role:
            return role
        return str(self._made("client", "iam", region_name, None).get_role(RoleName=role)["Role"]["Arn"])

    def get_waiter(self, waiter_name: str, client: Any = None, **_: Any) -> Any:
        """boto3's waiter."""
        return (client or self.conn).get_waiter(waiter_name)

    def test_connection(self) -> Tuple[bool, str]:
        """Whether AWS knows these credentials, and a sentence about it."""
        try:
            found = self.get_session().client("sts", endpoint_url=self.conn_config.service("sts").get("endpoint_url")).get_caller_identity()
        except Exception as error:  # noqa: BLE001 - what went wrong is the answer
            return False, str(error)
        return True, f"Signed in as {found['Arn']}"


class AwsGenericHook(AwsBaseHook):
    """AwsBaseHook under another name: `AwsGenericHook[...]` is a type for annotations."""

    def __class_getitem__(cls, _item: Any) -> type:
        return cls


class AwsHook(AwsBaseHook):
    """The name of AwsBaseHook in Airflow 1."""
