"""S3FileTransformOperator. Source: Airflow, provider amazon, operators/s3."""

from __future__ import annotations

import subprocess
import tempfile
from typing import Any, Dict, List, Optional, Sequence

from vortex.exceptions import AirflowException
from vortex.providers.amazon.base import Verify
from vortex.providers.amazon.s3_hook import S3Hook
from vortex.providers.amazon.s3_operators import S3Operator


class S3FileTransformOperator(S3Operator):
    """
    Downloads an object, runs a program with the paths of it and of a new file, and uploads the new file.

    source_s3_key, dest_s3_key: URLs of the object and of the result.
    transform_script: the program. None = what S3 Select answers is uploaded itself.
    script_args: more arguments of the program.
    select_expression: SQL of S3 Select, whose answer is taken in place of the object.
    select_expr_serialization_config: input_serialization and output_serialization of S3 Select.
    source_aws_conn_id, dest_aws_conn_id: connections of type aws.
    source_verify, dest_verify: False, or a file of certificates.
    replace: whether an object that is there is overwritten; otherwise it fails the task.

    Raises AirflowException if the program ends with another code than 0, or the object is not there; ValueError if the result is there and
    `replace` is not said; what boto3 raises.
    Source: Airflow, provider amazon, S3FileTransformOperator.

    Example:

        from vortex import DAG
        from airflow.providers.amazon.aws.operators.s3 import S3FileTransformOperator

        with DAG("example_s3_file_transform", schedule="@daily"):
            S3FileTransformOperator(
                task_id="transform",
                source_s3_key="s3://shop/orders.csv",
                dest_s3_key="s3://shop/sorted/{{ ds }}.csv",
                transform_script="/bin/cp",
                replace=True,
            )
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
