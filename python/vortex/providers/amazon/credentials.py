"""What a connection of type aws says about sessions and clients of boto3. Source: Airflow, provider amazon, connections/aws."""

from __future__ import annotations

from typing import Any, Dict, Optional

from vortex.exceptions import AirflowException
from vortex.execution.connection import Connection
from vortex.providers.drivers import driver

_SESSION = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region_name", "profile_name")


class AwsConnection:
    """
    Access key and secret are login and password, or in the extra; without them boto3 looks where it always does: environment,
    ~/.aws, the machine's role. The extra may hold region_name, aws_session_token, profile_name, endpoint_url, verify, config_kwargs
    (botocore's Config), role_arn with assume_role_kwargs, and service_config by the name of a service.
    """

    def __init__(self, connection: Optional[Connection], region_name: Optional[str] = None) -> None:
        self.extra: Dict[str, Any] = connection.extra_dejson if connection is not None else {}
        self.schema = connection.schema if connection is not None else None
        self._name = connection.conn_id if connection is not None else None
        given = {**self.extra.get("session_kwargs", {}), **self.extra}
        if connection is not None and connection.login and connection.password:
            given.update(aws_access_key_id=connection.login, aws_secret_access_key=connection.password)
        if region_name:
            given["region_name"] = region_name
        self.session_arguments = {name: given[name] for name in _SESSION if given.get(name)}

    def service(self, name: str) -> Dict[str, Any]:
        """The extra's service_config of one service."""
        return (self.extra.get("service_config") or {}).get(name) or {}

    def endpoint_url(self, service: str) -> Optional[str]:
        """`host` is its name in connections of Airflow 2.4 and before. None: the one of AWS, or AWS_ENDPOINT_URL."""
        return self.service(service).get("endpoint_url") or self.extra.get("endpoint_url") or self.extra.get("host")

    def config(self) -> Any:
        """botocore's Config, or None."""
        arguments = dict(self.extra.get("config_kwargs") or {})
        if not arguments:
            return None
        if arguments.get("signature_version") == "unsigned":
            arguments["signature_version"] = driver("botocore", "AwsBaseHook", "boto3").UNSIGNED
        return driver("botocore.config", "AwsBaseHook", "boto3").Config(**arguments)

    def session(self) -> Any:
        """A boto3.session.Session, in the role that the extra names."""
        boto3 = driver("boto3", "AwsBaseHook")
        session = boto3.session.Session(**self.session_arguments)
        if not self.extra.get("role_arn"):
            return session
        method = self.extra.get("assume_role_method", "assume_role")
        if method != "assume_role":
            raise AirflowException(
                f"The connection {self._name!r} takes its role through {method}, which VORTEX cannot do; it can through assume_role. "
                "A web identity is also found by boto3 itself: set AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN for the worker."
            )
        return self._in_role(boto3, session)

    def _in_role(self, boto3: Any, session: Any) -> Any:
        """Credentials of a role end after an hour: they are fetched again before."""
        region = session.region_name
        # As in Airflow the endpoint of other services is not that of STS.
        sts = session.client("sts", endpoint_url=self.service("sts").get("endpoint_url"), config=self.config())
        arguments = {"RoleSessionName": f"vortex-{self._name}"[:64], **(self.extra.get("assume_role_kwargs") or {})}

        def fetch() -> Dict[str, str]:
            found = sts.assume_role(RoleArn=self.extra["role_arn"], **arguments)["Credentials"]
            return {
                "access_key": found["AccessKeyId"],
                "secret_key": found["SecretAccessKey"],
                "token": found["SessionToken"],
                "expiry_time": found["Expiration"].isoformat(),
            }

        core = driver("botocore.session", "AwsBaseHook", "boto3").get_session()
        refreshable = driver("botocore.credentials", "AwsBaseHook", "boto3").RefreshableCredentials
        core._credentials = refreshable.create_from_metadata(metadata=fetch(), refresh_using=fetch, method="sts-assume-role")
        if region:
            core.set_config_variable("region", region)
        return boto3.session.Session(botocore_session=core)
