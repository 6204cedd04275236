"""What operators and sensors of AWS share: the arguments that lead to their hook. Source: Airflow, provider amazon, utils/mixins."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Dict, Sequence, Tuple, Type, Union

from vortex.definitions.base_operator import BaseOperator
from vortex.providers.amazon.hook import AwsBaseHook
from vortex.sensors.base import BaseSensorOperator

Verify = Union[bool, str, None]
# Templates of every one of them.
AWS_FIELDS: Tuple[str, ...] = ("aws_conn_id", "region_name", "verify")
_ARGUMENTS = {"aws_conn_id": "aws_default", "region_name": None, "verify": None, "botocore_config": None}


class AwsBaseHookMixin:
    """`self.hook`, made of aws_conn_id, region_name, verify and botocore_config (a dict)."""

    aws_hook_class: Type[AwsBaseHook] = AwsBaseHook

    def take_aws_arguments(self, given: Dict[str, Any]) -> Dict[str, Any]:
        """Keeps those of AWS as attributes; returns the others."""
        for name, default in _ARGUMENTS.items():
            setattr(self, name, given.get(name, default))
        return {name: value for name, value in given.items() if name not in _ARGUMENTS}

    @cached_property
    def hook(self) -> Any:
        names = vars(self)
        config = names["botocore_config"]
        return self.aws_hook_class(names["aws_conn_id"], verify=names["verify"], region_name=names["region_name"], config=config)


class AwsBaseOperator(AwsBaseHookMixin, BaseOperator):
    """
    Base of operators of AWS; `aws_hook_class` says which hook.

    aws_conn_id: a connection of type aws. None, or one that is not there = boto3's own way to find credentials.
    region_name: over that of the connection. verify: False, or a file of certificates. botocore_config: arguments of botocore's Config.

    Returns nothing.
    Raises AirflowException where boto3 is not installed; what boto3 raises, such as ClientError.
    """

    template_fields: Sequence[str] = AWS_FIELDS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**self.take_aws_arguments(kwargs))


class AwsBaseSensor(AwsBaseHookMixin, BaseSensorOperator):
    """
    Base of sensors of AWS, as AwsBaseOperator.

    Raises AirflowSensorTimeout when it gives up; what boto3 raises, such as ClientError.
    """

    template_fields: Sequence[str] = AWS_FIELDS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**self.take_aws_arguments(kwargs))
