"""PythonVirtualenvOperator: calls a function in a virtual environment with its own packages."""

from __future__ import annotations

import os
import tempfile
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Union

from vortex.exceptions import AirflowException
from vortex.operators.other_python import FunctionRefused, OtherPythonOperator
from vortex.operators.python import BranchMixIn, SkipMixin
from vortex.operators.virtual_environment import EnvironmentCache, EnvironmentRequest

# A Variable whose change makes all environments anew, as in Airflow.
CACHE_KEY_VARIABLE = "python_virtualenv_operator_cache_key"


class PythonVirtualenvOperator(OtherPythonOperator):
    """
    Calls a function in a virtual environment that has these requirements.

    requirements: a list of what pip takes, a text, or the name of a `.txt` template file.
    python_version: such as "3.11"; it must be installed on the worker. None = that of the tasks.
    system_site_packages: whether the packages of the tasks' interpreter are there too.
    pip_install_options: more arguments of `pip install`.
    index_urls: package indexes, the first instead of the usual one.
    index_urls_from_connection_ids: connections whose host is such an address.
    venv_cache_path: folder on the worker where the environment is kept, without end. None = one of the worker's, where it is made anew
        each day so that requirements without a version do not grow old. The Variable python_virtualenv_operator_cache_key makes all anew.

    Raises AirflowException at load for what is no such function; when it runs, if the environment cannot be made or the function raises.
    Source: Airflow, PythonVirtualenvOperator.

    Example:

        from vortex import DAG, PythonVirtualenvOperator

        def shout():
            import colorama

            return colorama.__version__

        with DAG("example_python_virtualenv", schedule=None):
            PythonVirtualenvOperator(task_id="shout", python_callable=shout, requirements=["colorama==0.4.6"])
    """

    template_fields: Sequence[str] = (
        "templates_dict",
        "op_args",
        "op_kwargs",
        "requirements",
        "index_urls",
        "index_urls_from_connection_ids",
        "venv_cache_path",
    )
    template_ext: Sequence[str] = (".txt",)

    def __init__(
        self,
        *,
        requirements: Union[None, Iterable[str], str] = None,
        python_version: Optional[str] = None,
        system_site_packages: bool = True,
        pip_install_options: Optional[List[str]] = None,
        index_urls: Union[None, Iterable[str], str] = None,
        index_urls_from_connection_ids: Union[None, Iterable[str], str] = None,
        venv_cache_path: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if python_version is not None and not isinstance(python_version, str):
            raise FunctionRefused(f"Task {self.task_id!r}: python_version must be a text such as '3.11', not {python_version!r}.")
        if python_version is not None and not python_version.startswith("3"):
            raise FunctionRefused(f"Task {self.task_id!r}: python_version={python_version!r} is not supported; Python 3 is.")
        self.requirements = _listed(requirements)
        self.python_version = python_version
        self.system_site_packages = system_site_packages
        self.pip_install_options = list(pip_install_options or ())
        self.index_urls = _listed(index_urls)
        self.index_urls_from_connection_ids = _listed(index_urls_from_connection_ids)
        self.venv_cache_path = None if venv_cache_path is None else os.fspath(venv_cache_path)

    def execute_callable(self, keywords: Optional[Mapping[str, Any]] = None) -> Any:
        cache = EnvironmentCache(self.venv_cache_path) if self.venv_cache_path else EnvironmentCache.of_worker(tempfile.gettempdir())
        with cache.environment(self._request(), self._child) as python:
            return self.call_in(python, self.op_kwargs if keywords is None else keywords)

    def _request(self) -> EnvironmentRequest:
        from vortex.execution.variables import Variable

        needed = [self.serializer] if self.serializer != "pickle" and not self.system_site_packages else []
        listed = [line.strip() for text in self.requirements for line in str(text).splitlines()]
        return EnvironmentRequest(
            requirements=sorted({line for line in listed if line} | set(needed)),
            python_version=self.python_version,
            system_site_packages=self.system_site_packages,
            pip_install_options=self.pip_install_options,
            index_urls=[*self.index_urls, *(_index_url(conn_id) for conn_id in self.index_urls_from_connection_ids)],
            cache_key=str(Variable.get(CACHE_KEY_VARIABLE, "")),
        )


class BranchPythonVirtualenvOperator(PythonVirtualenvOperator, BranchMixIn, SkipMixin):
    """
    PythonVirtualenvOperator whose function returns the id to follow: of a task, of a group, several, or None.

    Returns the decision: an id, a list of ids, or None.

    Example:

        from airflow.providers.standard.operators.python import BranchPythonVirtualenvOperator
        from vortex import DAG, EmptyOperator

        def choose():
            import colorama

            return "new" if colorama.__version__ > "0.4" else "old"

        with DAG("example_branch_python_virtualenv", schedule=None):
            branch = BranchPythonVirtualenvOperator(task_id="choose", python_callable=choose, requirements=["colorama"])
            branch >> [EmptyOperator(task_id="new"), EmptyOperator(task_id="old")]
    """

    def execute(self, context: Mapping[str, Any]) -> Any:
        return self.do_branch(context, super().execute(context))


class VirtualenvTask(PythonVirtualenvOperator):
    """
    The function runs in a virtual environment, as that of PythonVirtualenvOperator.

    Example:

        from vortex import DAG, task

        with DAG("example_task_virtualenv", schedule=None):

            @task.virtualenv(requirements=["colorama==0.4.6"])
            def version():
                import colorama

                return colorama.__version__

            version()
    """

    custom_operator_name = "@task.virtualenv"


class BranchVirtualenvTask(BranchPythonVirtualenvOperator):
    """A branch whose function runs in a virtual environment, as that of BranchPythonVirtualenvOperator."""

    custom_operator_name = "@task.branch_virtualenv"


def _listed(value: Union[None, Iterable[str], str]) -> List[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else list(value)


def _index_url(conn_id: str) -> str:
    """Of a connection of Airflow's type "Package Index": host is the address, login and password go into it."""
    from urllib.parse import quote, urlsplit, urlunsplit

    from vortex.execution.connections import get_connection

    connection = get_connection(conn_id)
    if not connection.host:
        raise AirflowException(f"The connection {conn_id!r} has no host; it is the address of a package index.")
    if not connection.login:
        return str(connection.host)
    parts = urlsplit(connection.host)
    who = quote(connection.login, safe="") + (f":{quote(connection.password, safe='')}" if connection.password else "")
    return urlunsplit(parts._replace(netloc=f"{who}@{parts.netloc}"))
