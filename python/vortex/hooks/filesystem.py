"""FSHook: a base path that a connection names."""

from __future__ import annotations

from typing import Any

from vortex.airflow_compat.names import BaseHook
from vortex.exceptions import AirflowNotFoundException


class FSHook(BaseHook):
    """
    A folder that a connection of type fs names, by the `path` of its extra. The connection `fs_default` need not be defined; it is `/`, as
    in a new installation of Airflow.

    fs_conn_id: the connection.

    Raises AirflowNotFoundException for a connection that is not defined.
    Source: Airflow, FSHook.

    Example:

        from airflow.providers.standard.hooks.filesystem import FSHook
        from vortex import DAG, task

        with DAG("example_fs_hook", schedule=None):

            @task
            def folder():
                return FSHook().get_path()

            folder()
    """

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"
    hook_name = "File (path)"

    def __init__(self, fs_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        try:
            self.conn = self.get_connection(fs_conn_id)
            self.basepath = str(self.conn.extra_dejson.get("path", ""))
        except AirflowNotFoundException:
            if fs_conn_id != self.default_conn_name:
                raise
            self.conn = None
            self.basepath = "/"

    def get_conn(self) -> None:
        """There is nothing to connect to."""

    def get_path(self) -> str:
        return self.basepath
